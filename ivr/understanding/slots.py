"""The values that an utterance carries besides its intent. Reads only what the intents or the step make sensible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from ivr.meaning import Bound, Hints, Slot, SlotProblem
from ivr.understanding.amounts import Money, amounts
from ivr.understanding.dates import Day, days, first_of
from ivr.understanding.normalise import Utterance
from ivr.understanding.numerals import numeral
from kit.clock import SHANGHAI, local_date
from kit.vocabulary import Intent, SlotName

_PAYS = {Intent.PROMISE_TO_PAY, Intent.ASK_INSTALMENTS, Intent.ASK_EXTENSION}
_SPEAKS_OF_MONEY = _PAYS | {Intent.ALREADY_PAID, Intent.CORRECTION, Intent.CANNOT_PAY}
_DUE_DAY = re.compile(
    r"到期(?:的?(?:那|当)[天日]|日|的时候|我?(?:就|再|会|一定|肯定)*(?=还|付|交))|还款日(?:那|当)?天?(?=还|再|就|$)|(?:那|当)天(?:还|再|就)"
)
_CALLS = {Intent.CALL_BACK_LATER, Intent.BUSY_NOW, Intent.THIRD_PARTY, Intent.CALLEE_UNAVAILABLE}


def slots(said: Utterance, intents: tuple[Intent, ...], hints: Hints) -> Iterator[Slot]:
    """Every slot of the utterance, at most one a name."""
    held = set(intents)
    today = local_date(hints.now)
    yield from _days(said, held, hints, today)
    yield from _instants(said, held, hints)
    yield from _money(said, held, hints)
    yield from _digits(said, hints)
    yield from _tables(said, held, hints)


def _days(said: Utterance, held: set[Intent], hints: Hints, today: date) -> Iterator[Slot]:
    waits = bool(held & {Intent.HOLD_ON, Intent.CALL_BACK_LATER}) and not held & _PAYS
    if held & _PAYS or (SlotName.PAY_ON in hints.expect_slots and not waits):
        found = [*days(said.core, today, pay_day=hints.pay_day), *due_days(said, hints, today)]
        if day := first_of(found, past=False):
            yield _day_slot(SlotName.PAY_ON, day)
    if Intent.ALREADY_PAID in held or (SlotName.PAID_ON in hints.expect_slots and not waits):
        found = [day for day in days(said.core, today, past=True) if day.on]
        if found:
            yield _day_slot(SlotName.PAID_ON, found[-1])


def due_days(said: Utterance, hints: Hints, today: date) -> Iterator[Day]:
    """到期那天 and the like, where the due day is known and has not passed."""
    if hints.due_on and hints.due_on >= today and (hit := _DUE_DAY.search(said.core)):
        yield Day(hints.due_on, hit.group(), hit.start())


def _day_slot(name: SlotName, day: Day) -> Slot:
    return Slot(name, day.on, day.heard, day.bound, day.problem)


_CLOCK = re.compile(
    r"(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|夜里|今晚|明晚)?(?P<hour>[一二三四五六七八九十两]{1,3}|\d{1,2})(?:点|:)(?:钟)?(?P<minute>半|一刻|三刻|[零一二三四五\d][一二三四五六七八九十\d]{0,2}(?=分|$|[^\d一二三四五六七八九十]))?(?:分)?(?P<bound>之前|以前|前|之后|以后|后|左右)?"
)
_PART_STARTS = {
    "凌晨": 6,
    "早上": 8,
    "早晨": 8,
    "上午": 9,
    "中午": 12,
    "下午": 14,
    "傍晚": 18,
    "晚上": 19,
    "晚": 19,
    "夜里": 19,
    "下班": 18,
}
_AFTER = re.compile(r"(?P<n>[一二两三四五六七八九十半\d]+)个?(?P<half>半)?(?:多)?(?P<unit>小时|钟头|分钟)(?:之?后|以后)?")


def _instants(said: Utterance, held: set[Intent], hints: Hints) -> Iterator[Slot]:
    wanted = []
    if held & _CALLS or SlotName.CALLBACK_AT in hints.expect_slots:
        wanted.append(SlotName.CALLBACK_AT)
    if Intent.VISIT_AGREED in held or SlotName.VISIT_AT in hints.expect_slots:
        wanted.append(SlotName.VISIT_AT)
    for name in wanted:
        if slot := _instant(name, said.core, hints):
            yield slot


def _instant(name: SlotName, text: str, hints: Hints) -> Slot | None:
    now = hints.now.astimezone(SHANGHAI)
    if after := _AFTER.search(text):
        minutes = _minutes(after)
        return Slot(name, now + timedelta(minutes=minutes), after.group()) if minutes else None
    found = [day for day in days(text, now.date(), pay_day=hints.pay_day) if day.on]
    day = found[-1] if found else None
    if clock := _CLOCK.search(text):
        return _clock(name, clock, day, now)
    part = next((word for word in _PART_STARTS if word in text), "")
    if day is None and not part:
        return (
            Slot(name, None, "", problem=SlotProblem.VAGUE)
            if SlotName.CALLBACK_AT in hints.expect_slots and re.search(r"晚点|一会|等会|过会|待会|回头|改天|有空|忙完", text)
            else None
        )
    on = day.on if day and day.on else now.date()
    hour = _PART_STARTS.get(part, 9)
    at = datetime.combine(on, time(hour), SHANGHAI)
    if at < now:
        at = now if at.date() == now.date() and now.hour < hour + 4 else at + timedelta(days=0 if day else 1)
    return Slot(
        name,
        at,
        (day.heard if day else "") + ("" if day and part in day.heard else part),
        Bound.FROM,
        SlotProblem.PAST if at < now else None,
    )


def _minutes(after: re.Match[str]) -> int:
    count = 0.5 if after["n"] == "半" else float(numeral(after["n"]) or 0)
    count += 0.5 if after["half"] else 0
    return round(count * (1 if after["unit"] == "分钟" else 60)) if count < 1000 else 0


def _clock(name: SlotName, clock: re.Match[str], day: Day | None, now: datetime) -> Slot:
    hour = numeral(clock["hour"]) or 0
    minute = _minute(clock["minute"] or "")
    part = clock["part"] or ""
    if (
        (part in ("下午", "傍晚", "晚上", "晚", "夜里", "今晚", "明晚") and hour < 12)
        or (part == "中午" and hour < 6)
        or (not part and 1 <= hour <= 7)
    ):
        hour += 12
    if hour > 23 or minute > 59:
        return Slot(name, None, clock.group(), problem=SlotProblem.IMPOSSIBLE)
    on = day.on if day and day.on else now.date()
    at = datetime.combine(on, time(hour, minute), SHANGHAI)
    if at < now and not day:
        at = at + timedelta(hours=12) if not part and hour + 12 < 21 else at + timedelta(days=1)
    bound = Bound.BY if "前" in (clock["bound"] or "") else Bound.FROM if "后" in (clock["bound"] or "") else Bound.ON
    heard = (day.heard if day and day.heard not in clock.group() else "") + clock.group()
    return Slot(name, at, heard, bound, SlotProblem.PAST if at < now else None)


def _minute(said: str) -> int:
    return {"半": 30, "一刻": 15, "三刻": 45, "": 0}.get(said, numeral(said.lstrip("零")) or 0)


_NEAR_PAY = re.compile(r"(?:还|付|交|缴|转|打|存|凑|拿|给|借到|先|出|充|汇|补)[^,?]{0,6}$")
_NOT_OURS = re.compile(
    r"(?:利息|罚息|工资|收入|月薪|违约金|贷了?|借了?|本金|手续费|首付|余额|合同|亏了?|赔了?|花了?|欠(?:了|我)?|多扣了?|多收了?|扣了?|房租|医药费|一共|总共)[^,?]{0,4}$"
)


def _money(said: Utterance, held: set[Intent], hints: Hints) -> Iterator[Slot]:
    asked = SlotName.AMOUNT_FEN in hints.expect_slots
    if not asked and not held & _SPEAKS_OF_MONEY:
        return
    found = [money for money in amounts(said.core, hints.debt_fen) if money.strong or asked]
    if not asked:
        found = [money for money in found if not _NOT_OURS.search(said.core[: money.at])]
    if found:
        best = max(found, key=lambda money: _standing(money, said.core))
        yield Slot(SlotName.AMOUNT_FEN, best.fen, best.heard, problem=best.problem)


def _standing(money: Money, text: str) -> tuple[bool, bool, int]:
    return money.strong and money.fen is not None, bool(_NEAR_PAY.search(text[: money.at])), money.at


_SPOKEN_DIGITS = str.maketrans("零〇洞一幺腰妖夭悠二两三四五六七八九拐勾叉", "000111111223456789" + "79x")
_DIGITS = re.compile(
    r"[零〇洞一幺腰妖夭悠二两三四五六七八九拐勾\d](?:[,，\s]?[零〇洞一幺腰妖夭悠二两三四五六七八九拐勾\d])*(?:[x叉])?"
)


def _digits(said: Utterance, hints: Hints) -> Iterator[Slot]:
    asked = SlotName.DIGITS in hints.expect_slots
    runs = [re.sub(r"[,，\s]", "", hit.group()).translate(_SPOKEN_DIGITS) for hit in _DIGITS.finditer(said.clean)]
    runs = [run for run in runs if asked or (len(run) >= 4 and re.search(r"尾号|身份证|后四位|号码|验证码|最后", said.core))]
    runs = [run for run in runs if run not in ("12378", "12345", "12315", "110", "120") or asked]
    if runs:
        best = max(runs, key=len)
        if asked or len(best) >= 4:
            yield Slot(SlotName.DIGITS, best, best)


_CHANNELS = (
    ("wechat", r"微信"),
    ("sms", r"短信|信息(?!费)|发消息"),
    ("email", r"邮件|邮箱|email"),
    ("app", r"app|软件|小程序|手机银行|网银"),
    ("alipay", r"支付宝"),
    ("bank", r"银行卡|银行|柜台|转账|atm"),
    ("cash", r"现金"),
    ("phone", r"电话|来电|打给"),
)
_STATES = (
    ("seized", r"拖(?:走|了|去|到)|扣(?:了|押|留|住)|查封|没收|收走|开走|抢走|锁(?:了|住)"),
    ("stolen", r"偷|盗|抢|丢了|不见了|失窃"),
    ("pledged", r"抵|押|典当|当(?:了|掉|铺)|顶账"),
    ("sold", r"卖|转(?:让|手)|过户|处理掉|出手|转给"),
    ("given_away", r"送(?:人|给)"),
    ("gps_removed", r"gps|定位"),
    ("damaged", r"撞|坏|事故|车祸|报废|修|淹|泡|烧|着火|自燃|追尾|翻|砸|故障|抛锚|刮|蹭|损|开不|趴窝|打不着|动不了"),
    ("lent", r"借|租|拿去|给(?:了)?~?[^,]{0,4}开|在[^,]{0,4}(?:朋友|亲戚|别人)|开着|在开"),
)
_HOURS = (
    ("weekend", r"周末|礼拜天|星期天|周六|周日"),
    ("weekday", r"工作日"),
    ("evening", r"晚上|下班"),
    ("noon", r"中午"),
    ("morning", r"上午|早上"),
    ("afternoon", r"下午"),
    ("daytime", r"白天"),
)


def _tables(said: Utterance, held: set[Intent], hints: Hints) -> Iterator[Slot]:
    if Intent.VEHICLE_ISSUE in held:
        yield from _first(SlotName.VEHICLE_STATE, _STATES, said.core)
    if (
        held & {Intent.PREFERS, Intent.ALREADY_PAID, Intent.ASK_BILL, Intent.ASK_HOW_TO_PAY, Intent.STOP_CALLING}
        or SlotName.CHANNEL in hints.expect_slots
    ):
        yield from _first(SlotName.CHANNEL, _CHANNELS if Intent.STOP_CALLING not in held else _CHANNELS[:3], said.core)
    if Intent.PREFERS in held or SlotName.HOURS in hints.expect_slots:
        yield from _hours(said.core)
    if Intent.RATING in held or SlotName.SCORE in hints.expect_slots:
        yield from _score(said.core, asked=SlotName.SCORE in hints.expect_slots or Intent.RATING in hints.expect)


def _first(name: SlotName, table: tuple[tuple[str, str], ...], text: str) -> Iterator[Slot]:
    for value, pattern in table:
        if hit := re.search(pattern, text):
            yield Slot(name, value, hit.group())
            return


def _hours(text: str) -> Iterator[Slot]:
    if clock := _CLOCK.search(text):
        hour = numeral(clock["hour"]) or 0
        hour += 12 if (clock["part"] or "") in ("下午", "傍晚", "晚上", "晚") and hour < 12 else 0
        side = "before" if "前" in (clock["bound"] or "") else "after"
        yield Slot(SlotName.HOURS, f"{side} {hour:02d}:{_minute(clock['minute'] or ''):02d}", clock.group())
        return
    yield from _first(SlotName.HOURS, _HOURS, text)


_POINTS = re.compile(r"([零一二三四五六七八九十两\d]+)(?:颗)?(?:分|星|颗星)|(满)分")
_WORDED = (
    (1, r"(?:非常|很|特别|极其?|极度|太|相当|十分|超级)(?:的)?不满意|差评|太差|最差|很差|糟"),
    (2, r"不(?:太|怎么|大|是很)?满意|差"),
    (5, r"(?:非常|很|特别|极其?|十分|相当|超级|太)(?:的)?满意|非常好|特别好|好评|满分|最高"),
    (3, r"一般|还行|还可以|凑合|马马虎虎|过得去|中等"),
    (4, r"(?:比较|挺|还|基本|总体)?满意|不错|挺好|很好|可以"),
)


def _score(text: str, *, asked: bool) -> Iterator[Slot]:
    if hit := _POINTS.search(text):
        points = 5 if hit[2] else numeral(hit[1])
        yield _point(points, hit.group())
    elif asked and (bare := re.fullmatch(r"(?:我)?(?:给|打|选|按)?(?:个)?([零一二三四五六七八九十两\d]+)(?:吧)?", text)):
        yield _point(numeral(bare[1]), bare[1])
    else:
        for value, pattern in _WORDED:
            if hit := re.search(pattern, text):
                yield Slot(SlotName.SCORE, str(value), hit.group())
                return


def _point(points: int | None, heard: str) -> Slot:
    if points is None or not 1 <= points <= 5:
        return Slot(SlotName.SCORE, None, heard, problem=SlotProblem.IMPOSSIBLE)
    return Slot(SlotName.SCORE, str(points), heard)
