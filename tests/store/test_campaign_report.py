"""One outcome per borrower, with the promise and the gravest risk beside it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from desk.intake import StoredNotebook
from ivr.dialogue.effects import Complaint, Escalate, Lasting, Promise
from ivr.meaning import Bound
from kit.clock import ManualClock
from kit.vocabulary import HangUpReason, Outcome, Risk, Severity
from store import campaigns, targets
from store.callbacks import StoredCallbacks
from store.campaign_report import report
from store.session import Store
from store.words import TargetState
from tests.store import cast


def test_one_row_a_borrower(store: Store, clock: ManualClock) -> None:
    attempt, call = cast.ready_call(store, 1)
    notebook, callbacks = StoredNotebook(store), StoredCallbacks(store)
    callbacks.call_progressed(call.id, "CA1", "in-progress", {}, clock.now())
    promise = Promise(date(2026, 11, 27), 100_000, Bound.ON, "周五还一千")
    risks = [Escalate(Risk.DISPUTE, Severity.P2, "q", "w"), Escalate(Risk.LEGAL_ACTION, Severity.P1, "q", "w")]
    notebook.save_turn(call.id, [], {"n": 1}, [promise, *risks], clock.now())
    clock.advance(42)
    notebook.finish(call.id, Outcome.PROMISE, HangUpReason.SCRIPT_ENDED, clock.now())
    callbacks.call_progressed(call.id, "CA1", "completed", {}, clock.now())
    blocked_borrower, loan = cast.add_borrower(store, 2)
    with store.reading() as session:
        campaign = campaigns.by_name(session, "十一月逾期")
    assert campaign is not None
    target = cast.add_target(store, campaign, blocked_borrower, loan)
    with store.transaction() as session:
        assert targets.settle(session, attempt.id, outcome=Outcome.PROMISE, next_try_at=None, now=clock.now())
        assert targets.block(session, target.id, rule="do_not_call", reason="借款人要求停止一切来电")
        first, second = report(session, campaign.id)
        counts = targets.count_by_state(session, campaign.id)
    assert (first.state, first.outcome, first.promised_on, first.promised_fen, first.risk, first.severity, first.seconds) == (
        TargetState.DONE,
        Outcome.PROMISE,
        date(2026, 11, 27),
        100_000,
        "legal_action",
        1,
        42.0,
    )
    assert (len(first.case_ids), first.call_id, first.tries) == (2, call.id, 1)
    assert "*" in first.phone_masked
    assert (second.state, second.outcome, second.blocked_rule, second.call_id) == (
        TargetState.BLOCKED,
        None,
        "do_not_call",
        None,
    )
    assert (counts[TargetState.DONE], counts[TargetState.BLOCKED], counts[TargetState.WAITING]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("said", "severity", "risk"),
    [
        ([Escalate(Risk.WANTS_HUMAN, Severity.P3, "q", "w")], 3, "wants_human"),
        ([Escalate(Risk.WRONG_PERSON, Severity.P1, "q", "w")], 1, "wrong_person"),
        ([Escalate(Risk.DISPUTE, Severity.P2, "q", "w"), Escalate(Risk.WANTS_HUMAN, Severity.P3, "q", "w")], 2, "dispute"),
        ([Complaint("q")], 2, None),
        ([], None, None),
    ],
)
def test_the_gravest_risk_is_shown_with_or_without_a_case(
    store: Store, said: list[Lasting], severity: int | None, risk: str | None
) -> None:
    attempt, call = cast.ready_call(store)
    StoredNotebook(store).save_turn(call.id, [], {}, said, store.clock.now())
    assert attempt.campaign_id is not None
    with store.reading() as session:
        (row,) = report(session, attempt.campaign_id)
    assert (row.severity, row.risk) == (severity, risk)


def test_a_released_target_comes_back_at_its_time(store: Store, clock: ManualClock) -> None:
    borrower, loan = cast.add_borrower(store)
    campaign = cast.add_campaign(store)
    target = cast.add_target(store, campaign, borrower, loan)
    later = clock.now() + timedelta(hours=1)
    with store.transaction() as session:
        assert targets.lease(session, target.id, owner="d1", now=clock.now(), for_s=60)
        assert not targets.release(session, target.id, owner="d2", next_try_at=later)
        assert targets.release(session, target.id, owner="d1", next_try_at=later, rule="hours", reason="不在允许拨打的时段")
        assert targets.due(session, campaign.id, now=clock.now(), limit=9) == []
        assert targets.due(session, campaign.id, now=later, limit=9) == [target.id]
