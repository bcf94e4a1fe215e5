"""What the loader makes of YAML, and what it says about YAML that is wrong: file, line and reason, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.script.issues import BadScript
from ivr.script.load import load_script, parse_script, script_ids
from ivr.script.model import Do
from kit.vocabulary import Intent, Risk, Severity, SlotName
from tests.ivr.script.small import FILES, FLOW, SMALL, WORDS, line_of, loaded, swapped

FAULTS: list[tuple[str, str, str, str]] = [
    # code, passage replaced, replacement, passage on the line of the issue
    ("bad_yaml", "title: 小话术", "title: [小话术", "purpose: collection"),
    ("duplicate_key", "time_up: bye\n", "time_up: bye\ntime_up: bye\n", "time_up: bye\nsteps"),
    ("duplicate_key", "  purpose:\n", "  bye: {say: 再见}\n  purpose:\n", "  bye:\n"),
    ("unknown_key", "    digits: 4\n", "    digit: 4\n", "    digit: 4"),
    ("unknown_key", "title: 小话术\n", "title: 小话术\ncolour: 红\n", "colour"),
    ("unknown_intent", "{if: ask_purpose,", "{if: ask_pupose,", "ask_pupose"),
    ("unknown_slot", "    slots: pay_on\n", "    slots: pay_onn\n", "pay_onn"),
    ("unknown_field", "{amount_fen}", "{amount}", "{amount}"),
    ("unknown_field", "matches: id_last4", "matches: id_last5", "id_last5"),
    ("unknown_outcome", "    end: promise\n", "    end: promised\n", "end: promised"),
    ("unknown_risk", "  wrong_person: bye\n", "  wrong_number: bye\n", "wrong_number"),
    ("unknown_risk", "  P2: bye\n", "  P3: bye\n  P2: bye\n", "P3"),
    ("unknown_step", "{if: stop_calling, goto: stop}", "{if: stop_calling, goto: stopp}", "stopp"),
    ("unknown_step", "  P1: bye\n", "  P1: byebye\n", "byebye"),
    ("unknown_step", "time_up: bye\n", "time_up: later\n", "time_up: later"),
    ("unknown_action", "do: stop_calling", "do: stop_dialling", "stop_dialling"),
    ("unknown_ask", "ask: date", "ask: day", "ask: day"),
    ("unknown_purpose", "purpose: collection", "purpose: harassment", "harassment"),
    ("unknown_due", "purpose: collection", "purpose: collection\ndue: someday", "someday"),
    ("unknown_exit", "exits: {gone: bye}", "exits: {gone: bye, away: bye}", "away"),
    ("missing_exit", ", exits: {gone: bye}", "", "people: {flow"),
    ("unknown_phrase_group", "[$no, 明天]", "[$nope, 明天]", "$nope"),
    ("missing_file", "_shared/people.yaml", "_shared/persons.yaml", "persons"),
    ("missing_key", "resume: 刚才断线了。\n", "", "script: small"),
    ("missing_key", "title: 小话术\n", "", "script: small"),
    ("missing_key", "{if: ask_purpose, goto: purpose}", "{if: ask_purpose}", "{if: ask_purpose}"),
    ("bad_value", "after: 5s", "after: soon", "soon"),
    ("bad_value", "always:\n  - {if: ask_repeat", "always:\n  - - {if: ask_repeat", "  - - {if"),
    ("bad_value", "{if: ask_purpose, goto", "{if: ask_purpose, verified: perhaps, goto", "perhaps"),
    ("bad_value", "    digits: 4\n", "    digits: 4\n    keys: {x: bye}\n", "keys: {x"),
    ("bad_id", "script: small", "script: tiny", "script: tiny"),
]


@pytest.mark.parametrize(("code", "old", "new", "where"), FAULTS)
def test_a_fault_is_named_with_file_and_line(code: str, old: str, new: str, where: str) -> None:
    text = swapped(SMALL, old, new)
    _, issues = loaded(small=text)
    assert (code, "small.yaml", line_of(text, where)) in {(issue.code, issue.file, issue.line) for issue in issues}


def test_a_fault_in_a_shared_flow_stands_in_that_file() -> None:
    flow = swapped(FLOW, "{if: deny, goto", "{if: denied, goto")
    _, issues = loaded(people=flow)
    assert [(i.code, i.file, i.line) for i in issues] == [("unknown_intent", "_shared/people.yaml", line_of(flow, "denied"))]
    assert "是不是“deny”" in issues[0].message


def test_all_faults_are_told_at_once() -> None:
    text = swapped(swapped(SMALL, "ask: date", "ask: day"), "time_up: bye\n", "time_up: later\n")
    _, issues = loaded(small=swapped(text, "    reword: 请说一下您的身份证后四位。\n", ""))
    assert {"unknown_ask", "unknown_step", "no_reword"} <= {issue.code for issue in issues}


def test_text_stays_text() -> None:
    """YAML 1.1 would make 480 of 8:00, False of `no` and 8 of 010."""
    text = swapped(SMALL, "script: small\n", "script: small\nmax_call_s: 010\n")
    text = swapped(text, "  greet:\n", "  greet:\n    interruptible: no\n")
    script, _ = loaded(small=swapped(text, "有一件事需要本人确认。", "8:00"))
    assert script is not None
    assert (script.max_call_s, script.steps["greet"].is_interruptible) == (10.0, False)
    assert script.steps["purpose"].say[0].text == "8:00"


def test_a_shared_flow_becomes_flat_prefixed_steps() -> None:
    script, _ = loaded()
    assert script is not None
    assert {"people.transfer", "people.failed", "people.booked"} <= set(script.steps)
    assert script.risk[Severity.P0] == script.risk[Risk.SELF_HARM] == "people.transfer"
    transfer, failed = script.steps["people.transfer"], script.steps["people.failed"]
    assert (transfer.actions[0].do, transfer.actions[0].args["failed"], transfer.goto) == (Do.TRANSFER, failed.id, failed.id)
    assert [route.goto for route in failed.routes] == ["people.booked", "bye"]
    assert failed.silence is not None
    assert (failed.silence.after_s, failed.silence.tries, failed.silence.goto) == (4.0, 1, "people.booked")
    assert script.always[-1].when.intents == {Intent.REQUEST_HUMAN}


def test_every_listening_step_hears_the_phrases_that_hold_everywhere() -> None:
    script, _ = loaded()
    assert script is not None
    assert script.always_phrases == ("再说一遍", "转人工")
    ask = script.steps["when"].ask
    assert ask is not None
    assert ask.phrases == ("不是", "没有", "明天", "再说一遍", "转人工")
    assert ask.slots == {SlotName.PAY_ON}


def test_common_keys_hold_everywhere_but_where_digits_are_typed() -> None:
    script, _ = loaded()
    assert script is not None
    assert script.steps["when"].keys["0"].goto == "people.transfer"
    assert "0" not in script.steps["identify"].keys


def test_a_line_is_private_for_its_fields_and_for_its_words() -> None:
    script, _ = loaded()
    assert script is not None
    assert script.steps["tell"].say[0].is_private
    assert not script.steps["greet"].say[0].is_private
    without, _ = loaded(
        forbidden=swapped(WORDS, "贷款, 还款, 逾期", "利息"), small=swapped(SMALL, "您本期应还{amount_fen}，", "")
    )
    assert without is not None
    assert not without.steps["tell"].say[0].is_private


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_digest_covers_every_file(name: str) -> None:
    files = {**FILES, name: FILES[name] + "# 改动\n"}
    before, _ = parse_script(FILES.get, "small.yaml")
    after, _ = parse_script(files.get, "small.yaml")
    assert before is not None
    assert after is not None
    assert before.digest != after.digest


def _written(folder: Path, **changes: str) -> Path:
    (folder / "_shared").mkdir()
    for name, text in {**FILES, **changes}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_folder_is_read(tmp_path: Path) -> None:
    folder = _written(tmp_path)
    assert [load_script(folder, script_id).id for script_id in script_ids(folder)] == ["small"]


def test_a_bad_script_does_not_load_and_says_why(tmp_path: Path) -> None:
    folder = _written(tmp_path, **{"small.yaml": swapped(SMALL, "ask: date", "ask: day")})
    with pytest.raises(BadScript, match=r"small\.yaml:\d+: unknown_ask"):
        load_script(folder, "small")


def test_a_script_that_breaks_a_rule_does_not_load(tmp_path: Path) -> None:
    folder = _written(tmp_path, **{"small.yaml": swapped(SMALL, "goto: identify", "goto: tell")})
    with pytest.raises(BadScript, match="purpose_before_identity"):
        load_script(folder, "small")


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadScript, match="missing_file"):
        load_script(tmp_path, "nothing")
