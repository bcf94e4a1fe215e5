"""What must be known before a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaigns.facts import call_facts, overdue_days, unfit, verifying_facts
from campaigns.intake import take_roster
from campaigns.roster import Roster, Row
from ivr.script.model import Action, Condition, Do, Due, Route
from kit.phone import invented_mainland
from kit.settings import Settings
from kit.vocabulary import Purpose
from store import campaigns
from store.session import Store
from tests.campaigns.conftest import Floor
from tests.ivr.dialogue.small import FACTS, small_script
from tests.store import cast


def test_a_script_verifies_by_what_its_verified_routes_match() -> None:
    assert verifying_facts(small_script()) == {"id_last4"}


def test_a_key_may_verify_too() -> None:
    script = small_script()
    route = Route(Condition(matches="plate_tail"), "tell", (Action(Do.VERIFIED),))
    steps = {**script.steps, "factor": replace(script.steps["factor"], keys={"1": route})}
    script = replace(script, steps=steps)
    assert verifying_facts(script) == {"id_last4", "plate_tail"}
    without = {name: value for name, value in FACTS.items() if name != "id_last4"}
    assert unfit(script, {**without, "plate_tail": "638"}) == "", "one factor is enough"
    assert unfit(script, without) == "资料不全：身份证后四位或车牌尾号（核实本人要用）"


def test_a_script_that_verifies_nobody_needs_no_factor() -> None:
    script = small_script()
    steps = {**script.steps, "factor": replace(script.steps["factor"], routes=())}
    without = {name: value for name, value in FACTS.items() if name != "id_last4"}
    assert unfit(replace(script, steps=steps), without) == ""


def test_what_is_spoken_and_what_verifies_are_both_named() -> None:
    missing = "资料不全：应还金额、应还日期、身份证后四位（核实本人要用）"
    assert unfit(small_script(), {"lender": "甲", "borrower_name": "乙"}) == missing


@pytest.mark.parametrize(
    ("due", "day", "reason"),
    [
        (Due.PAST, 19, "还没有逾期"),
        (Due.PAST, 20, "还没有逾期"),
        (Due.PAST, 21, ""),
        (Due.AHEAD, 20, ""),
        (Due.AHEAD, 21, "还款日已过"),
        (None, 19, ""),
        (None, 21, ""),
    ],
)
def test_nobody_is_told_of_a_debt_what_the_day_belies(due: Due | None, day: int, reason: str) -> None:
    days = overdue_days(date(2026, 11, 20), date(2026, 11, day))
    facts = {**FACTS, "due_on": date(2026, 11, 20), **({"overdue_days": days} if days else {})}
    said = unfit(replace(small_script(), due=due), facts)
    assert said.startswith(reason)
    assert bool(said) is bool(reason)


def test_the_days_are_those_of_the_day_of_the_call(store: Store) -> None:
    borrower, loan = cast.add_borrower(store, overdue_days=3)
    said = [call_facts(Settings(), borrower, loan, on=date(2026, 11, day)).get("overdue_days") for day in (20, 21, 23, 28)]
    assert said == [None, 1, 3, 8]


@pytest.mark.parametrize(
    ("due_day", "told", "is_taken"),
    [
        (20, 3, True),
        (20, 0, True),
        (20, 1, True),
        (17, 3, True),
        (16, 3, False),
        (20, 4, False),
        (20, 300, False),
        (28, 3, False),
    ],
)
def test_a_row_whose_overdue_days_belie_its_due_date_is_refused(floor: Floor, due_day: int, told: int, is_taken: bool) -> None:
    """Today is the 23rd; a list may be up to three days old."""
    now = floor.clock.now()
    row = Row(2, "张三", invented_mainland(1), "1234", "LN1", 320_000, date(2026, 11, due_day), told)
    with floor.store.transaction() as session:
        campaign = campaigns.create(session, "甲", script_id="overdue_reminder", purpose=Purpose.COLLECTION, now=now)
    took = take_roster(floor.store, campaign.id, Roster((row,), ()), source="甲.csv", now=now)
    assert took.added == is_taken
    assert [reject.line for reject in took.rejects] == [] if is_taken else [2]
