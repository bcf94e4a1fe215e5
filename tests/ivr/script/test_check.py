"""Every rule finds its breach, at the right line, and finds nothing in the clean twin."""

from __future__ import annotations

import pytest

from tests.ivr.script.small import FLOW, SMALL, line_of, loaded, swapped

LONG = "您" * 61 + "。"
MANY = "[" + ", ".join(f"{a}{b}" for a in "一二三四五六七八" for b in "甲乙丙丁戊己庚辛") + "]"

BREACHES: list[tuple[str, str, str, str]] = [
    # code, passage replaced, replacement, passage that stands on the line of the issue
    ("dead_end", "    end: promise\n", "", "  agreed:"),
    ("dead_end", "    goto: when\n", "    goto: tell\n", "  tell:"),
    (
        "dead_end",
        "    routes:\n      - {heard: pay_on, do: promise, outcome: promise, goto: agreed}\n      - {if: deny, goto: bye}\n",
        "    keys: {}\n",
        "  when:",
    ),
    ("bad_shape", "    end: promise\n", "    end: promise\n    goto: bye\n", "  agreed:"),
    ("silent_end", "    say: 今天先到这里。本次通话语音由人工智能合成，再见。\n", "", "  bye:"),
    ("unreachable_step", "  - {if: ask_purpose, goto: purpose}\n", "", "  purpose:"),
    ("no_silence_branch", "  silence: {after: 5s, tries: 2, goto: bye}\n", "", "  when:"),
    ("no_unclear_branch", "  unclear: {tries: 2, goto: bye}\n", "", "  when:"),
    ("no_reword", "    reword: 您大概几号可以还？\n", "", "  when:"),
    ("no_reword", "    reword: 您大概几号可以还？\n", "    reword: 您打算哪一天还？\n", "    reword: 您打算"),
    ("line_too_long", "有一件事需要本人确认。", LONG, LONG),
    ("line_too_long", "有一件事需要本人确认。", "您" * 50 + "。" + "您" * 50 + "。" + "您" * 50 + "。", "您" * 50),
    ("forbidden_phrase", "有一件事需要本人确认。", "不然要坐牢的。", "不然要坐牢的。"),
    ("forbidden_phrase", "刚才断线了。", "刚才断线了，已报送征信。", "刚才断线了"),
    ("no_recording_notice", "，通话会录音。", "。", "  identify:"),
    ("no_ai_notice", "本次通话语音由人工智能合成，通话会录音。", "通话会录音。", "  identify:"),
    ("no_ai_notice", "好的，您在{pay_on}还。本次通话语音由人工智能合成，再见。", "好的，您在{pay_on}还。再见。", "  agreed:"),
    ("risk_unrouted", "  P0: people\n", "", "script: small"),
    ("risk_unrouted", "  stop_contact: stop\n", "", "script: small"),
    ("no_repeat", '  - {if: ask_repeat, goto: "@repeat", phrases: [再说一遍]}\n', "", "  when:"),
    ("no_repeat", "{if: ask_repeat, goto", "{if: ask_repeat, verified: yes, goto", "  when:"),
    ("no_opt_out", "  - {if: stop_calling, goto: stop}\n", "", "  when:"),
    ("no_opt_out", "{if: stop_calling, goto: stop}", "{if: stop_calling, goto: bye}", "  when:"),
    ("too_many_phrases", "    phrases: [$no, 明天]\n", f"    phrases: {MANY}\n", "  when:"),
    ("bad_phrase", "[$no, 明天]", "[$no, 15号]", "  when:"),
    ("no_phrases", "    phrases: [$no, 明天]\n", "", "  when:"),
    ("slot_not_heard", "{heard: pay_on, do: promise", "{if: promise_to_pay, do: promise", "好的，您在{pay_on}还"),
    (
        "outcome_before_identity",
        "{if: deny, goto: bye}\n  tell",
        "{if: deny, outcome: refused, goto: bye}\n  tell",
        "  identify:",
    ),
    ("debt_in_care", "  self_harm: people\n", "  self_harm: tell\n", "您本期应还{amount_fen}"),
]


def test_the_small_script_is_clean() -> None:
    script, issues = loaded()
    assert issues == []
    assert script is not None


@pytest.mark.parametrize(("code", "old", "new", "where"), BREACHES)
def test_a_breach_is_found_where_it_stands(code: str, old: str, new: str, where: str) -> None:
    text = swapped(SMALL, old, new)
    _, issues = loaded(small=text)
    assert (code, "small.yaml", line_of(text, where)) in {(issue.code, issue.file, issue.line) for issue in issues}


def test_every_code_of_the_checker_has_a_breach_here() -> None:
    """A rule without a failing fixture could be dead."""
    import re
    from pathlib import Path

    source = "".join(Path(name).read_text(encoding="utf-8") for name in ("ivr/script/check.py", "ivr/script/paths.py"))
    codes = set(re.findall(r'issue_at\([^"]*?"(\w+)"', source, flags=re.DOTALL))
    elsewhere = {"unknown_step", "unknown_field", "no_way_to_human", "purpose_before_identity"}
    assert len(codes) >= 20
    assert codes - elsewhere == {code for code, *_ in BREACHES}


def test_without_a_way_to_a_person_every_listening_step_is_named() -> None:
    flow = swapped(FLOW, "  - {if: request_human, goto: transfer, phrases: [转人工]}\n", "  - {if: thanks, goto: transfer}\n")
    _, issues = loaded(people=flow)
    assert {issue.message.split("“")[1].split("”")[0] for issue in issues if issue.code == "no_way_to_human"} == {
        "identify",
        "when",
        "people.failed",
    }


EARLY: list[tuple[str, str, str]] = [
    # how the debt gets out before the callee is known; passage replaced, replacement
    ("plainly said", "goto: identify", "goto: tell"),
    ("a private word", "请问您是{borrower_name}本人吗？请说", "关于您的贷款，请说"),
    ("a private field", "请问您是{borrower_name}本人吗？请说", "应还{amount_fen}，请说"),
    ("in a rewording", "    reword: 请说一下您的身份证后四位。", "    reword: 关于还款，请说身份证后四位。"),
    ("always", "{if: ask_purpose, goto: purpose}", "{if: ask_purpose, goto: tell}"),
    ("by risk", "  P2: bye\n", "  P2: tell\n"),
    ("by fault", "fault: bye", "fault: tell"),
    ("by the length cap", "time_up: bye", "time_up: tell"),
    ("after a lost line", "刚才断线了。", "刚才断线了，我们接着说还款。"),
    ("by silence", "    digits: 4\n", "    digits: 4\n    silence: {tries: 1, goto: tell}\n"),
    ("by misunderstanding", "    digits: 4\n", "    digits: 4\n    unclear: {tries: 1, goto: tell}\n"),
    ("by key", "    digits: 4\n", "    digits: 4\n    keys: {9: tell}\n"),
    ("by a key with a condition", "    digits: 4\n", "    digits: 4\n    keys: {9: {verified: yes, goto: tell}}\n"),
    ("by another answer", "{if: deny, goto: bye}\n  tell", "{if: deny, goto: tell}\n  tell"),
    ("somebody else after all", "  third_party: bye\n", "  third_party: tell\n"),
]


@pytest.mark.parametrize(("why", "old", "new"), EARLY, ids=[why for why, *_ in EARLY])
def test_no_path_may_name_the_debt_before_identity(why: str, old: str, new: str) -> None:
    _, issues = loaded(small=swapped(SMALL, old, new))
    assert "purpose_before_identity" in {issue.code for issue in issues}


def test_a_failed_transfer_may_not_name_the_debt_either() -> None:
    text = swapped(SMALL, "exits: {gone: bye}", "exits: {gone: tell}")
    _, issues = loaded(small=text, people=swapped(FLOW, "failed: failed}", 'failed: "exit:gone"}'))
    assert "purpose_before_identity" in {issue.code for issue in issues}


def test_a_condition_on_identity_keeps_the_debt_in() -> None:
    both = "{if: ask_purpose, verified: yes, goto: tell}\n  - {if: ask_purpose, verified: no, goto: purpose}"
    _, issues = loaded(small=swapped(SMALL, "{if: ask_purpose, goto: purpose}", both))
    assert "purpose_before_identity" not in {issue.code for issue in issues}


def test_what_holds_everywhere_may_not_bring_the_debt_into_care() -> None:
    both = "{if: ask_purpose, verified: yes, goto: tell}\n  - {if: ask_purpose, verified: no, goto: purpose}"
    text = swapped(SMALL, "{if: ask_purpose, goto: purpose}", both)
    _, issues = loaded(small=text)
    assert "debt_in_care" in {issue.code for issue in issues}
    shielded = swapped(FLOW, "      - {if: affirm, goto: booked}\n", "      - {if: [affirm, ask_purpose], goto: booked}\n")
    _, issues = loaded(small=text, people=shielded)
    assert issues == []
