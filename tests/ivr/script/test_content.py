"""The scripts that we ship: fit to be spoken, and holding what every call owes to the callee."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ivr.script.graph import explore, lines_of
from ivr.script.load import examine, load_script, script_ids
from ivr.script.model import Do, Script
from ivr.script.schema import schema, schema_text
from kit.vocabulary import Intent, Outcome, Purpose, Risk, Severity

FOLDER = Path("scripts_zh")
FLOWS = sorted(path for path in FOLDER.glob("_shared/*.yaml") if path.stem not in ("phrases", "forbidden"))
SHIPPED = {"due_reminder", "overdue_reminder", "first_followup"}


@pytest.fixture(scope="module")
def scripts() -> dict[str, Script]:
    return {script_id: load_script(FOLDER, script_id) for script_id in script_ids(FOLDER)}


@pytest.mark.parametrize("script_id", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_a_shipped_script_has_no_issue(script_id: str) -> None:
    script, issues = examine(FOLDER, script_id)
    assert issues == []
    assert script is not None
    assert script.id == script_id


def test_all_three_are_there(scripts: dict[str, Script]) -> None:
    assert set(scripts) >= SHIPPED
    assert scripts["first_followup"].purpose is Purpose.FOLLOWUP
    assert scripts["due_reminder"].purpose is scripts["overdue_reminder"].purpose is Purpose.COLLECTION


def test_the_opening_says_who_what_voice_and_that_it_is_recorded_before_it_asks(scripts: dict[str, Script]) -> None:
    for script in scripts.values():
        text = "".join(line.text for line in script.steps[script.start].say)
        places = [text.index(part) for part in ("{lender}", "本次通话语音由人工智能合成", "录音")]
        assert places == sorted(places)
        assert not script.steps[script.start].is_interruptible


def test_a_stranger_hears_names_and_a_number_only(scripts: dict[str, Script]) -> None:
    for script in scripts.values():
        early = {state.step for state in explore(script) if not state.is_verified}
        assert not [line.text for name in early for line in lines_of(script.steps[name]) if line.is_private]
        assert {step.end for name in early if (step := script.steps[name]).end} >= {Outcome.THIRD_PARTY, Outcome.WRONG_NUMBER}


def test_the_gravest_case_is_comforted_then_handed_over_then_given_the_help_lines(scripts: dict[str, Script]) -> None:
    for script in scripts.values():
        first = script.steps[script.risk[Risk.SELF_HARM]]
        assert first.say[0].text.startswith("我听到您")
        transfer = next(action for action in first.actions if action.do is Do.TRANSFER)
        stay = script.steps[transfer.args["failed"]]
        assert stay.ask is not None
        text = "".join(line.text for line in stay.say)
        assert all(number in text for number in ("12356", "110", "120"))
        assert Severity.P0 in script.risk


def test_plans_are_never_granted_by_the_voice(scripts: dict[str, Script]) -> None:
    asked = scripts["overdue_reminder"].steps["plan"]
    assert asked.outcome is Outcome.PLAN_ASKED
    assert "不能替他们答应" in asked.say[0].text
    assert any(action.do is Do.CALLBACK for action in scripts["overdue_reminder"].steps["plan_booked"].actions)


def test_the_follow_up_asks_all_four_matters_and_the_details(scripts: dict[str, Script]) -> None:
    steps = scripts["first_followup"].steps
    asked = {intent for step in steps.values() for route in step.routes for intent in route.when.intents}
    assert {Intent.VEHICLE_ISSUE, Intent.JOB_CHANGED, Intent.INCOME_DOWN, Intent.PAPERS_ISSUE, Intent.DETAILS_CHANGED} <= asked


def test_grammars_are_neither_empty_nor_huge(scripts: dict[str, Script]) -> None:
    for script in scripts.values():
        for step in script.steps.values():
            own = [phrase for phrase in (step.ask.phrases if step.ask else ()) if phrase not in script.always_phrases]
            assert step.ask is None or 6 <= len(own) <= 60, step.id


def test_the_schema_is_current() -> None:
    assert (FOLDER / "schema.json").read_text(encoding="utf-8") == schema_text(), "run: flask ivr schema"
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", [*sorted(FOLDER.glob("*.yaml")), *FLOWS], ids=lambda path: path.stem)
def test_every_file_names_and_fits_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    depth = "../" if path.parent.name == "_shared" else ""
    assert text.startswith(f"# yaml-language-server: $schema={depth}schema.json\n")
    jsonschema.validate(yaml.load(text, yaml.BaseLoader), json.loads(schema_text()))


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    good = yaml.load((FOLDER / "due_reminder.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    for spoil in ({"colour": "red"}, {"purpose": "harassment"}, {"steps": {"a": {"ask": "day"}}}, {"risk": {"P3": "bye"}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**good, **spoil}, schema())
