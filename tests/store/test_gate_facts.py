"""What law is told: counts by borrower and number, days in Shanghai, unsettled attempts counted as both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kit.clock import SHANGHAI, ManualClock
from kit.vocabulary import Outcome, Purpose
from store import restraints
from store.callbacks import StoredCallbacks
from store.gate_facts import KnownFacts, facts_for_gate
from store.models import Loan
from store.session import Store
from store.words import DoNotCallScope
from tests.store import cast


def known(store: Store, borrower_id: str) -> KnownFacts:
    with store.reading() as session:
        return facts_for_gate(session, borrower_id, now=store.clock.now())


def test_nobody_called_yet(store: Store) -> None:
    borrower, _ = cast.add_borrower(store)
    facts = known(store, borrower.id)
    assert (facts.country, facts.dialled_today, facts.connected_today, facts.unanswered_number_today) == ("86", 0, 0, 0)
    stops = (facts.is_all_stopped, facts.is_robot_stopped, facts.is_number_locked, facts.is_settled)
    assert stops == (False, False, False, False)


def test_an_attempt_under_way_counts_as_both(store: Store) -> None:
    attempt, _ = cast.ready_call(store)
    facts = known(store, attempt.borrower_id)
    assert (facts.dialled_today, facts.connected_today, facts.unanswered_number_today) == (1, 1, 1)
    assert facts.last_connected_at is None


def test_connected_and_unanswered_are_told_apart_and_days_end_at_midnight_in_shanghai(store: Store, clock: ManualClock) -> None:
    callbacks = StoredCallbacks(store)
    connected, call = cast.ready_call(store, 1)
    callbacks.call_progressed(call.id, "CA1", "completed", {}, clock.now())
    missed, missed_call = cast.ready_call(store, 2)
    callbacks.call_progressed(missed_call.id, "CA2", "no-answer", {}, clock.now())
    assert (known(store, connected.borrower_id).connected_today, known(store, missed.borrower_id).connected_today) == (1, 0)
    assert known(store, missed.borrower_id).unanswered_number_today == 1
    assert known(store, missed.borrower_id).last_unanswered_at == clock.now()
    midnight = datetime(2026, 11, 24, tzinfo=SHANGHAI).astimezone(UTC)
    clock.advance((midnight - clock.now()).total_seconds() - 1)
    assert known(store, connected.borrower_id).connected_today == 1
    clock.advance(1)
    assert known(store, connected.borrower_id).connected_today == 0
    assert known(store, connected.borrower_id).connected_7d == 1


def test_calls_that_the_borrower_asked_for_are_not_counted(store: Store) -> None:
    attempt, _ = cast.ready_call(store, purpose=Purpose.REQUESTED_BY_BORROWER)
    assert known(store, attempt.borrower_id).dialled_today == 0


def test_restraints_are_seen_until_lifted(store: Store, clock: ManualClock) -> None:
    borrower, _ = cast.add_borrower(store)
    with store.transaction() as session:
        hold = restraints.put_hold(
            session,
            borrower.id,
            rule="income_loss",
            case_id=None,
            days=7,
            is_permanent=False,
            lift_by="",
            now=clock.now(),
        )
        restraints.stop_calling(session, borrower.id, scope=DoNotCallScope.ROBOT, call_id=None, quote="别打了", now=clock.now())
        restraints.lock_number(session, borrower.number_digest, reason="wrong_person", call_id=None, now=clock.now())
    facts = known(store, borrower.id)
    assert [held.rule for held in facts.holds] == ["income_loss"]
    assert facts.holds[0].until == clock.now() + timedelta(days=7)
    assert (facts.is_robot_stopped, facts.is_all_stopped, facts.is_number_locked) == (True, False, True)
    clock.advance(7 * 86_400)
    with store.transaction() as session:
        assert restraints.reverify_number(session, borrower.number_digest, by="zhou", now=clock.now())
        restraints.lift_hold(session, hold, by="zheng", now=clock.now())
    facts = known(store, borrower.id)
    assert (facts.holds, facts.is_number_locked) == ((), False)


def test_a_promise_and_a_settled_loan_are_seen(store: Store) -> None:
    borrower, loan = cast.add_borrower(store)
    now = store.clock.now()
    with store.transaction() as session:
        session.get_one(Loan, loan.id).settled_at = now
    cast.add_promise(store, borrower)
    facts = known(store, borrower.id)
    assert facts.is_settled
    assert facts.promised_until == datetime(2026, 11, 28, tzinfo=SHANGHAI)


def test_voicemail_is_unanswered_even_though_something_picked_up(store: Store) -> None:
    attempt, call = cast.ready_call(store)
    StoredCallbacks(store).call_progressed(call.id, "CA1", "in-progress", {}, store.clock.now())
    with store.transaction() as session:
        session.get_one(type(attempt), attempt.id).outcome = Outcome.VOICEMAIL
    facts = known(store, attempt.borrower_id)
    assert (facts.connected_today, facts.unanswered_number_today) == (0, 1)
