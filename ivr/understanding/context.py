"""What a short answer means at this step: yes, a name, digits, a bare date. Judges by what the step expects."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from ivr.meaning import Hints
from ivr.understanding.amounts import amounts
from ivr.understanding.dates import days
from ivr.understanding.intents import Heard
from ivr.understanding.normalise import Utterance
from ivr.understanding.rules import compiled
from kit.clock import SHANGHAI
from kit.vocabulary import Intent, SlotName

_LISTENING = re.compile(r"^(?:嗯|恩|哦|噢|喔|啊|唔|哎|诶|对|是|是的|好|好的|呃|欸|唉|行)+[,?]?$")
_YES_BY_NAME = re.compile(r"^(?:对|是|是的|嗯|没错|对的|是我|我是|就是|就是我|你说|请说|你讲|说吧|在|讲|是啊|什么事|有什么事)")
_PAYS = r"{PAY}|还$"
_PAYS_NOT = r"(?:没|不|未|别|怎么|哪|谁|什么|几号|多少|昨|前天|上个?月|刚|已经|电话)"
_DONE = re.compile(r"已|早|刚|昨|前天|上周|上个?月|上星期|过|都|完|清|不是|明明|[号日]就")
_NO_BY_NAME = re.compile(r"^(?:不是|不对|没有|错了|不是我|我不是|不是的|不是啊|不)$")
"""No, and nothing more: whose number it is must be asked. A number is locked on plain words only."""


def in_context(said: Utterance, heard: list[Heard], hints: Hints) -> list[Heard]:
    """The intents as this step means them, the primary first."""
    heard = _fillers(said, heard, hints)
    heard = _by_name(said, heard, hints)
    heard = _values(said, heard, hints)
    heard = _hardship(heard, hints)
    heard = _not_yet(said, heard, hints)
    return sorted(heard, key=lambda one: -one.weight)


def _has(heard: list[Heard], *intents: Intent) -> bool:
    return any(one.intent in intents for one in heard)


def _fillers(said: Utterance, heard: list[Heard], hints: Hints) -> list[Heard]:
    """嗯 and 哦 vanish with the fillers: they are a yes where a yes is expected, else mere listening."""
    if heard or said.core:
        return heard
    if re.fullmatch(r"[喂,]+", said.clean):
        return [Heard(Intent.GREETING, 12, said.clean)]
    if Intent.AFFIRM in hints.expect and re.search(r"[嗯恩]", said.clean):
        return [Heard(Intent.AFFIRM, 32, said.clean)]
    return [Heard(Intent.BACKCHANNEL, 11, said.clean)]


def _by_name(said: Utterance, heard: list[Heard], hints: Hints) -> list[Heard]:
    if Intent.IS_CALLEE in hints.expect and not _has(heard, Intent.WRONG_PERSON, Intent.THIRD_PARTY):
        if _NO_BY_NAME.match(said.joined):
            return [Heard(Intent.DENY, 95, said.joined), *heard]
        if not _has(heard, Intent.DENY) and (_YES_BY_NAME.match(said.joined) or _has(heard, Intent.AFFIRM)):
            heard = [one for one in heard if one.intent is not Intent.IS_CALLEE]
            heard = [Heard(Intent.IS_CALLEE, 70 if _only_yes(heard) else 45, said.joined), *heard]
        if not said.core and re.search(r"[嗯恩]", said.clean):
            heard = [Heard(Intent.IS_CALLEE, 70, said.clean), *heard]
    if _has(heard, Intent.IS_CALLEE) and not _has(heard, Intent.AFFIRM, Intent.DENY):
        heard = [*heard, Heard(Intent.AFFIRM, 20, said.joined)]
    if _has(heard, Intent.WRONG_PERSON) and not _has(heard, Intent.DENY):
        heard = [*heard, Heard(Intent.DENY, 20, said.joined)]
    return heard


def _not_yet(said: Utterance, heard: list[Heard], hints: Hints) -> list[Heard]:
    """十二月五号还了: a coming day and no word of the past make it a promise."""
    if not _has(heard, Intent.ALREADY_PAID) or _DONE.search(said.core):
        return heard
    if not any(day.on and day.on > _today(hints) for day in days(said.core, _today(hints))):
        return heard
    return [replace(one, intent=Intent.PROMISE_TO_PAY) if one.intent is Intent.ALREADY_PAID else one for one in heard]


def _only_yes(heard: list[Heard]) -> bool:
    return not [one for one in heard if one.weight > 46 and one.intent not in (Intent.IS_CALLEE, Intent.AFFIRM)]


def _values(said: Utterance, heard: list[Heard], hints: Hints) -> list[Heard]:
    """Bare dates and amounts where a promise is expected; bare times where a call back is; digits where digits are."""
    strong = [one for one in heard if one.weight >= 50]
    if strong or not said.core:
        return heard
    if answers := _follow_up(said, hints):
        return answers + heard
    return next((read for read in (_points(said, hints), _time(said, hints), _promise(said, hints)) if read), []) + heard


_GOOD = (
    r"(?:挺|很|都|还|蛮|一切|一直)*(?:好(?:的|着)?|正常|没问题|没事|还行|可以|不错|稳定|没变|没换|没动|一样|老样子"
    r"|在|有|齐|没丢|在手里|在家|没有变化?|没)(?:的|呢|了)*"
)
_BAD = (
    r"(?:我|早就?|已经|都|刚)*(?:换|变|搬|丢|卖|转|抵押|押|坏|撞|借|没|不在|过期|辞|失业)"
    r"(?:出去|给别人|掉|家|职)*(?:了|的)+"
)
_ANSWERS = (
    (_GOOD, (Intent.VEHICLE_OK, Intent.JOB_OK, Intent.PAPERS_OK, Intent.DETAILS_OK)),
    (_BAD, (Intent.VEHICLE_ISSUE, Intent.JOB_CHANGED, Intent.PAPERS_ISSUE, Intent.DETAILS_CHANGED)),
    (
        r"(?:发|用|加)?(?:微信|短信|邮件|晚上|周末|白天|上午|下午|中午|工作日|下班后?)(?:吧|就行|好了|都行|联系)*",
        (Intent.PREFERS,),
    ),
)


def _follow_up(said: Utterance, hints: Hints) -> list[Heard]:
    """A bare 挺好的, 换了 or 微信吧 answers the one such question that the step asks."""
    for pattern, intents in _ANSWERS:
        asked = [intent for intent in intents if intent in hints.expect]
        if len(asked) == 1 and re.fullmatch(pattern, said.core):
            return [Heard(asked[0], 70, said.core)]
    return []


def _points(said: Utterance, hints: Hints) -> list[Heard]:
    asked = SlotName.SCORE in hints.expect_slots or Intent.RATING in hints.expect
    bare = re.fullmatch(r"(?:我)?(?:给|打|选|按)?(?:个)?[零一二三四五六七八九十两\d]+分?(?:吧)?", said.core)
    return [Heard(Intent.RATING, 60, said.core)] if asked and bare else []


def _time(said: Utterance, hints: Hints) -> list[Heard]:
    asked = Intent.CALL_BACK_LATER in hints.expect and Intent.PROMISE_TO_PAY not in hints.expect
    if asked and (days(said.core, _today(hints)) or re.search(r"[点午晚]|小时|分钟", said.core)):
        return [Heard(Intent.CALL_BACK_LATER, 85, said.core)]
    return []


def _promise(said: Utterance, hints: Hints) -> list[Heard]:
    promised = [Heard(Intent.PROMISE_TO_PAY, 77, said.core)]
    pays = compiled(_PAYS).search(said.core) and not compiled(_PAYS_NOT).search(said.core)
    if pays and days(said.core, _today(hints)):
        return promised
    asked = Intent.PROMISE_TO_PAY in hints.expect or hints.expect_slots & {SlotName.PAY_ON, SlotName.AMOUNT_FEN}
    return promised if asked and _has_value(said, hints) and not re.search(r"[?]|吗$", said.core) else []


def _today(hints: Hints) -> date:
    return hints.now.astimezone(SHANGHAI).date()


def _has_value(said: Utterance, hints: Hints) -> bool:
    return bool(days(said.core, _today(hints), pay_day=hints.pay_day)) or any(
        money.strong or SlotName.AMOUNT_FEN in hints.expect_slots for money in amounts(said.core)
    )


def _hardship(heard: list[Heard], hints: Hints) -> list[Heard]:
    """A lost job is hardship on a dunning call and news on a follow-up."""
    if not (_has(heard, Intent.JOB_CHANGED) and _has(heard, Intent.CANNOT_PAY)):
        return heard
    follow_up = bool(hints.expect & {Intent.JOB_OK, Intent.JOB_CHANGED})
    first, weight = (Intent.JOB_CHANGED, 90.0) if follow_up else (Intent.CANNOT_PAY, 76.0)
    return [replace(one, weight=max(one.weight, weight)) if one.intent is first else one for one in heard]
