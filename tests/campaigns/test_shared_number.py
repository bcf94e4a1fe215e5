"""No row of a list is a way round another: wishes, holds and contacts bind the person and the number."""

from __future__ import annotations

from datetime import timedelta

import pytest

from campaigns.known import as_gate_facts
from kit.phone import invented_mainland
from kit.vocabulary import Purpose
from law.gate import Verdict, may_call
from store import restraints
from store.callbacks import StoredCallbacks
from store.gate_facts import facts_for_gate
from store.models import Borrower
from store.words import DoNotCallScope
from tests.campaigns.conftest import Floor
from tests.store import cast

HERE, ELSEWHERE = invented_mainland(1), invented_mainland(2)
FIRST = {"name": "张三", "phone_e164": HERE, "id_last4": "1234"}
TYPO = {"name": "张三", "phone_e164": HERE, "id_last4": "1235"}
OTHER_NAME = {"name": "张三丰", "phone_e164": HERE, "id_last4": "1234"}
SPOUSE = {"name": "李四", "phone_e164": HERE, "id_last4": ""}
MOVED = {"name": "张三", "phone_e164": ELSEWHERE, "id_last4": "1234"}
EVERY_WAY = pytest.mark.parametrize("row", [TYPO, OTHER_NAME, SPOUSE, MOVED], ids=["typo", "other name", "spouse", "moved"])


def first(floor: Floor) -> Borrower:
    return cast.add_borrower(floor.store, 1, **FIRST)[0]


def second(floor: Floor, row: dict[str, str]) -> Borrower:
    return cast.add_borrower(floor.store, 2, **row)[0]


def verdict(floor: Floor, borrower: Borrower, purpose: Purpose = Purpose.COLLECTION, *, by_robot: bool = True) -> Verdict:
    now = floor.clock.now()
    with floor.store.reading() as session:
        facts = as_gate_facts(facts_for_gate(session, borrower.id, now=now), by_robot=by_robot)
    return may_call(floor.exchange.policy, facts, purpose, now=now)


def stop(floor: Floor, borrower: Borrower, scope: DoNotCallScope) -> None:
    with floor.store.transaction() as session:
        restraints.stop_calling(session, borrower.id, scope=scope, call_id=None, quote="别打了", now=floor.clock.now())


def hold(floor: Floor, borrower: Borrower, *, days: int | None = None) -> None:
    with floor.store.transaction() as session:
        restraints.put_hold(
            session,
            borrower.id,
            rule="illness",
            case_id=None,
            days=days,
            is_permanent=days is None,
            lift_by="",
            now=floor.clock.now(),
        )


def ring(floor: Floor, borrower: Borrower, status: str) -> None:
    """The first row was rung today, and it came to this."""
    target = cast.add_target(floor.store, cast.add_campaign(floor.store), borrower, None)
    with floor.store.transaction() as session:
        _, call = cast.dial(session, target.id, now=floor.clock.now())
    StoredCallbacks(floor.store).call_progressed(call.id, "CA1", status, {}, floor.clock.now())


@EVERY_WAY
@pytest.mark.parametrize(("scope", "rule"), [(DoNotCallScope.ALL, "do_not_call"), (DoNotCallScope.ROBOT, "do_not_call_robot")])
def test_a_wish_not_to_be_called_is_not_escaped(floor: Floor, row: dict[str, str], scope: DoNotCallScope, rule: str) -> None:
    stop(floor, first(floor), scope)
    other = second(floor, row)
    assert verdict(floor, other).rule == rule
    assert verdict(floor, other, Purpose.FOLLOWUP).rule == rule


@EVERY_WAY
def test_a_hold_is_not_escaped_and_stops_no_care(floor: Floor, row: dict[str, str]) -> None:
    hold(floor, first(floor))
    other = second(floor, row)
    assert (verdict(floor, other).rule, verdict(floor, other).not_before) == ("hold:illness", None)
    assert "另一条记录" in verdict(floor, other).reason
    assert verdict(floor, other, Purpose.CARE).is_allowed
    assert verdict(floor, other, Purpose.REQUESTED_BY_BORROWER, by_robot=False).is_allowed


@EVERY_WAY
def test_a_connected_call_counts_for_the_person_and_the_number(floor: Floor, row: dict[str, str]) -> None:
    ring(floor, first(floor), "completed")
    other = second(floor, row)
    assert verdict(floor, other).rule == "connected_per_day"
    floor.clock.advance(20 * 3600 - 60)
    assert verdict(floor, other).rule == "cooldown_connected"
    floor.clock.advance(28 * 3600)
    assert verdict(floor, other).is_allowed


def test_a_call_that_nobody_took_counts_for_the_number_only(floor: Floor) -> None:
    ring(floor, first(floor), "no-answer")
    assert verdict(floor, second(floor, SPOUSE)).rule == "cooldown_unanswered"
    assert verdict(floor, cast.add_borrower(floor.store, 3, loan_no="LN3", **MOVED)[0]).is_allowed


def test_the_wish_of_a_person_who_is_listed_at_two_numbers_binds_whoever_shares_either(floor: Floor) -> None:
    stop(floor, first(floor), DoNotCallScope.ROBOT)
    second(floor, MOVED)
    sharer = cast.add_borrower(floor.store, 3, name="王五", phone_e164=ELSEWHERE, id_last4="7777")[0]
    assert verdict(floor, sharer).rule == "do_not_call_robot"


def test_strangers_are_not_bound(floor: Floor) -> None:
    borrower = first(floor)
    stop(floor, borrower, DoNotCallScope.ALL)
    hold(floor, borrower, days=30)
    for number, row in enumerate([{"name": "张三", "id_last4": "9999"}, {"name": "张三", "id_last4": ""}, {"name": "李四"}]):
        assert verdict(floor, cast.add_borrower(floor.store, 10 + number, **row)[0]).is_allowed


def test_a_promise_binds_the_person_not_the_sharer_of_the_phone(floor: Floor) -> None:
    borrower = first(floor)
    cast.add_promise(floor.store, borrower)
    assert verdict(floor, second(floor, TYPO)).rule == "promise"
    assert verdict(floor, cast.add_borrower(floor.store, 3, loan_no="LN3", **MOVED)[0]).rule == "promise"
    assert verdict(floor, cast.add_borrower(floor.store, 4, loan_no="LN4", **SPOUSE)[0]).is_allowed


def test_what_is_lifted_frees_everybody_again(floor: Floor) -> None:
    borrower = first(floor)
    hold(floor, borrower, days=7)
    other = second(floor, SPOUSE)
    assert verdict(floor, other).not_before == floor.clock.now() + timedelta(days=7)
    with floor.store.transaction() as session:
        for one in restraints.open_holds(session, [borrower.id], now=floor.clock.now()):
            restraints.lift_hold(session, one, by="zheng", now=floor.clock.now())
    assert verdict(floor, other).is_allowed


def test_the_same_wish_of_a_sharer_is_written_down_for_the_sharer_too(floor: Floor) -> None:
    """Lifting the one must not lift the other."""
    borrower, other = first(floor), second(floor, SPOUSE)
    for one in (borrower, other):
        stop(floor, one, DoNotCallScope.ROBOT)
        hold(floor, one, days=7)
    with floor.store.reading() as session:
        both = [borrower.id, other.id]
        assert {wish.borrower_id for wish in restraints.do_not_call(session, both)} == set(both)
        assert {one.borrower_id for one in restraints.open_holds(session, both, now=floor.clock.now())} == set(both)
