"""What must be known before a call."""

from __future__ import annotations

from dataclasses import replace

from campaigns.facts import lacking, verifying_facts
from ivr.script.model import Action, Condition, Do, Route
from tests.ivr.dialogue.small import FACTS, small_script


def test_a_script_verifies_by_what_its_verified_routes_match() -> None:
    assert verifying_facts(small_script()) == {"id_last4"}


def test_a_key_may_verify_too() -> None:
    script = small_script()
    route = Route(Condition(matches="plate_tail"), "tell", (Action(Do.VERIFIED),))
    steps = {**script.steps, "factor": replace(script.steps["factor"], keys={"1": route})}
    script = replace(script, steps=steps)
    assert verifying_facts(script) == {"id_last4", "plate_tail"}
    without = {name: value for name, value in FACTS.items() if name != "id_last4"}
    assert lacking(script, {**without, "plate_tail": "638"}) == "", "one factor is enough"
    assert lacking(script, without) == "身份证后四位或车牌尾号（核实本人要用）"


def test_a_script_that_verifies_nobody_needs_no_factor() -> None:
    script = small_script()
    steps = {**script.steps, "factor": replace(script.steps["factor"], routes=())}
    without = {name: value for name, value in FACTS.items() if name != "id_last4"}
    assert lacking(replace(script, steps=steps), without) == ""


def test_what_is_spoken_and_what_verifies_are_both_named() -> None:
    assert (
        lacking(small_script(), {"lender": "甲", "borrower_name": "乙"}) == "应还金额、应还日期、身份证后四位（核实本人要用）"
    )
