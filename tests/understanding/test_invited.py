"""What a script invites, the bot understands: every phrase that a listening step lists leads somewhere from that step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from ivr import terminal
from ivr.dialogue import routing
from ivr.dialogue.machine import Dialogue
from ivr.dialogue.memory import State
from ivr.meaning import Hints, Slot
from ivr.script.fields import Facts
from ivr.script.model import Script, Step
from ivr.understanding import understand
from kit.vocabulary import Intent, SlotName
from tests.conversations.explore import FACTS
from tests.conversations.stage import script_of
from tests.understanding import corpus

SCRIPTS = ("due_reminder", "first_followup", "overdue_reminder")
EXCEPTIONS = {
    "叉": "the last place of an identity number: heard with the others, never alone",
}
"""Phrases that no route takes alone, each with its reason."""
HELD: tuple[dict[SlotName, Slot], ...] = (
    {},
    {SlotName.PAY_ON: Slot(SlotName.PAY_ON, corpus.NOW.date(), "今天")},
    {SlotName.AMOUNT_FEN: Slot(SlotName.AMOUNT_FEN, 100_000, "一千")},
)


def listening(script: Script) -> list[Step]:
    return [step for step in script.steps.values() if step.ask]


def hints_at(script: Script, step: Step, facts: Facts) -> Hints:
    """What the dialogue tells understanding when it listens at that step."""
    return Dialogue(script, facts, State(step.id, asking=step.id)).hints(corpus.NOW)


def is_taken(script: Script, step: Step, phrase: str, facts: Facts) -> bool:
    meaning = understand(phrase, hints_at(script, step, facts))
    for is_verified, held in product((True, False), HELD):
        heard = {slot.name: slot for slot in meaning.slots if slot.problem is None}
        state = State(step.id, asking=step.id, is_callee=True, is_verified=is_verified, slots={**held, **heard})
        if routing.choose(script, step, meaning, state=state, facts=facts):
            return True
    return False


def unheard(script: Script, step: Step, facts: Facts) -> Iterator[str]:
    for phrase in step.ask.phrases if step.ask else ():
        if phrase not in EXCEPTIONS and not is_taken(script, step, phrase, facts):
            yield phrase


@pytest.mark.parametrize("script_id", SCRIPTS)
def test_every_invited_phrase_leads_somewhere(script_id: str) -> None:
    script = script_of(script_id)
    facts = {**terminal.invented_facts(corpus.NOW.date()), **FACTS.get(script_id, {})}
    assert {step.id: found for step in listening(script) if (found := list(unheard(script, step, facts)))} == {}


def test_no_exception_outlives_its_need() -> None:
    scripts = [script_of(script_id) for script_id in SCRIPTS]
    listed = {phrase for script in scripts for step in listening(script) if step.ask for phrase in step.ask.phrases}
    assert set(EXCEPTIONS) <= listed


MEANT = (
    ("identity.ask_name", "不方便", Intent.BUSY_NOW),
    ("identity.ask_name", "我不认识这个人", Intent.WRONG_PERSON),
    ("identity.ask_name", "您说", Intent.IS_CALLEE),
    ("identity.ask_last4", "不想说", Intent.DENY),
    ("convenient", "不方便", Intent.BUSY_NOW),
    ("repayment", "顺利", Intent.AFFIRM),
    ("repayment", "不太顺利", Intent.DENY),
    ("vehicle", "正常", Intent.VEHICLE_OK),
    ("vehicle", "借给我弟弟开了", Intent.VEHICLE_ISSUE),
    ("vehicle", "在修理厂", Intent.VEHICLE_ISSUE),
    ("vehicle", "不在我手里", Intent.VEHICLE_ISSUE),
    ("job", "稳定", Intent.JOB_OK),
    ("job", "不太稳定", Intent.INCOME_DOWN),
    ("papers", "都在我手里", Intent.PAPERS_OK),
    ("papers", "不在我手里", Intent.PAPERS_ISSUE),
    ("papers", "在车上", Intent.PAPERS_OK),
    ("papers", "在别人那里", Intent.PAPERS_ISSUE),
    ("details", "有变化", Intent.DETAILS_CHANGED),
    ("details", "变了", Intent.DETAILS_CHANGED),
    ("details", "没有变化", Intent.DETAILS_OK),
    ("care.stay", "家里有人", Intent.AFFIRM),
    ("care.wait", "不等了", Intent.DENY),
)


@pytest.mark.parametrize(("step_id", "said", "intent"), MEANT, ids=[f"{step} {said}" for step, said, _ in MEANT])
def test_the_question_decides_what_an_answer_means(step_id: str, said: str, intent: Intent) -> None:
    script = script_of("first_followup")
    meaning = understand(said, hints_at(script, script.steps[step_id], terminal.invented_facts(corpus.NOW.date())))
    assert meaning.intent is intent
    assert not [found for found in meaning.risk if found.category.value not in ("wrong_person",)]


def test_wait_a_moment_is_no_day() -> None:
    script = script_of("overdue_reminder")
    facts = terminal.invented_facts(corpus.NOW.date())
    assert understand("等一下", hints_at(script, script.steps["forgot"], facts)).slots == ()
    assert understand("最近手头紧", hints_at(script, script.steps["reason"], facts)).slots == ()
