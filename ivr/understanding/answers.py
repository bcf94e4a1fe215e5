"""Bare answers read by the question of the step: a follow-up's topic, digits asked for, a time, a name. Pure."""

from __future__ import annotations

import re

from ivr.meaning import Hints
from ivr.understanding.intents import IntentHeard
from ivr.understanding.lexicon.answers import (
    ANY_TIME,
    FETCHED,
    KEEPS_DIGITS,
    KEPT,
    NOT_SO_MUCH,
    PLACE,
    PREFERENCE,
    TOPICS,
    Topic,
)
from ivr.understanding.normalise import Utterance
from ivr.understanding.rules import compiled
from kit.vocabulary import Intent, SlotName

_LONGEST = 24
"""Characters of a bare answer; what is longer tells a story, and the rules read it."""
_NEWS = frozenset(intent for topic in TOPICS for intent in (topic.ok, *(code for code, _ in topic.bad)))
_BESIDE = _NEWS | {
    Intent.BUSY_NOW,
    Intent.THIRD_PARTY,
    Intent.CALLEE_UNAVAILABLE,
    Intent.ALREADY_PAID,
    Intent.REQUEST_HUMAN,
    Intent.VISIT_AGREED,
    Intent.FORGOT,
    Intent.WRONG_PERSON,
}
"""What rules make of an answer when they do not know the question."""


def answered(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """The intents with what the utterance means as an answer to this step."""
    if not said.joined or len(said.joined) > _LONGEST or any(one.intent in KEPT and one.weight >= 40 for one in heard):
        return heard
    topic = next((one for one in TOPICS if _asks(one, hints)), None)
    if topic and (code := _news(topic, said.joined)):
        return [IntentHeard(code, 110, said.joined), *(one for one in heard if one.intent not in _BESIDE)]
    return _to_other_questions(said, heard, hints)


def who_else(said: Utterance, hints: Hints) -> IntentHeard | None:
    """Where a name was asked for: somebody else, or nobody of that name."""
    text, name = said.joined, hints.callee_name
    given = f"{re.escape(name)}|{re.escape(name[1:])}" if len(name) > 1 else "$^"
    if surname := re.search(r"我(?:是)?姓([^什么啥])", text):
        return IntentHeard(Intent.WRONG_PERSON, 95, text) if name and surname[1] != name[0] else None
    unknown = rf"(?:(?:那|这)个?人|他|她|{given})~4(?:不认识|不认得|不晓得|没听说|不熟)"
    nobody = unknown + rf"|(?:哪个|谁是|哪位是?)(?:{given})|(?:{given})是(?:哪|谁)"
    new = r"(?:号码?|卡|电话)~4(?:我)?~2才?~1(?:用|办|买|换)了?(?:[几两一二三四五六半没])~2(?:天|月|年|多久|礼拜)"
    if compiled(nobody + "|" + new + "|" + PLACE).search(text):
        return IntentHeard(Intent.WRONG_PERSON, 95, text)
    about = rf"(?:{given})~2(?:在|去|不|没|出|上班|睡|开|忙)"
    if compiled(FETCHED + "|" + about).search(text) and not re.search(
        r"不认识|错|不是我(?!是|他|她)|凭什么|死|去世|过世|不在人世", text
    ):
        return IntentHeard(Intent.THIRD_PARTY, 96, text)
    return None


def _asks(topic: Topic, hints: Hints) -> bool:
    codes = {topic.ok, *(code for code, _ in topic.bad[:1])}
    return codes <= hints.expect or (topic.ok is Intent.VEHICLE_OK and topic.ok in hints.expect)


def _news(topic: Topic, text: str) -> Intent | None:
    if not compiled(topic.fine).search(text):
        for code, pattern in topic.bad:
            if compiled(pattern).search(text):
                return code
    return topic.ok if compiled(topic.good).fullmatch(text) else None


def _to_other_questions(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    asked, text = hints.expect_slots, said.joined
    if (
        SlotName.DIGITS in asked
        and not re.search(r"\d|[零一二三四五六七八九幺]{3}", text)
        and compiled(KEEPS_DIGITS).search(text)
    ):
        beside = {Intent.REFUSE_TO_PAY, Intent.FORGOT, Intent.ASK_PURPOSE, Intent.DENY, Intent.DISPUTE, Intent.BUSY_NOW}
        return [IntentHeard(Intent.DENY, 95, text), *(one for one in heard if one.intent not in beside)]
    if SlotName.CALLBACK_AT in asked and compiled(ANY_TIME).search(text):
        return [IntentHeard(Intent.AFFIRM, 95, text), *(one for one in heard if one.intent is not Intent.VISIT_AGREED)]
    if SlotName.AMOUNT_FEN in asked and compiled(NOT_SO_MUCH).search(text):
        return [IntentHeard(Intent.CANNOT_PAY, 95, text), *(one for one in heard if one.intent is not Intent.DISPUTE)]
    if Intent.PREFERS in hints.expect and not any(one.weight >= 50 for one in heard) and re.fullmatch(PREFERENCE, text):
        return [IntentHeard(Intent.PREFERS, 70, text), *heard]
    return heard
