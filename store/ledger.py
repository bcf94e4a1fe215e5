"""The ledger: what was decided, said and done, so that nobody can change it unseen.

Appending is cheap and needs no common lock: each entry carries its own keyed mark. A sealer chains entries in batches.
The newest seal is also written to `ledger.anchor` in the data directory: copied elsewhere, it proves that nobody cut off
the end. Payloads hold codes, numbers and digests, never personal values.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kit.redact import redact
from store.models import LedgerEntry, LedgerSeal
from store.session import Store, store_of

BATCH = 5_000
_GENESIS = "0" * 64


class PersonalValue(ValueError):
    """A payload would have carried a personal value. The message names the field only."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `table` and `number` say where, `what` is changed, removed, inserted or cut_off."""

    table: str
    number: int
    what: str


def append(session: Session, what: str, subject: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    """Note a fact, in the same transaction as the fact. `subject` is an identifier; its keyed digest is kept."""
    store = store_of(session)
    entry = LedgerEntry(
        number=_next_number(session),
        at=now.astimezone(UTC),
        what=what,
        subject=store.digest(subject),
        payload=_canonical(payload),
    )
    entry.mac = _mac(store.digest_key, entry)
    session.add(entry)
    session.flush()


def seal(store: Store, *, limit: int = BATCH) -> int:
    """Chain what is not yet sealed; how many entries were. Safe to call from several processes at once."""
    sealed = 0
    while count := _seal_batch(store, limit):
        sealed += count
    return sealed


def verify(store: Store) -> list[Finding]:
    """Everything that was changed, removed, inserted or cut off; empty when the ledger is whole."""
    with store.reading() as session:
        seals = session.scalars(select(LedgerSeal).order_by(LedgerSeal.number)).all()
        findings = [*_broken_seals(session, seals), *_broken_tail(session, seals), *_cut_off(store, seals)]
    return sorted(set(findings), key=lambda finding: (finding.table, finding.number, finding.what))


def _seal_batch(store: Store, limit: int) -> int:
    with store.transaction() as session:
        if not store.is_sqlite:
            # waits for entries under way and keeps out later ones: no lower number can appear after the seal
            session.execute(text("LOCK TABLE ledger_entry, ledger_seal IN SHARE ROW EXCLUSIVE MODE"))
        previous = session.scalars(select(LedgerSeal).order_by(LedgerSeal.number.desc()).limit(1)).first()
        after = previous.last if previous else 0
        entries = _entries_after(session, after, limit)
        if not entries:
            return 0
        new = LedgerSeal(
            at=store.clock.now(),
            first=entries[0].number,
            last=entries[-1].number,
            count=len(entries),
            previous=previous.digest if previous else _GENESIS,
            digest="",
        )
        new.digest = _seal_digest(store.digest_key, new, entries)
        session.add(new)
        session.flush()
    _write_anchor(store, new)
    return len(entries)


def _broken_seals(session: Session, seals: Sequence[LedgerSeal]) -> Iterator[Finding]:
    """Seals that do not fit their entries or the seal before them."""
    previous_digest, after = _GENESIS, 0
    for seal in seals:
        entries = list(
            session.scalars(
                select(LedgerEntry)
                .where(LedgerEntry.number > after, LedgerEntry.number <= seal.last)
                .order_by(LedgerEntry.number)
            )
        )
        if seal.previous != previous_digest:
            yield Finding("ledger_seal", seal.number, "previous_removed_or_changed")
        if not hmac.compare_digest(_seal_digest(store_of(session).digest_key, seal, entries), seal.digest):
            yield from _explain(session, seal, entries)
        previous_digest, after = seal.digest, seal.last


def _explain(session: Session, seal: LedgerSeal, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    """Why a seal does not fit: the entries that do not carry their mark, those that are missing, or the seal itself."""
    changed = _unmarked(session, entries)
    there = {entry.number for entry in entries}
    missing = [number for number in range(seal.first, seal.last + 1) if number not in there]
    yield from (Finding("ledger_entry", number, "changed_or_inserted") for number in changed)
    if len(entries) - len(changed) < seal.count:
        yield from (Finding("ledger_entry", number, "removed") for number in missing)
    if not changed and not missing:
        yield Finding("ledger_seal", seal.number, "changed")


def _broken_tail(session: Session, seals: Sequence[LedgerSeal]) -> Iterator[Finding]:
    """Entries not yet sealed: their own marks, and on SQLite (whose numbers have no gaps) the numbers that are missing."""
    after = seals[-1].last if seals else 0
    entries = _entries_after(session, after, None)
    yield from (Finding("ledger_entry", number, "changed_or_inserted") for number in _unmarked(session, entries))
    if store_of(session).is_sqlite:
        there = {entry.number for entry in entries}
        issued = _issued(session, "ledger_entry")
        yield from (Finding("ledger_entry", n, "removed") for n in range(after + 1, issued + 1) if n not in there)
        sealed = {seal.number for seal in seals}
        issued = _issued(session, "ledger_seal")
        yield from (Finding("ledger_seal", n, "removed") for n in range(1, issued + 1) if n not in sealed)


def _cut_off(store: Store, seals: Sequence[LedgerSeal]) -> Iterator[Finding]:
    """Whether the seal that the anchor remembers is still there."""
    path = _anchor(store)
    if not path.exists():
        if seals:
            yield Finding("ledger.anchor", seals[-1].number, "removed")
        return
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
        number, digest = int(kept["number"]), str(kept["digest"])
    except (ValueError, KeyError, TypeError):
        yield Finding("ledger.anchor", 0, "changed")
        return
    if not any(seal.number == number and seal.digest == digest for seal in seals):
        yield Finding("ledger_seal", number, "cut_off")


def _unmarked(session: Session, entries: Sequence[LedgerEntry]) -> list[int]:
    key = store_of(session).digest_key
    return [entry.number for entry in entries if not hmac.compare_digest(_mac(key, entry), entry.mac)]


def _entries_after(session: Session, number: int, limit: int | None) -> Sequence[LedgerEntry]:
    query = select(LedgerEntry).where(LedgerEntry.number > number).order_by(LedgerEntry.number).limit(limit)
    return session.scalars(query).all()


def _next_number(session: Session) -> int:
    """The number of the next entry, never used before. On SQLite the writer is alone; PostgreSQL has a sequence."""
    if not store_of(session).is_sqlite:
        return int(session.execute(text("SELECT nextval('ledger_entry_number_seq')")).scalar_one())
    return int(session.execute(_HIGHEST).scalar_one()) + 1


_HIGHEST = text(
    "SELECT max(coalesce((SELECT max(number) FROM ledger_entry), 0), "
    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'ledger_entry'), 0))"
)


def _issued(session: Session, table: str) -> int:
    """The highest number that SQLite ever gave out in the table."""
    query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return session.execute(query, {"name": table}).scalar() or 0


def _canonical(payload: Mapping[str, Any]) -> str:
    for name, value in payload.items():
        values = value if isinstance(value, list | tuple) else (value,)
        for text_value in (item for item in values if isinstance(item, str)):
            if not text_value.isascii() or redact(text_value) in ("[phone]", "[id]"):
                raise PersonalValue(name)
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _line(entry: LedgerEntry) -> str:
    return json.dumps([entry.number, entry.at.isoformat(), entry.what, entry.subject, entry.payload])


def _mac(key: bytes, entry: LedgerEntry) -> str:
    return hmac.new(key, b"entry\n" + _line(entry).encode(), "sha256").hexdigest()


def _seal_digest(key: bytes, seal: LedgerSeal, entries: Sequence[LedgerEntry]) -> str:
    mark = hmac.new(key, b"seal\n", "sha256")
    mark.update(json.dumps([seal.at.isoformat(), seal.first, seal.last, seal.count, seal.previous]).encode())
    for entry in entries:
        mark.update(f"\n{_line(entry)} {entry.mac}".encode())
    return mark.hexdigest()


def _anchor(store: Store) -> Path:
    return store.settings.data_dir / "ledger.anchor"


def _write_anchor(store: Store, seal: LedgerSeal) -> None:
    path = _anchor(store)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"number": seal.number, "digest": seal.digest, "last": seal.last}), encoding="ascii")
    draft.replace(path)
