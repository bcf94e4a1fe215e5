"""What a short answer means at this step: yes, a name, digits, a bare date. Judges by what the step expects."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from ivr.meaning import Hints
from ivr.understanding.amounts import amounts
from ivr.understanding.answers import answered, who_else
from ivr.understanding.dates import days
from ivr.understanding.intents import IntentHeard
from ivr.understanding.normalise import Utterance
from ivr.understanding.rules import compiled
from ivr.understanding.slots import due_days
from kit.clock import local_date
from kit.vocabulary import Intent, SlotName

_YES_BY_NAME = re.compile(
    r"^(?:对|是|是的|嗯|没错|对的|是我|我是|就是|就是我|[你您]说|请说|[你您]讲|[你您]请|本人|说吧|在|讲|是啊|什么事|有什么事)"
)
_PAYS = r"{PAY}|还$|还行(?:吗|不|不行)?$"
_PAYS_NOT = r"(?:没|不|未|别|怎么|哪|谁|什么|几号|多少|昨|前天|上个?月|刚|已经|电话)"
_DONE = re.compile(r"已|早|刚|昨|前天|上周|上个?月|上星期|过|都|完|清|不是|明明|[号日]就")
_NO_BY_NAME = re.compile(
    r"^(?:不是|不对|没有|错了?|不是我|我不是|不)(?:的|了|呢|吧)?$|^(?:不是|不对|不)?(?:的)?(?:你们?)?(?:肯定|是不是)?(?:搞|弄)错"
)
"""No, and nothing more: whose number it is must be asked. A number is locked on plain words only."""
_OF_THE_CALLEE = {Intent.IS_CALLEE, Intent.BUSY_NOW, Intent.DISPUTE, Intent.ASK_WHO, Intent.HOLD_ON, Intent.ASK_PURPOSE}


def in_context(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """The intents as this step means them, the primary first."""
    heard = _fillers(said, heard, hints)
    heard = _by_name(said, heard, hints)
    heard = answered(said, heard, hints)
    heard = _values(said, heard, hints)
    heard = _hardship(heard, hints)
    heard = _not_yet(said, heard, hints)
    return sorted(heard, key=lambda one: -one.weight)


def _has(heard: list[IntentHeard], *intents: Intent) -> bool:
    return any(one.intent in intents for one in heard)


def _fillers(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """嗯 and 哦 vanish with the fillers: they are a yes where a yes is expected, else mere listening."""
    if heard or said.core:
        return heard
    if re.fullmatch(r"[喂,]+", said.clean):
        return [IntentHeard(Intent.GREETING, 12, said.clean)]
    if Intent.AFFIRM in hints.expect and re.search(r"[嗯恩]", said.clean):
        return [IntentHeard(Intent.AFFIRM, 32, said.clean)]
    return [IntentHeard(Intent.BACKCHANNEL, 11, said.clean)]


def _by_name(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    if Intent.IS_CALLEE in hints.expect and not _has(heard, Intent.WRONG_PERSON, Intent.THIRD_PARTY):
        if other := who_else(said, hints):
            return [other, *(one for one in heard if one.intent not in _OF_THE_CALLEE)]
        if _NO_BY_NAME.match(said.joined):
            return [
                IntentHeard(Intent.DENY, 95, said.joined),
                *(one for one in heard if one.intent not in (Intent.DISPUTE, Intent.DENY)),
            ]
        if not _has(heard, Intent.DENY) and (_YES_BY_NAME.match(said.joined) or _has(heard, Intent.AFFIRM)):
            heard = [one for one in heard if one.intent is not Intent.IS_CALLEE]
            heard = [IntentHeard(Intent.IS_CALLEE, 70 if _only_yes(heard) else 45, said.joined), *heard]
        if not said.core and re.search(r"[嗯恩]", said.clean):
            heard = [IntentHeard(Intent.IS_CALLEE, 70, said.clean), *heard]
    if _has(heard, Intent.IS_CALLEE) and not _has(heard, Intent.AFFIRM, Intent.DENY):
        heard = [*heard, IntentHeard(Intent.AFFIRM, 20, said.joined)]
    if _has(heard, Intent.WRONG_PERSON) and not _has(heard, Intent.DENY):
        heard = [*heard, IntentHeard(Intent.DENY, 20, said.joined)]
    return heard


def _not_yet(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """十二月五号还了: a coming day and no word of the past make it a promise."""
    if not _has(heard, Intent.ALREADY_PAID) or _DONE.search(said.core):
        return heard
    if not any(day.on and day.on > _today(hints) for day in days(said.core, _today(hints))):
        return heard
    return [replace(one, intent=Intent.PROMISE_TO_PAY) if one.intent is Intent.ALREADY_PAID else one for one in heard]


def _only_yes(heard: list[IntentHeard]) -> bool:
    return not [one for one in heard if one.weight > 46 and one.intent not in (Intent.IS_CALLEE, Intent.AFFIRM)]


def _values(said: Utterance, heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """Bare dates and amounts where a promise is expected; bare times where a call back is; digits where digits are."""
    strong = [one for one in heard if one.weight >= 50]
    if strong or not said.core:
        return heard
    return next((read for read in (_points(said, hints), _time(said, hints), _promise(said, hints)) if read), []) + heard


def _points(said: Utterance, hints: Hints) -> list[IntentHeard]:
    asked = SlotName.SCORE in hints.expect_slots or Intent.RATING in hints.expect
    bare = re.fullmatch(r"(?:我)?(?:给|打|选|按)?(?:个)?[零一二三四五六七八九十两\d]+分?(?:吧)?", said.core)
    return [IntentHeard(Intent.RATING, 60, said.core)] if asked and bare else []


def _time(said: Utterance, hints: Hints) -> list[IntentHeard]:
    asked = Intent.CALL_BACK_LATER in hints.expect and Intent.PROMISE_TO_PAY not in hints.expect
    if asked and (days(said.core, _today(hints)) or re.search(r"[点午晚]|小时|分钟", said.core)):
        return [IntentHeard(Intent.CALL_BACK_LATER, 85, said.core)]
    return []


def _promise(said: Utterance, hints: Hints) -> list[IntentHeard]:
    promised = [IntentHeard(Intent.PROMISE_TO_PAY, 77, said.core)]
    pays = compiled(_PAYS).search(said.core) and not compiled(_PAYS_NOT).search(said.core)
    if pays and days(said.core, _today(hints)):
        return promised
    asked = Intent.PROMISE_TO_PAY in hints.expect or hints.expect_slots & {SlotName.PAY_ON, SlotName.AMOUNT_FEN}
    return promised if asked and _has_value(said, hints) and not re.search(r"[?]|吗$", said.core) else []


def _today(hints: Hints) -> date:
    return local_date(hints.now)


def _has_value(said: Utterance, hints: Hints) -> bool:
    if any(due_days(said, hints, _today(hints))):
        return True
    return bool(days(said.core, _today(hints), pay_day=hints.pay_day)) or any(
        money.strong or SlotName.AMOUNT_FEN in hints.expect_slots for money in amounts(said.core)
    )


def _hardship(heard: list[IntentHeard], hints: Hints) -> list[IntentHeard]:
    """A lost job is hardship on a dunning call and news on a follow-up."""
    news = {Intent.JOB_CHANGED, Intent.INCOME_DOWN}
    if not (_has(heard, *news) and _has(heard, Intent.CANNOT_PAY)):
        return heard
    follow_up = Intent.JOB_OK in hints.expect
    first = news if follow_up else {Intent.CANNOT_PAY}
    most = max(one.weight for one in heard if one.intent in news | {Intent.CANNOT_PAY})
    return [replace(one, weight=max(one.weight, most + 1)) if one.intent in first else one for one in heard]
