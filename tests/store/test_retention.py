"""Sound and words go when their time is over, and not before; the ledger still proves what there was."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from campaigns.retention import Retention
from desk.intake import StoredNotebook
from ivr.dialogue.effects import Escalate
from ivr.ports import Turn
from ivr.script.fields import Facts
from kit.clock import ManualClock
from kit.vocabulary import HangUpReason, Outcome, Risk, Severity
from law.policy import Policy, read_policy
from store import calls, ledger
from store.blobs import Blobs
from store.bucket import BucketBlobs
from store.folder import DirectoryBlobs
from store.models import Call, Case, LedgerEntry, Loan, TurnSave
from store.private_keys import blob_cipher
from store.recordings import StoredRecorder, listen
from store.retention import ERASED
from store.session import Store
from tests.fakes.bucket import Bucket
from tests.store import cast

DAY = timedelta(days=1)
YEARS = timedelta(days=1827)
HALF_A_YEAR = timedelta(days=183)
WORDS = "我下周一还三千"


@pytest.fixture
def policy() -> Policy:
    return read_policy(Path("law/policy.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(params=["directory", "bucket"])
def blobs(request: pytest.FixtureRequest, store: Store, tmp_path: Path, bucket: Bucket) -> Blobs:
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "blobs", blob_cipher(store.settings))
    return BucketBlobs("s3://calls", tmp_path / "spool", blob_cipher(store.settings), client=bucket)


@pytest.fixture
def retention(store: Store, blobs: Blobs, policy: Policy) -> Retention:
    return Retention(store, blobs, policy, forget=lambda *_: None)


def finished(store: Store, blobs: Blobs, outcome: Outcome = Outcome.PROMISE, *, seed: int = 1) -> str:
    """A recorded call with words; its id."""
    _, call = cast.ready_call(store, seed)
    part = StoredRecorder(store, blobs).start(call.id)
    part.write(b"\x11" * 8000, b"\x22" * 8000)
    part.close()
    notebook = StoredNotebook(store)
    now = store.clock.now()
    notebook.save_turn(call.id, [Turn("callee", WORDS, "reason", 1.0, 2.0, keys="3826")], {"step": "x"}, [], now)
    notebook.finish(call.id, outcome, HangUpReason.SCRIPT_ENDED, now)
    return call.id


def settle_loan(store: Store, at: datetime) -> None:
    with store.transaction() as session:
        session.query(Loan).update({"settled_at": at})


def is_erased(store: Store, call_id: str) -> bool:
    with store.reading() as session:
        return session.get_one(Call, call_id).erased_at is not None


def test_what_is_erased_is_gone_and_proven(
    store: Store, clock: ManualClock, retention: Retention, blobs: Blobs, bucket: Bucket, tmp_path: Path
) -> None:
    call_id = finished(store, blobs)
    assert list(tmp_path.rglob("recordings/**/*.blob")) or bucket.objects
    settle_loan(store, clock.now())
    clock.advance(YEARS.total_seconds())
    assert [retention.run(), retention.run()] == [1, 0]
    with store.reading() as session:
        call = session.get_one(Call, call_id)
        (turn,) = calls.transcript(session, call_id)
        assert (call.facts, call.memory, call.outcome) == ({}, None, Outcome.PROMISE), "what it came to stays"
        assert (turn.text, turn.keys, turn.speaker, turn.started_s) == (ERASED, "****", "callee", 1.0)
        assert session.query(TurnSave).count() == 0
        (entry,) = session.query(LedgerEntry).filter(LedgerEntry.what == "call.erased")
        (closed,) = session.query(LedgerEntry).filter(LedgerEntry.what == "recording.closed")
    with pytest.raises(LookupError):
        listen(store, call_id, by="zhou", blobs=blobs)
    assert not list(tmp_path.rglob("recordings/**/*.blob"))
    assert bucket.objects == {}
    assert closed.payload.split('"sha256":"')[1][:64] in entry.payload, "the proof names what was deleted"
    assert ledger.verify(store) == []


@pytest.mark.parametrize("left", [timedelta(0), DAY])
def test_five_years_count_from_the_settling_of_the_loan(
    store: Store, clock: ManualClock, retention: Retention, blobs: Blobs, left: timedelta
) -> None:
    call_id = finished(store, blobs)
    clock.advance((400 * DAY).total_seconds())
    settle_loan(store, clock.now())
    clock.advance((YEARS - left).total_seconds())
    retention.run()
    assert is_erased(store, call_id) is (not left)


def test_a_loan_that_is_not_settled_keeps_its_calls(
    store: Store, clock: ManualClock, retention: Retention, blobs: Blobs
) -> None:
    finished(store, blobs)
    clock.advance((YEARS * 3).total_seconds())
    assert retention.run() == 0


@pytest.mark.parametrize("left", [timedelta(0), DAY])
def test_a_stranger_who_was_rung_by_mistake_is_forgotten_after_half_a_year(
    store: Store, clock: ManualClock, retention: Retention, blobs: Blobs, left: timedelta
) -> None:
    stranger = finished(store, blobs, Outcome.WRONG_NUMBER)
    borrower = finished(store, blobs, seed=2)
    clock.advance((HALF_A_YEAR - left).total_seconds())
    retention.run()
    assert (is_erased(store, stranger), is_erased(store, borrower)) == (not left, False)


def test_an_open_case_keeps_its_call(store: Store, clock: ManualClock, retention: Retention, blobs: Blobs) -> None:
    call_id = finished(store, blobs)
    effect = Escalate(Risk.DISPUTE, Severity.P2, "利息不对", "w")
    StoredNotebook(store).save_turn(call_id, [], {"step": "y"}, [effect], clock.now())
    settle_loan(store, clock.now())
    clock.advance(YEARS.total_seconds())
    assert retention.run() == 0
    with store.transaction() as session:
        session.query(Case).update({"closed_at": clock.now()})
    assert retention.run() == 1


def test_a_store_that_is_down_is_tried_again(
    store: Store, clock: ManualClock, policy: Policy, bucket: Bucket, tmp_path: Path
) -> None:
    blobs = BucketBlobs("s3://calls", tmp_path / "spool", blob_cipher(store.settings), client=bucket)
    call_id = finished(store, blobs)
    settle_loan(store, clock.now())
    clock.advance(YEARS.total_seconds())
    bucket.is_down = True
    assert Retention(store, blobs, policy, forget=lambda *_: None).run() == 0
    assert not is_erased(store, call_id), "what still exists is not said to be gone"
    bucket.is_down = False
    assert Retention(store, blobs, policy, forget=lambda *_: None).run() == 1


def test_a_stricter_policy_forgets_strangers_sooner(store: Store, clock: ManualClock, blobs: Blobs, policy: Policy) -> None:
    finished(store, blobs, Outcome.WRONG_NUMBER)
    clock.advance((30 * DAY).total_seconds())
    assert Retention(store, blobs, policy, forget=lambda *_: None).run() == 0
    assert Retention(store, blobs, replace(policy, retention_wrong_number_days=30), forget=lambda *_: None).run() == 1


def test_the_clips_that_were_made_for_a_call_go_before_the_facts_that_name_them(
    store: Store, clock: ManualClock, blobs: Blobs, policy: Policy
) -> None:
    call_id = finished(store, blobs)
    settle_loan(store, clock.now())
    clock.advance(YEARS.total_seconds())
    asked: list[tuple[str, bool]] = []

    def forget(script_id: str, digest: str, facts: Facts) -> None:
        asked.append((str(facts["borrower_name"]), is_erased(store, call_id)))
        if len(asked) == 1:
            raise OSError("disk")

    keeping = Retention(store, blobs, policy, forget=forget)
    assert (keeping.run(), is_erased(store, call_id)) == (0, False)
    assert (keeping.run(), is_erased(store, call_id)) == (1, True)
    assert [was_erased for _, was_erased in asked] == [False, False]


def test_a_script_that_is_gone_keeps_no_call_from_being_erased(
    store: Store, clock: ManualClock, blobs: Blobs, policy: Policy
) -> None:
    def forget(script_id: str, digest: str, facts: Facts) -> None:
        raise LookupError(script_id)

    finished(store, blobs)
    settle_loan(store, clock.now())
    clock.advance(YEARS.total_seconds())
    assert Retention(store, blobs, policy, forget=forget).run() == 1
