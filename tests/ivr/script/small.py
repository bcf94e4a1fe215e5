"""A small script that passes every check: the clean twin of each faulty one."""

from __future__ import annotations

from ivr.script.check import check
from ivr.script.issues import Issue
from ivr.script.load import parse_script
from ivr.script.model import Script

PHRASES = """\
yes: [是, 对]
no: [不是, 没有]
"""
WORDS = """\
forbidden: [坐牢, 黑名单]
only_with_source: [已报送征信]
private: [贷款, 还款, 逾期]
"""
FLOW = """\
flow: people
exits: [gone]
start: transfer
defaults:
  silence: {after: 4s, tries: 1, goto: booked}
  unclear: {tries: 1, goto: booked}
always:
  - {if: request_human, goto: transfer, phrases: [转人工]}
keys: {0: transfer}
steps:
  transfer:
    say: 我为您转接。
    do: {transfer: {reason: request_human, failed: failed}}
  failed:
    say: 同事在忙，要不要登记回电？
    reword: 您要登记人工回电吗？
    ask: yes_no
    phrases: [$yes, $no]
    routes:
      - {if: affirm, goto: booked}
      - {if: deny, goto: "exit:gone"}
  booked:
    say: 已登记。本次通话语音由人工智能合成，再见。
    do: {callback: {by: person}}
    end: callback_booked
"""
SMALL = """\
script: small
title: 小话术
purpose: collection
start: greet
use:
  people: {flow: _shared/people.yaml, exits: {gone: bye}}
defaults:
  silence: {after: 5s, tries: 2, goto: bye}
  unclear: {tries: 2, goto: bye}
always:
  - {if: ask_repeat, goto: "@repeat", phrases: [再说一遍]}
  - {if: stop_calling, goto: stop}
  - {if: ask_purpose, goto: purpose}
risk:
  P0: people
  P1: bye
  P2: bye
  self_harm: people
  wrong_person: bye
  third_party: bye
  stop_contact: stop
resume: 刚才断线了。
fault: bye
time_up: bye
steps:
  greet:
    say: 您好，这里是{lender}。本次通话语音由人工智能合成，通话会录音。
    goto: identify
  identify:
    say: 请问您是{borrower_name}本人吗？请说身份证后四位。
    reword: 请说一下您的身份证后四位。
    ask: digits
    digits: 4
    slots: digits
    phrases: [$yes, $no]
    routes:
      - {matches: id_last4, do: verified, outcome: rpc, goto: tell}
      - {if: deny, goto: bye}
  tell:
    say: 您本期应还{amount_fen}，请记得还款。
    goto: when
  when:
    say: 您打算哪一天还？
    reword: 您大概几号可以还？
    ask: date
    slots: pay_on
    phrases: [$no, 明天]
    routes:
      - {heard: pay_on, do: promise, outcome: promise, goto: agreed}
      - {if: deny, goto: bye}
  agreed:
    say: 好的，您在{pay_on}还。本次通话语音由人工智能合成，再见。
    end: promise
  purpose:
    say: 有一件事需要本人确认。
    goto: "@back"
  stop:
    say: 好的，不再打给您。本次通话语音由人工智能合成，再见。
    do: stop_calling
    end: hung_up_during
  bye:
    say: 今天先到这里。本次通话语音由人工智能合成，再见。
    end: callback_booked
"""

FILES = {"small.yaml": SMALL, "_shared/phrases.yaml": PHRASES, "_shared/forbidden.yaml": WORDS, "_shared/people.yaml": FLOW}


def loaded(**changes: str) -> tuple[Script | None, list[Issue]]:
    """The small script with some of its files replaced (`small`, `people`, `phrases`, `forbidden`), and all its issues."""
    names = {"small": "small.yaml", **{name: f"_shared/{name}.yaml" for name in ("people", "phrases", "forbidden")}}
    files = {**FILES, **{names[name]: text for name, text in changes.items()}}
    script, issues = parse_script(files.get, "small.yaml")
    return script, sorted({*issues, *(check(script) if script else ())})


def swapped(text: str, old: str, new: str) -> str:
    """The text with one passage replaced; the passage must be there exactly once."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def line_of(text: str, passage: str) -> int:
    """The line, from 1, on which a passage begins."""
    assert passage in text
    return text[: text.index(passage)].count("\n") + 1
