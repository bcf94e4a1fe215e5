"""Spoken days against a given today: 后天, 下周五, 月底, 十号之前, 过完年. Past days roll forward; nothing is invented."""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ivr.meaning import Bound, SlotProblem
from ivr.understanding.calendar import FESTIVALS, LUNAR_MONTHS, after_festival, festival, lunar_day, new_years_eve
from ivr.understanding.numerals import numeral

TOO_FAR = timedelta(days=183)
"""A promise beyond half a year is asked again."""

_N = r"[零一二三四五六七八九十两俩半\d]+"
_DAY = r"(?:三十一|三十|二十[一二三四五六七八九]|二十|十[一二三四五六七八九]|[一二三四五六七八九十]|[12]\d|3[01]|0?[1-9]|[4-9]\d|[四五六七八九]十[一二三四五六七八九]?|三十[二三四五六七八九])"
_MONTH = r"(?:十[一二]|[一二三四五六七八九十]|1[0-2]|0?[1-9])"
_NOT_DAY = r"(?!楼|线|院|门|店|桌|机|车|库|仓|公馆|工|码|铺|厅|馆|坑|字|召|称|段|文|子|报|常|本|记|元|期|志)"
_WEEKDAY = {
    "一": 0,
    "二": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "日": 6,
    "天": 6,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
    "7": 6,
}
_BY = r"(?P<by>之前|以前|前(?![天面几两段阵台妻夫])|之内|以内|内|截止|为止)?"
_FROM = r"(?P<from>之后|以后|后(?![天面悔续台])|过后|过了|开始|起|往后|回来)?"


@dataclass(frozen=True, slots=True)
class Day:
    """One day heard. `on` is None when vague or impossible; `at` is where in the text it begins."""

    on: date | None
    heard: str
    at: int
    bound: Bound = Bound.ON
    problem: SlotProblem | None = None
    end: int = 0


@dataclass(frozen=True, slots=True)
class _Today:
    on: date
    pay_day: int | None
    past: bool


_Read = Callable[[re.Match[str], _Today], "tuple[date | None, Bound | None, SlotProblem | None] | None"]


def days(text: str, today: date, *, pay_day: int | None = None, past: bool = False) -> list[Day]:
    """Every day in the text, in order. `past` reads bare days backwards (when something was paid)."""
    found: list[Day] = []
    masked = text
    now = _Today(today, pay_day, past)
    for pattern, read in _FORMS:
        for hit in pattern.finditer(masked):
            answer = read(hit, now)
            if answer is None or (read is _soon and found):
                continue
            found.append(_day(hit, answer, now))
            masked = masked[: hit.start()] + "＿" * len(hit.group()) + masked[hit.end() :]
    return sorted(found, key=lambda day: day.at)


def _day(hit: re.Match[str], answer: tuple[date | None, Bound | None, SlotProblem | None], now: _Today) -> Day:
    on, bound, problem = answer
    groups = hit.groupdict()
    if bound is None:
        bound = Bound.BY if groups.get("by") else Bound.FROM if groups.get("from") else Bound.ON
    if on and problem is None:
        problem = _plausible(on, now)
    return Day(on, hit.group(), hit.start(), bound, problem, hit.end())


def _plausible(on: date, now: _Today) -> SlotProblem | None:
    if now.past:
        return SlotProblem.IMPOSSIBLE if on > now.on else None
    if on < now.on:
        return SlotProblem.PAST
    return SlotProblem.TOO_FAR if on - now.on > TOO_FAR else None


def _month_after(on: date, count: int) -> date:
    """The first of the month `count` months later."""
    index = on.year * 12 + on.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def _last(on: date) -> date:
    return on.replace(day=months.monthrange(on.year, on.month)[1])


def _in_month(first: date, day: int) -> date | None:
    return first.replace(day=day) if 1 <= day <= months.monthrange(first.year, first.month)[1] else None


_SHIFT = {"大后": 3, "后": 2, "明": 1, "今": 0, "昨": -1, "前": -2, "大前": -3, "当": 0}


def _relative(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return now.on + timedelta(days=_SHIFT[hit["word"]]), None, None


def _soon(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return now.on, Bound.ON, None


def _vague(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return None, Bound.ON, SlotProblem.VAGUE


def _tomorrow_or_next(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return now.on + timedelta(days=2), Bound.BY, None


def _after_days(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None] | None:
    said = hit["n"]
    count = 0.5 if said == "半" else float(numeral(said) or 0)
    unit = hit["unit"]
    if not count:
        return None
    tail = hit["tail"] or ""
    bound = Bound.BY if "内" in tail or tail in ("时间", "期限", "宽限") or hit["give"] else Bound.ON
    sign = -1 if tail in ("前", "之前", "以前") else 1
    return _shifted(now.on, count * sign, unit), bound, None


def _shifted(on: date, count: float, unit: str) -> date | None:
    if "月" in unit:
        if count == int(count) and abs(count) < 1200:
            first = _month_after(on, int(count))
            return first.replace(day=min(on.day, _last(first).day))
        return on + timedelta(days=round(count * 30))
    if "年" in unit:
        return on + timedelta(days=round(count * 365)) if abs(count) < 100 else None
    step = 1 if "天" in unit or "日" in unit else 7
    return on + timedelta(days=round(count * step)) if abs(count) < 5000 else None


def _weekday(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    monday = now.on - timedelta(days=now.on.weekday())
    word = hit["day"]
    weekday = 5 if word == "末" else _WEEKDAY[word]
    which = hit["which"] or ""
    weeks = which.count("下") - which.count("上")
    on = monday + timedelta(days=weekday + 7 * weeks)
    if not which and not now.past and on < now.on:
        on += timedelta(days=7 if word != "末" or now.on.weekday() != 6 else 0)
        on = now.on if word == "末" and now.on.weekday() == 6 else on
    if now.past and not which and on > now.on:
        on -= timedelta(days=7)
    return on, None, None


def _next_week(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    sunday = now.on + timedelta(days=6 - now.on.weekday())
    if hit["which"] in ("这", "本", "这个"):
        return sunday, Bound.BY, None
    if hit["by"]:
        return sunday + timedelta(days=7), Bound.BY, None
    return None, Bound.ON, SlotProblem.VAGUE


def _month_day(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    month, day = numeral(hit["month"]) or 0, numeral(hit["day"]) or 0
    year_said = hit["year"]
    year = now.on.year + {"明年": 1, "今年": 0, "去年": -1, "后年": 2}.get(year_said or "", 0)
    if year_said and (number := numeral(year_said.rstrip("年"))):
        year = number if number > 100 else 2000 + number
    if not 1 <= month <= 12 or not 2000 <= year <= 2100:
        return None, None, SlotProblem.IMPOSSIBLE
    on = _in_month(date(year, month, 1), day)
    if on is None:
        return None, None, SlotProblem.IMPOSSIBLE
    if not year_said and not now.past and on < now.on:
        on = _in_month(date(year + 1, month, 1), day)
    if not year_said and now.past and on and on > now.on:
        on = _in_month(date(year - 1, month, 1), day)
    return on, None, None


_WHICH_MONTH = {
    "下下个月": 2,
    "下下月": 2,
    "下个月": 1,
    "下月": 1,
    "次月": 1,
    "这个月": 0,
    "本月": 0,
    "这月": 0,
    "当月": 0,
    "上个月": -1,
    "上月": -1,
}


def _day_of_month(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    day = numeral(hit["day"]) or 0
    if not 1 <= day <= 31:
        return None, None, SlotProblem.IMPOSSIBLE
    if hit["which"]:
        on = _in_month(_month_after(now.on, _WHICH_MONTH[hit["which"]]), day)
        return on, None, None if on else SlotProblem.IMPOSSIBLE
    step = -1 if now.past else 1
    for count in range(0, 3 * step, step):
        on = _in_month(_month_after(now.on, count), day)
        if on and (on <= now.on if now.past else on >= now.on):
            return on, None, None
    return None, None, SlotProblem.IMPOSSIBLE


def _part_of_month(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    which, part = hit["which"], hit["part"]
    first = _month_after(now.on, _WHICH_MONTH.get(which or "", 0))
    on = {"底": _last(first), "末": _last(first), "尾": _last(first), "中": first.replace(day=15), "初": first, "头": first}[
        part[0]
    ]
    if not which and not now.past and on < now.on:
        first = _month_after(now.on, 1)
        on = first.replace(day=15) if part[0] == "中" else first
    return on, None, None


def _numbered_month_part(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None] | None:
    month = numeral(hit["month"]) or 0
    if not 1 <= month <= 12:
        return None
    year = now.on.year + (1 if month < now.on.month and not now.past else 0)
    first = date(year, month, 1)
    return {"底": _last(first), "末": _last(first), "中": first.replace(day=15), "初": first}[hit["part"]], None, None


def _whole_month(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    if hit["by"]:
        return _last(_month_after(now.on, _WHICH_MONTH[hit["which"]])), Bound.BY, None
    return None, Bound.ON, SlotProblem.VAGUE


def _year_end(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return date(now.on.year, 12, 31), None, None


def _before_new_year(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return new_years_eve(now.on), Bound.BY, None


def _eve(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return new_years_eve(now.on), None, None


def _after_new_year(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    return after_festival("春节", now.on), Bound.FROM, None


def _festival(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    name = hit["name"]
    if hit["by"]:
        return festival(name, now.on) - timedelta(days=1), Bound.BY, None
    if hit["from"]:
        return after_festival(name, now.on), Bound.FROM, None
    return festival(name, now.on), Bound.ON, None


def _lunar(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    month = LUNAR_MONTHS.get(hit["month"] or "正月", 1)
    day = numeral(hit["day"].removeprefix("初").replace("廿", "二十")) or 0
    on = lunar_day(month, day, now.on) if 1 <= day <= 30 else None
    return on, None, None if on else SlotProblem.IMPOSSIBLE


def _pay_day(hit: re.Match[str], now: _Today) -> tuple[date | None, Bound | None, SlotProblem | None]:
    if now.pay_day is None:
        return None, Bound.ON, SlotProblem.VAGUE
    count = 1 if "下" in hit.group() else 0
    for later in range(count, count + 3):
        first = _month_after(now.on, later)
        on = first.replace(day=min(now.pay_day, _last(first).day))
        if on >= now.on:
            return on, Bound.ON, None
    return None, Bound.ON, SlotProblem.VAGUE


def _form(pattern: str, read: _Read) -> tuple[re.Pattern[str], _Read]:
    return re.compile(pattern), read


_UNITS = r"(?P<unit>个多?月|个?礼拜|个?星期|周|天|日|年|月)"
_FORMS = (
    _form(
        rf"(?:(?P<year>明年|今年|去年|后年|20\d\d年|二零[一二三四五六七八九零]{{2}}年)的?)?(?<![一二三四五六七八九十\d])(?P<month>{_MONTH}|1[3-9]|[2-9]\d)月份?的?(?P<day>{_DAY})(?:号|日)?{_NOT_DAY}(?![十百千万块元天个]){_BY}{_FROM}",
        _month_day,
    ),
    _form(
        rf"(?P<month>正月|腊月|冬月)(?P<day>初[一二三四五六七八九十]|[一二三]十[一二三四五六七八九]?|十[一二三四五六七八九]|廿[一二三四五六七八九])(?:号|日)?{_BY}{_FROM}",
        _lunar,
    ),
    _form(rf"(?P<month>大年|农历)?(?P<day>初[一二三四五六七八九十])(?!中|高|次|步|衷|期){_BY}{_FROM}", _lunar),
    _form(rf"(?:大年三十|除夕|年三十){_BY}{_FROM}", _eve),
    _form(
        r"(?<![一二两三四五六七八九十几半多\d])年(?:前|关前|底前过年前)|过年(?:之?前|以前)|春节(?:之?前|以前)|(?:赶在)?年关(?:之?前)?",
        _before_new_year,
    ),
    _form(
        r"过完年|过了年|(?<![一二两三四五六七八九十几半多\d])年后|过年(?:之?后|以后|回来|完)|春节(?:之?后|以后|过后|回来|完)|(?:等)?年过(?:完|了)|开年|开春",
        _after_new_year,
    ),
    _form(
        rf"(?P<name>{'|'.join(sorted((name for name in FESTIVALS if name != '十一'), key=len, reverse=True))}|十一(?=假期|长假|回来|前|后|之))(?:节)?(?:长假|假期|放假|当天|那天)?{_BY}(?P<from>之后|以后|后|过后|过了|回来|完|结束)?",
        _festival,
    ),
    _form(
        rf"(?P<which>下下个?月|下个?月|这个?月|本月|上个?月|次月|当月)的?(?:的)?(?P<day>{_DAY})(?:号|日)?{_NOT_DAY}(?![十百千万块元天个点]){_BY}{_FROM}",
        _day_of_month,
    ),
    _form(rf"(?<![一二三四五六七八九十\d])(?P<month>{_MONTH})月份?(?P<part>[底末中初]){_BY}{_FROM}", _numbered_month_part),
    _form(
        rf"(?P<which>下下个?月|下个?月|这个?月|本月|上个?月|次月)?的?月?(?<=月)(?P<part>[底末尾中初头])(?!级|心|等|央|旬?的?钱){_BY}{_FROM}",
        _part_of_month,
    ),
    _form(
        r"(?:这|下|下个|本)?月?(?:的)?(?:发工资|发了工资|工资(?:一)?(?:发|到账|下来|到手|到)|开工资|发薪(?:水|日)?|领(?:了)?工资|发(?:了)?薪|拿(?:到)?(?:了)?工资|开支)(?:那天|的?时候|当天|了|之后|以后|后|完|就)?",
        _pay_day,
    ),
    _form(r"明后天|明后两天|明天(?:或者?|还是|或)后天|一两天(?:之?内)?", _tomorrow_or_next),
    _form(
        r"(?<![一二三四五六七八九十\d])(?:[一二两三四五六七八九](?:[、,到至-]?)[二三五四六七八九十](?:个)?(?:天|个?星期|个?礼拜|周|个?月)(?!.*月底)(?:之?内|以?后)?|[几好]几?(?:天|个月|个?星期|个?礼拜|周)(?:之?内|之?后|以后)?|[这近](?:两|几|些|一两|两三)天|过(?:两|几)天|隔(?:两|几)天|这阵子|近期|最近(?:几天|两天|就|会|一定|肯定|马上|吧|$)|过(?:一)?(?:阵子|阵|段时间|些日子|些天)|到时候?|尽快|尽早|抓紧|改天|回头|晚(?:几|两)天|早晚|迟早|有钱(?:了)?(?:的时候|就|再)|二十几号|十几号|下旬|中旬|上旬|明年(?!\d|[一二三四五六七八九十])|下半年)",
        _vague,
    ),
    _form(
        rf"(?P<give>再?给(?:我)?|宽限(?:我)?|缓(?:我)?)?(?:再过|过|再等|等|隔|晚|推迟|延后|延期|再)?(?<![第\d一二三四五六七八九十周期上这])(?P<n>{_N}){_UNITS}(?P<tail>之内|以内|内|之后|以后|后|过后|时间|期限|宽限|左右|之前|以前|前)",
        _after_days,
    ),
    _form(
        rf"(?P<give>再?给(?:我)?|宽限(?:我)?|缓(?:我)?|再?推(?:迟)?|再?延(?:期|后|长)?|晚)(?<![第\d])(?P<n>{_N})(?P<unit>个多?月|个?礼拜|个?星期|周|天|日)(?P<tail>)",
        _after_days,
    ),
    _form(rf"^(?P<give>)(?:那)?(?P<n>{_N})(?P<unit>个?礼拜|个?星期|周|天)(?P<tail>)(?:左右)?(?:吧)?$", _after_days),
    _form(
        rf"(?P<give>)(?:再过|过|再等我?|等我?|隔)(?P<n>{_N})(?P<unit>个多?月|个?礼拜|个?星期|周|天|日)(?P<tail>)", _after_days
    ),
    _form(
        rf"(?P<which>下下个?|下个?|这个?|本|上个?|上上个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-7])(?!个|[十百千万块元天]|年){_BY}{_FROM}",
        _weekday,
    ),
    _form(rf"(?P<which>下下个?|下个?|这个?|本|这)(?:周|星期|礼拜){_BY}", _next_week),
    _form(
        rf"(?P<which>)(?<![第\d一二三四五六七八九十])(?P<day>{_DAY})(?:号|日){_NOT_DAY}(?![子常程]){_BY}{_FROM}", _day_of_month
    ),
    _form(rf"(?P<word>大后|大前|后|明|今|昨|当|前)(?:天|儿|日|晚|早|夜|儿个|儿天)(?!.?(?:气|然|空)){_BY}{_FROM}", _relative),
    _form(
        r"(?P<which>下下个?月|下个?月|这个?月|本月|次月)(?:份)?(?P<by>之内|以内|内|里|底前|之前|结束前)?(?!薪)", _whole_month
    ),
    _form(rf"年底{_BY}{_FROM}|年末{_BY.replace('by', 'by2')}", _year_end),
    _form(
        r"马上|立刻|立马|现在(?=就|去|给|还|交|转|付|打|存)|这就|待会儿?|等会儿?|一会儿?|等下|等一下|(?<![今明后昨天])(?:晚上|下午|中午|上午|今晚|傍晚|下班|半小时|[一两二三]个?(?:小时|钟头))(?:以?后)?",
        _soon,
    ),
)


def first_of(found: list[Day], *, past: bool) -> Day | None:
    """The day that a promise means: a resolved one before a vague one; the last said wins after a correction."""
    usable = [day for day in found if day.on is not None and (past or day.problem is not SlotProblem.PAST)]
    chosen = usable[-1] if usable else found[-1] if found else None
    if chosen and not past and chosen.on is None and chosen.problem is None:
        return replace(chosen, problem=SlotProblem.VAGUE)
    return chosen
