"""Text as a person writes it -> the words that are spoken: numbers, money, dates, times, telephones, tails, plates.

A table of rules in order; each turns what it recognises into Chinese characters, so that no later rule sees it again.
Latin letters stay (they are spelled by `readings`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from re import Match

from speech.mandarin import numbers

Rule = tuple[re.Pattern[str], Callable[[Match[str]], str]]

_NOT_IN_NUMBER = r"(?<![\d.])"
_INT = r"\d{1,3}(?:,\d{3})+|\d+"
_NUM = rf"(?:{_INT})(?:\.\d+)?"
_DASH = r"\s*[-~～—–至到]+\s*"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SPELLED = (
    "尾号|末[两二三四五六2-6]位|后[两二三四五六2-6]位|身份证号?码?|证件号码?|卡号|账号|合同号|合同编号|编号|"
    "验证码|车架号|订单号|单号|工号|学号|邮编|密码|车牌号?码?"
)
_DIALLED = "拨打|拨|致电|热线|电话|打|号码|客服|手机号?|座机|分机号?|来电"
_MEASURES = (
    "个|位|名|人|次|笔|期|天|年|周|小时|分钟|秒|台|辆|部|套|张|份|条|家|件|项|种|句|遍|倍|成|步|户|本|层|级台阶|"
    "元|块|角|毛|点|刻|万|千|百|亿|两|斤|公斤|公里|米|吨|升|星期|礼拜|季度|代|股|样|类|方面|把|口|岁|只|下|轮|回|批"
)
_ORDINAL_UNITS = "月|日|号|楼|单元|栋|室|号楼|级|环|路|线|班"
_SYMBOLS = {
    "km/h": "公里每小时", "km": "公里", "kg": "公斤", "cm": "厘米", "mm": "毫米", "㎡": "平方米", "m²": "平方米",
    "℃": "摄氏度", "&": "和", "+": "加", "=": "等于", "×": "乘", "＋": "加", "＝": "等于", "@": "艾特", "#": "井号",
}  # fmt: skip
_WIDE = str.maketrans("０１２３４５６７８９％．－￥／\u3000〇", "0123456789%.-¥/ 零")


def spoken(text: str) -> str:
    """What is said for a text: `尾号6382，应还￥1,234.50` -> `尾号六三八二，应还一千二百三十四元五角`."""
    words = text.translate(_WIDE)
    for pattern, say in _RULES:
        words = pattern.sub(say, words)
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", words)


def number_word(text: str, *, is_counting: bool = False) -> str:
    """A number as typed (`12,000`, `3.5`, `0`): 一万二千, 三点五, 零."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if fraction:
        return numbers.decimal(whole, fraction)
    return _plain(whole, is_counting=is_counting)


def _plain(whole: str, *, is_counting: bool = False) -> str:
    """An integer; digit by digit when it starts with 0 or is too long to be a quantity."""
    if (whole.startswith("0") and len(whole) > 1) or len(whole) > 9:
        return numbers.digits(whole)
    return numbers.integer(int(whole), is_counting=is_counting)


def _digit_string(text: str) -> str:
    """Digits one by one, letters kept, separators dropped."""
    return "".join(numbers.digits(char) if char.isdigit() else char.upper() for char in text if char.isalnum())


def _date(match: Match[str]) -> str:
    year, month, day = match["y"], match["m"], match["d"]
    words = f"{numbers.year(year)}{numbers.integer(int(month))}月"
    return words + (f"{numbers.integer(int(day))}{_day_word(match)}" if day else "")


def _day_word(match: Match[str]) -> str:
    return "号" if match[0].endswith("号") else "日"


def _month_day(match: Match[str]) -> str:
    return f"{numbers.integer(int(match['m']))}月{numbers.integer(int(match['d']))}{_day_word(match)}"


def _time(match: Match[str]) -> str:
    hour, minute, second = int(match["h"]), int(match["min"]), int(match["s"] or 0)
    if hour > 24 or minute > 59 or second > 59:
        return f"{number_word(match['h'])}比{number_word(match['min'])}"
    return numbers.clock_time(hour, minute, second)


def _money(match: Match[str]) -> str:
    """￥1,234.50 and 1234.50元: yuan, jiao and fen; more than two decimals are read as a decimal."""
    whole, _, fraction = match["n"].replace(",", "").partition(".")
    if len(fraction) > 2:
        return f"{number_word(match['n'])}元"
    return numbers.money(int(whole) * 100 + int(fraction.ljust(2, "0")))


def _big_money(match: Match[str]) -> str:
    """￥1.2万, 3万元, 2亿."""
    return f"{number_word(match['n'], is_counting=True)}{match['unit']}{match['yuan'] or '元'}"


def _percent(match: Match[str]) -> str:
    sign = "负" if match["sign"] else ""
    return f"{sign}{'千分之' if match['unit'] == '‰' else '百分之'}{number_word(match['n'])}"


def _phone(match: Match[str]) -> str:
    return _digit_string(match[0].removeprefix("+86"))


def _range(match: Match[str]) -> str:
    unit = match["unit"] or ""
    is_counting = bool(unit) and unit not in _ORDINAL_UNITS.split("|")
    first, last = (number_word(match[name], is_counting=is_counting) for name in ("a", "b"))
    return f"{first}到{last}{unit}"


def _counted(match: Match[str]) -> str:
    return f"{number_word(match['n'], is_counting=True)}{match['unit']}"


def _rule(pattern: str, say: Callable[[Match[str]], str]) -> Rule:
    return re.compile(pattern), say


_YEAR = r"(?P<y>(?:19|20)\d\d)"
_MONTH, _DAY = r"(?P<m>1[0-2]|0?[1-9])", r"(?P<d>3[01]|[12]\d|0?[1-9])"

_RULES: tuple[Rule, ...] = (
    # Telephones and other strings read digit by digit come first: nothing inside them is a quantity.
    _rule(r"(?<!\d)(?:\+86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)", _phone),
    _rule(r"(?<!\d)(?:[48]00[- ]?\d{3}[- ]?\d{4}|400[- ]?\d{4}[- ]?\d{3}|0\d{2,3}-\d{7,8})(?!\d)", _phone),
    _rule(rf"(?<=[{_PROVINCES}])[A-Z][·•.\s-]?[A-Z0-9]{{5,6}}(?![A-Za-z0-9])", lambda m: _digit_string(m[0])),
    _rule(
        rf"(?P<what>(?:{_SPELLED})(?:尾号|[后末][两二三四五六2-6]位|号码)?(?:数字)?(?:分别)?[是为：:\s]{{0,2}})(?P<id>[A-Za-z]{{0,4}}\d[\dA-Za-z]*)(?![\d.]*[元%])",
        lambda m: spoken_label(m["what"]) + _digit_string(m["id"]),
    ),
    _rule(
        rf"(?P<what>(?:{_DIALLED})(?:是|为|：|:|\s)?)(?P<id>\d{{3,12}}(?:(?:或者?|和|、)\d{{3,5}})*)(?!\d|[元块个次天期笔%.,])",
        lambda m: m["what"] + spoken_label(m["id"], one="幺"),
    ),
    _rule(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])", lambda m: _digit_string(m[0])),
    # Dates and times.
    _rule(rf"(?<!\d){_YEAR}(?P<sep>[-/.]){_MONTH}(?P=sep){_DAY}(?!\d)", _date),
    _rule(rf"(?<!\d){_YEAR}\s*年\s*{_MONTH}\s*月(?:\s*{_DAY}\s*[日号])?", _date),
    _rule(r"(?<!\d)(?P<y>\d{4}|\d\d)\s*年(?=[^\d]|$)(?!前|内|后|以|来|的?期|利|化|限|多)", lambda m: numbers.year(m["y"])),
    _rule(rf"(?<!\d){_MONTH}\s*月\s*{_DAY}\s*[日号]", _month_day),
    _rule(r"(?<!\d)(?P<h>\d{1,2})[:：](?P<min>\d\d)(?:[:：](?P<s>\d\d))?(?!\d)", _time),
    _rule(r"(点(?:半|[零一二三四五六七八九十]+分)?)\s*[-~～—–]+\s*(?=[零一二两三四五六七八九十]+点)", lambda m: f"{m[1]}到"),
    # Money and rates.
    _rule(rf"¥\s*(?P<n>{_NUM})(?P<unit>[万亿])(?P<yuan>元?)", _big_money),
    _rule(rf"{_NOT_IN_NUMBER}(?P<n>{_NUM})(?P<unit>[万亿])(?P<yuan>元)", _big_money),
    _rule(rf"¥\s*(?P<n>{_NUM})\s*元?", _money),
    _rule(rf"{_NOT_IN_NUMBER}(?P<n>{_NUM})\s*元(?!月|旦|素)", _money),
    _rule(
        rf"{_NOT_IN_NUMBER}(?P<a>{_NUM})%?{_DASH}(?P<b>{_NUM})\s*%",
        lambda m: f"百分之{number_word(m['a'])}到百分之{number_word(m['b'])}",
    ),
    _rule(rf"(?P<sign>(?<![\d%‰.])-)?{_NOT_IN_NUMBER}(?P<n>{_NUM})\s*(?P<unit>[%‰])", _percent),
    _rule(r"(?<=[零一二三四五六七八九十百千万])[-~～—–]+(?=百分之|千分之)", lambda _: "到"),
    # Ordinals, ranges, fractions, quantities.
    _rule(r"第\s*(\d+)", lambda m: f"第{_plain(m[1])}"),
    _rule(rf"{_NOT_IN_NUMBER}(?P<a>{_NUM}){_DASH}(?P<b>{_NUM})\s*(?P<unit>{_MEASURES}|{_ORDINAL_UNITS})?", _range),
    _rule(r"(?<![\d/])(\d{1,3})/(\d{1,3})(?![\d/])", lambda m: f"{number_word(m[2])}分之{number_word(m[1])}"),
    _rule(rf"{_NOT_IN_NUMBER}(?P<n>{_NUM})\s*(?P<unit>{_ORDINAL_UNITS})", lambda m: number_word(m["n"]) + m["unit"]),
    _rule(rf"{_NOT_IN_NUMBER}(?P<n>{_NUM})\s*(?P<unit>多?(?:{_MEASURES}))", _counted),
    _rule(rf"(?<![\dA-Za-z一-鿿])-(?P<n>{_NUM})", lambda m: f"负{number_word(m['n'])}"),
    _rule("|".join(map(re.escape, _SYMBOLS)), lambda m: _SYMBOLS[m[0]]),
    _rule(rf"{_NOT_IN_NUMBER}{_NUM}", lambda m: number_word(m[0])),
    _rule(r"\d", lambda m: numbers.digits(m[0])),
    _rule(r"[·•_*~～]", lambda _: ""),
)


def spoken_label(text: str, *, one: str = "一") -> str:
    """Words with each digit in them read: 后4位 -> 后四位, 110或120 (one="幺") -> 幺幺零或幺二零."""
    return re.sub(r"\d", lambda m: numbers.digits(m[0], one=one), text)
