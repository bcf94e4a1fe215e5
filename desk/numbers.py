"""Numbers of people: the locked ones and their release, and the one look at a whole number that a case allows.

A number is named by a call to it or by a case; nobody types it, and it is shown masked. Who has to call back sees it whole,
and the ledger keeps who looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.phone import mask, national
from store import borrowers, calls, cases, ledger, restraints
from store.cases import NewEntry
from store.gate_facts import facts_for_gate
from store.models import Borrower
from store.session import Session, Store


class NoSuchNumber(LookupError):
    """No such call or case, its number is not locked, or may not be seen. The message is for the person, in Chinese."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A number that nobody may dial. `phone_masked` is empty when the list meanwhile gives the borrower another one."""

    digest: str
    borrower_name: str
    phone_masked: str
    since_at: datetime


def locked(store: Store, call_or_case: str) -> Locked:
    """The locked number that was dialled then. Raises NoSuchNumber."""
    with store.reading() as session:
        digest, borrower = _dialled(session, call_or_case)
        lock = restraints.number_lock(session, digest)
        if lock is None:
            raise NoSuchNumber(f"{call_or_case} 的号码没有锁定")
        phone = mask(borrower.phone_e164) if borrower.number_digest == digest else ""
        return Locked(digest, borrower.name, phone, lock.since_at)


def reverify(store: Store, number: Locked, *, by: str, now: datetime) -> None:
    """Somebody proved that the number is the borrower's: campaigns take in again whom the lock kept out."""
    with store.transaction() as session:
        restraints.reverify_number(session, number.digest, by=by, now=now)


def unmasked(store: Store, case_id: str, *, by: str, now: datetime) -> str:
    """The whole number of an open case's borrower, as people dial it; who looked is kept first. Raises NoSuchNumber."""
    with store.transaction() as session:
        try:
            case = cases.locked(session, case_id)
        except LookupError:
            raise NoSuchNumber(f"没有工单 {case_id}") from None
        borrower = borrowers.get(session, case.borrower_id)
        known = facts_for_gate(session, borrower.id, now=now)
        if known.is_number_locked:
            raise NoSuchNumber(f"{case_id} 的号码已锁定：机主不是借款人，核实前谁也不能拨打")
        if known.is_all_stopped:
            raise NoSuchNumber(f"{case_id} 的客户或同一号码的人要求停止一切来电：请改用书面联系")
        if case.closed_at is not None:
            raise NoSuchNumber(f"{case_id} 已办结，号码不再显示；确有需要先重开")
        entry = cases.add_entry(session, case, NewEntry(by, "unmasked", case.state, case.state, "看过完整号码"), now=now)
        ledger.append(session, "number.unmasked", borrower.id, {"case": case.id, "entry": entry.id}, now=now)
        number = borrower.phone_e164
    return national(number)


def _dialled(session: Session, call_or_case: str) -> tuple[str, Borrower]:
    """The digest of the number, and whom it was dialled for. A case without a call means the borrower's present number."""
    filed = cases.find(session, call_or_case)
    call_id = filed[0].call_id if filed else call_or_case
    if filed and call_id is None:
        return filed[1].number_digest, filed[1]
    found = calls.find(session, call_id or "")
    if found is None:
        raise NoSuchNumber(f"没有通话或工单 {call_or_case}")
    call, attempt = found
    return attempt.number_digest, calls.borrower_of(session, call)
