"""Leases go to one of many; attempts are written under a valid lease, move forward only, and are settled once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ivr.ports import Callbacks
from kit.clock import ManualClock
from kit.phone import invented_mainland
from kit.vocabulary import Outcome, Purpose
from store import attempts, borrowers, campaigns, loose_ends, targets
from store.attempts import AlreadyOnTheLine, LeaseLost
from store.callbacks import StoredCallbacks
from store.models import Attempt
from store.session import Store
from store.words import AttemptState, Attention, CampaignState, TargetState
from tests.fakes.notebook import FakeCallbacks
from tests.store import cast


def test_one_of_many_gets_the_lease(store: Store) -> None:
    borrower, loan = cast.add_borrower(store)
    target = cast.add_target(store, cast.add_campaign(store), borrower, loan)
    won: list[bool] = []

    def take(owner: str) -> None:
        with store.transaction() as session:
            won.append(targets.lease(session, target.id, owner=owner, now=store.clock.now(), for_s=60))

    threads = [threading.Thread(target=take, args=(f"d{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(won) == [False] * 7 + [True]


def test_only_prepared_waiting_targets_are_due(store: Store) -> None:
    campaign = cast.add_campaign(store)
    borrower, loan = cast.add_borrower(store)
    now = store.clock.now()
    with store.transaction() as session:
        target = targets.add(session, campaign.id, borrower_id=borrower.id, loan_id=loan.id, now=now)
        assert target is not None
        assert targets.add(session, campaign.id, borrower_id=borrower.id, loan_id=loan.id, now=now) is None
        assert targets.due(session, campaign.id, now=now, limit=5) == []
        assert [one.id for one in targets.unprepared(session, campaign.id, now=now)] == [target.id]
        targets.mark_prepared(session, target.id, now=now)
        assert targets.due(session, campaign.id, now=now, limit=5) == [target.id]
        assert targets.due(session, campaign.id, now=now - timedelta(seconds=1), limit=5) == []


def test_an_attempt_needs_a_lease_that_still_holds(store: Store, clock: ManualClock) -> None:
    borrower, loan = cast.add_borrower(store)
    target = cast.add_target(store, cast.add_campaign(store), borrower, loan)
    with store.transaction() as session:
        assert targets.lease(session, target.id, owner=cast.OWNER, now=clock.now(), for_s=60)
    clock.advance(61)
    with pytest.raises(LeaseLost), store.transaction() as session:
        attempts.intend(session, target.id, cast.intention(), now=clock.now())
    with store.transaction() as session:
        assert targets.expire_leases(session, now=clock.now()) == 1
        assert targets.get(session, target.id).state is TargetState.WAITING


def test_an_expired_lease_with_an_attempt_becomes_unknown_and_never_ready(store: Store, clock: ManualClock) -> None:
    attempt, _ = cast.ready_call(store)
    clock.advance(300)
    with store.transaction() as session:
        assert targets.expire_leases(session, now=clock.now()) == 0
        assert loose_ends.doubt_abandoned(session, now=clock.now(), older_than_s=120) == [attempt.id]
    with store.reading() as session:
        assert attempts.get(session, attempt.id).state is AttemptState.UNKNOWN
        assert attempt.target_id is not None
        assert targets.get(session, attempt.target_id).state is TargetState.CALLING
        asked = loose_ends.to_ask_about(session, now=clock.now(), older_than_s=120, silent_s=1000)
        assert [one.id for one in asked] == [attempt.id]
        assert attempts.in_flight(session) == 1


def test_the_same_number_is_never_rung_twice_at_once(store: Store) -> None:
    cast.ready_call(store, 1)
    borrower, loan = cast.add_borrower(store, 2, phone_e164=invented_mainland(1))
    with store.reading() as session:
        campaign = campaigns.by_name(session, "十一月逾期")
    assert campaign is not None
    target = cast.add_target(store, campaign, borrower, loan)
    with pytest.raises(AlreadyOnTheLine), store.transaction() as session:
        cast.dial(session, target.id, now=store.clock.now())


def test_settling_happens_once_and_moves_the_target(store: Store) -> None:
    attempt, call = cast.ready_call(store)
    now = store.clock.now()
    with store.transaction() as session:
        attempts.placed(session, attempt.id, carrier_sid="CA1", now=now)
        assert not targets.settle(session, attempt.id, outcome=Outcome.BUSY, next_try_at=None, now=now)
    StoredCallbacks(store).call_progressed(call.id, "CA1", "busy", {}, now)
    later = now + timedelta(hours=2)
    with store.transaction() as session:
        assert [one.id for one in attempts.unsettled(session)] == [attempt.id]
        assert targets.settle(session, attempt.id, outcome=Outcome.BUSY, next_try_at=later, now=now)
    with store.transaction() as session:
        assert not targets.settle(session, attempt.id, outcome=Outcome.PROMISE, next_try_at=None, now=now)
        assert attempt.target_id is not None
        target = targets.get(session, attempt.target_id)
        assert (target.state, target.last_outcome, target.next_try_at, target.tries) == (
            TargetState.WAITING,
            Outcome.BUSY,
            later,
            1,
        )


def test_a_refused_attempt_counts_nowhere(store: Store) -> None:
    attempt, _ = cast.ready_call(store)
    with store.transaction() as session:
        attempts.refused(session, attempt.id, fault_code="21211", outcome=Outcome.INVALID_NUMBER, now=store.clock.now())
        assert attempts.attention(attempts.get(session, attempt.id)) is Attention.NOT_PLACED


def test_campaigns_take_legal_steps_only(store: Store) -> None:
    campaign = cast.add_campaign(store)
    with pytest.raises(campaigns.NameTaken), store.transaction() as session:
        campaigns.create(session, campaign.name, script_id="x", purpose=Purpose.CARE, now=store.clock.now())
    with store.transaction() as session:
        campaigns.step(session, campaign.id, CampaignState.STOPPED, now=store.clock.now())
    with pytest.raises(campaigns.IllegalStep), store.transaction() as session:
        campaigns.step(session, campaign.id, CampaignState.RUNNING, now=store.clock.now())


def test_a_loan_is_not_handed_to_another_borrower_by_a_list(store: Store) -> None:
    cast.add_borrower(store, 1)
    with pytest.raises(borrowers.LoanOfAnother):
        cast.add_borrower(store, 2, loan_no="LN000001")


def test_importing_again_brings_the_loan_up_to_date(store: Store) -> None:
    first, loan = cast.add_borrower(store, 1)
    again, same = cast.add_borrower(store, 1, amount_due_fen=5)
    assert (again.id, same.id, same.amount_due_fen) == (first.id, loan.id, 5)


_SEEDS = iter(range(1000, 100_000))
STATUSES = ["queued", "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "failed", "nonsense"]


@given(statuses=st.lists(st.sampled_from(STATUSES), min_size=1, max_size=8))
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_states_only_rise_and_final_ones_absorb(store: Store, statuses: list[str]) -> None:
    attempt, call = cast.ready_call(store, next(_SEEDS))
    callbacks = StoredCallbacks(store)
    ranks, final = [0], None
    for status in statuses:
        callbacks.call_progressed(call.id, f"CA-{call.id}", status, {}, store.clock.now())
        with store.reading() as session:
            seen = session.get_one(Attempt, attempt.id)
        ranks.append(seen.state.rank)
        assert final is None or seen.state is final
        final = seen.state if seen.state.is_final else None
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("kind", ["fake", "sql"])
def test_a_callback_is_first_once_per_source_and_key(store: Store, kind: str) -> None:
    callbacks: Callbacks = FakeCallbacks() if kind == "fake" else StoredCallbacks(store)
    seen = [callbacks.is_first(source, key, store.clock.now()) for source, key in ("aa", "aa", "ab", "ba", "ab")]
    assert seen == [True, False, True, True, False]


def test_of_many_who_ask_at_once_one_is_first(store: Store) -> None:
    callbacks, answers = StoredCallbacks(store), list[bool]()
    threads = [
        threading.Thread(target=lambda: answers.append(callbacks.is_first("status", "CA1:3", store.clock.now())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == [False] * 7 + [True]


def test_a_conversation_is_connected_even_when_only_its_end_is_reported(store: Store) -> None:
    attempt, call = cast.ready_call(store)
    StoredCallbacks(store).call_progressed(call.id, "CA1", "completed", {}, store.clock.now())
    with store.reading() as session:
        seen = attempts.get(session, attempt.id)
    assert (attempts.attention(seen), seen.outcome) == (Attention.CONNECTED, None)


def test_news_of_another_carrier_call_is_ignored(store: Store) -> None:
    attempt, call = cast.ready_call(store)
    callbacks = StoredCallbacks(store)
    callbacks.call_progressed(call.id, "CA1", "ringing", {}, store.clock.now())
    callbacks.call_progressed(call.id, "CA2", "completed", {}, store.clock.now())
    callbacks.call_progressed("call_nobody", "CA1", "completed", {}, store.clock.now())
    with store.reading() as session:
        assert attempts.get(session, attempt.id).state is AttemptState.RINGING


@pytest.mark.parametrize(
    ("status", "details", "outcome"),
    [
        ("busy", {}, Outcome.BUSY),
        ("no-answer", {}, Outcome.NO_ANSWER),
        ("failed", {}, Outcome.CARRIER_ERROR),
        ("failed", {"SipResponseCode": "404"}, Outcome.INVALID_NUMBER),
    ],
)
def test_calls_that_nobody_answered_get_their_outcome(
    store: Store, status: str, details: dict[str, str], outcome: Outcome
) -> None:
    attempt, call = cast.ready_call(store)
    StoredCallbacks(store).call_progressed(call.id, "CA1", status, details, store.clock.now())
    with store.reading() as session:
        assert attempts.get(session, attempt.id).outcome is outcome


def test_a_call_that_nobody_finished_is_concluded(store: Store, clock: ManualClock) -> None:
    attempt, call = cast.ready_call(store)
    StoredCallbacks(store).call_progressed(call.id, "CA1", "completed", {}, clock.now())
    with store.transaction() as session:
        assert loose_ends.conclude_silent(session, now=clock.now(), older_than_s=60) == []
    clock.advance(61)
    with store.transaction() as session:
        assert loose_ends.conclude_silent(session, now=clock.now(), older_than_s=60) == [attempt.id]
        assert attempts.get(session, attempt.id).outcome is Outcome.HUNG_UP_EARLY
