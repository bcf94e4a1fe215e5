"""Spoken money to integer fen: 三千五, 一千二百块五毛, 3.5万, 一半, 全部. A range or a guess is marked, never resolved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ivr.meaning import SlotProblem
from ivr.understanding.numerals import numeral

_CN = "零〇一二三四五六七八九十百千万亿两俩"
_NUM = rf"(?:\d+(?:\.\d+)?[百千万kw]?(?:[{_CN}\d]+)?|[{_CN}]+(?:点[零一二三四五六七八九]+[百千万]?)?)"
_ABOUT = r"(?:来|多|几|余|把)"
_MONEY = re.compile(
    rf"(?P<y>{_NUM})(?P<about>{_ABOUT})?(?P<unit>块钱?|元|圆)(?:(?P<mao>[{_CN}\d])(?P<jiao>毛|角)?(?![十百千万天个月号]))?(?:(?P<fen>[{_CN}\d])分)?|"
    rf"(?P<bare>{_NUM})(?P<babout>{_ABOUT})?(?:钱)?"
)
_RANGE = re.compile(
    r"[几数][十百千万](?:块|元)?|[一二三四五六七八九两](?:[、,到至-]?)[二三四五六七八九两][十百千万](?:块|元)?|(?:万|千|百)(?:儿)?把块|(?<![一二三四五六七八九两])(?:千|百)儿?八百|(?<![一二三四五六七八九两几])百八十块|上[百千万]块?|好几[百千万]|[一二三四五六七八九两\d]+[百千万]?(?:到|至|~|-)[一二三四五六七八九两\d]+[百千万]+(?:块|元)?"
)
_ALL = re.compile(
    r"全部|全款|全额|一次性|一次(?:全)?(?:结清|还清|付清)|一把(?:结清|还清)|统统|所有(?:的)?(?:欠款|钱)?|都还(?:上|了|清|$)|全还|全清|全都(?:还|付|交)|(?:结|还|付)清"
)
_HALF = re.compile(r"一半|半数|对半|二分之一|百分之五十|50%|五成")
_SHARE = re.compile(
    r"([二三四五六七八九十])分之([一二三四五六七八九])|([一二三四五六七八九])成|百分之([一二三四五六七八九十]+)|(\d{1,2})%"
)
_MINIMUM = re.compile(r"最低(?:还款)?(?:额|金额)?")
_NOT_MONEY_AFTER = re.compile(
    r"^(?:年|个|天|月|日|号|点|岁|次|遍|分钟|小时|期|周|礼拜|星期|楼|层|辆|台|位|名|件|公里|通|句|种|家|口|路|块(?:地|表|糖|布)|分(?![钱])|成|倍|%|多?(?:年|个|天|次|遍)|别|不要|平|斤|米|把钥|一|来?个|户|处|趟|条|张|度|人|样|场|届|代|股|五十铃|座)"
)
_NOT_MONEY_BEFORE = re.compile(
    r"(?:第|星期|周|礼拜|尾号|身份证|号码|电话|工号|车牌|卡号|百分之|初|闭着|拨|拨打|年|月|车号|编号|分之)$"
)
_PAID = ("还", "付", "交", "转", "存", "打", "先还个")
_IDIOM = re.compile(
    r"千万[别不要得记]|千万$|(?<![一二三四五六七八九十百千两几])万一|百分之百|千方百计|一万个|三天两头|一五一十|百般|万般|千辛万苦|八百(?:年|遍|回)|一百个|五百强|乱七八糟|三番五次|十分(?!之)|一分(?:钱)?(?:都|也)?(?:没|不)|一毛(?:钱)?(?:都|也)?(?:没|不)|一千个|十万火急|万难|万幸|百忙|百姓|(?<![百千万零])一十(?![一二三四五六七八九块元])|两三天"
)


@dataclass(frozen=True, slots=True)
class Money:
    """One amount heard. `fen` is None when it is a share of an unknown debt or a range."""

    fen: int | None
    heard: str
    at: int
    problem: SlotProblem | None = None
    strong: bool = True


def amounts(text: str, debt_fen: int | None = None) -> list[Money]:
    """Every amount in the text, in order. `strong` is False for bare numerals without unit of money or of ten."""
    masked = _IDIOM.sub(lambda found: "＿" * len(found.group()), text)
    found = [Money(None, hit.group(), hit.start(), SlotProblem.VAGUE) for hit in _RANGE.finditer(masked)]
    for money in found:
        masked = masked[: money.at] + "＿" * len(money.heard) + masked[money.at + len(money.heard) :]
    found += _shares(masked, debt_fen)
    found += [plain for hit in _MONEY.finditer(masked) if (plain := _money(masked, hit))]
    return [_checked(money, debt_fen) for money in sorted(found, key=lambda money: money.at)]


def _shares(text: str, debt_fen: int | None) -> list[Money]:
    parts = [(hit, part) for pattern, part in ((_HALF, (1, 2)), (_ALL, (1, 1))) for hit in pattern.finditer(text)]
    parts += [(hit, part) for hit in _SHARE.finditer(text) if (part := _part(hit))]
    found = [_share(debt_fen, part, hit) for hit, part in parts]
    found += [Money(None, hit.group(), hit.start(), SlotProblem.VAGUE) for hit in _MINIMUM.finditer(text)]
    return found[:1]


def _share(debt_fen: int | None, part: tuple[int, int], hit: re.Match[str]) -> Money:
    if debt_fen is None:
        return Money(None, hit.group(), hit.start(), SlotProblem.VAGUE)
    return Money(debt_fen * part[0] // part[1], hit.group(), hit.start())


def _part(hit: re.Match[str]) -> tuple[int, int] | None:
    low, high, tenths, cn_percent, percent = hit.groups()
    if low:
        return numeral(high) or 1, numeral(low) or 1
    if tenths:
        return numeral(tenths) or 0, 10
    said = int(percent) if percent else numeral(cn_percent)
    return (said, 100) if said and said <= 100 else None


def _money(text: str, hit: re.Match[str]) -> Money | None:
    said = hit.group("y") or hit.group("bare")
    if _NOT_MONEY_BEFORE.search(text[: hit.start()][-4:]) or (hit.group("bare") and _not_money(text, hit, said)):
        return None
    fen = _fen(said)
    if fen is None:
        return None
    about = hit.group("about") or hit.group("babout")
    if hit.group("mao"):
        fen += 10 * (numeral(hit.group("mao")) or 0)
    if hit.group("fen"):
        fen += numeral(hit.group("fen")) or 0
    strong = bool(hit.group("y")) or any(unit in said for unit in "百千万kw") or _is_paid(text, hit, said)
    return Money(fen, hit.group(), hit.start(), SlotProblem.VAGUE if about == "几" else None, strong)


def _is_paid(text: str, hit: re.Match[str], said: str) -> bool:
    """还1200: figures after a word for paying."""
    return said.isascii() and said.isdigit() and 3 <= len(said) <= 6 and text[: hit.start()].endswith(_PAID)


def _not_money(text: str, hit: re.Match[str], said: str) -> bool:
    return bool(_NOT_MONEY_AFTER.match(text[hit.end() :])) or said in "十百千万两点零一亿俩" or len(said) > 14


def _fen(said: str) -> int | None:
    """Fen of a numeral in yuan, decimals included: 3.5万, 三点五万, 1200.50."""
    spoken = said.replace("点", ".")
    if "." in spoken:
        return _decimal(spoken)
    yuan = numeral(said)
    return None if yuan is None or yuan <= 0 or yuan > 10**9 else yuan * 100


def _decimal(spoken: str) -> int | None:
    factor = 1
    if spoken[-1] in "百千万kw":
        factor = {"百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000}[spoken[-1]]
        spoken = spoken[:-1]
    whole, _, part = spoken.partition(".")
    high = numeral(whole)
    digits = "".join(char if char.isdigit() and char.isascii() else str(numeral(char) or 0) for char in part)
    if high is None or not digits.isdigit():
        return None
    return int(Decimal(f"{high}.{digits}") * factor * 100)


def _checked(money: Money, debt_fen: int | None) -> Money:
    if money.fen is None or debt_fen is None or money.fen <= debt_fen or money.problem:
        return money
    return Money(money.fen, money.heard, money.at, SlotProblem.ABOVE_DEBT, money.strong)
