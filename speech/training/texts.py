"""The sentences that the ear learns from, drawn by seed: replies, numbers, names, single words and general language. Pure.

General language is words of the dictionary strung together: it gives every syllable in many contexts and keeps the
network from learning the loan call's sentences instead of its sounds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from random import Random

import yaml
from pypinyin import Style, lazy_pinyin
from pypinyin.phrases_dict import phrases_dict

from speech.graphs.lexicon import common_hanzi, sentences
from speech.graphs.phones import NotASyllable, syllable_of
from speech.mandarin.lexicon import SURNAMES

REPLIES = Path(__file__).with_name("replies.txt")
LISTS = Path(__file__).with_name("lists.yaml")

_DIGITS = "零一二三四五六七八九"


def expand(template: str, random: Random) -> str:
    """One expansion of a template: `[a|b|]` chooses, `{slot}` is filled."""
    while "[" in template:
        template = re.sub(r"\[([^\[\]]*)\]", lambda found: random.choice(found[1].split("|")), template)
    return re.sub(r"\{(\w+)\}", lambda found: _SLOTS[found[1]](random), template)


def reply(random: Random) -> str:
    """What a borrower might answer."""
    return expand(random.choice(_templates()), random)


def number(random: Random) -> str:
    """A date, an amount or a string of digits, with or without the words around it."""
    shape = random.choice(
        ("{date}", "{date}", "{amount}", "{amount}", "{amount}", "{digits}", "{phone}", "{hour}", "{date}还{amount}",
         "{birthday}", "先还{amount}", "{date}之前", "{amount}{date}还")
    )  # fmt: skip
    return expand(shape, random)


def name(random: Random) -> str:
    """A person's name, alone or said of oneself."""
    return expand(random.choice(("{surname}{given}", "我是{surname}{given}", "我叫{surname}{given}", "我姓{surname}")), random)


def general(random: Random) -> str:
    """6 to 14 syllables of dictionary words, with a rare syllable in every third line."""
    said, length = "", random.randint(5, 12)
    if random.random() < 0.33:
        said = random.choice(_by_syllable()[random.choice(_rare())])
    while len(said) < length:
        said += random.choice(_common())
    return said


def short(random: Random) -> str:
    """A single short answer."""
    return random.choice(_list("short"))


def syllables(random: Random) -> list[str]:
    """4 to 10 syllables in any order, with tones: sounds without a language."""
    legal = sorted(_by_syllable())
    return [random.choice(legal) + str(random.randint(1, 4)) for _ in range(random.randint(4, 10))]


def domain(random: Random) -> str:
    """A whole utterance of `domain.txt`."""
    return random.choice(_listed())


KINDS: dict[str, tuple[float, Callable[[Random], str]]] = {
    "reply": (0.24, reply),
    "short": (0.22, short),
    "number": (0.20, number),
    "general": (0.26, general),
    "name": (0.03, name),
    "domain": (0.05, domain),
}
"""Share of each kind by number of utterances."""


def draw(random: Random) -> str:
    """A sentence of any kind."""
    kinds = list(KINDS.values())
    return random.choices([make for _, make in kinds], weights=[share for share, _ in kinds])[0](random)


def replies(count: int, seed: int) -> list[str]:
    """Expanded replies and numbers for the word statistics of free hearing."""
    random = Random(seed)
    return [(number if random.random() < 0.2 else reply)(random) for _ in range(count)]


@lru_cache(maxsize=1)
def _templates() -> list[str]:
    lines = REPLIES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@lru_cache(maxsize=16)
def _list(name: str) -> list[str]:
    lists: dict[str, list[str]] = yaml.load(LISTS.read_text(encoding="utf-8"), yaml.BaseLoader)
    return lists[name]


@lru_cache(maxsize=1)
def _listed() -> list[str]:
    return ["".join(words) for words in sentences()]


@lru_cache(maxsize=1)
def _common() -> list[str]:
    """Words of two to four Hanzi of GB2312 level one."""
    known = set(common_hanzi())
    return sorted(word for word in phrases_dict if 2 <= len(word) <= 4 and set(word) <= known)


@lru_cache(maxsize=1)
def _by_syllable() -> dict[str, list[str]]:
    """Toneless syllable -> words that hold it."""
    found: dict[str, list[str]] = {}
    for word in [*_common(), *common_hanzi()]:
        for sound in lazy_pinyin(word, style=Style.NORMAL, v_to_u=False):
            try:
                syllable_of(sound)
            except NotASyllable:
                continue
            found.setdefault(sound, []).append(word)
    return found


@lru_cache(maxsize=1)
def _rare() -> list[str]:
    counts = Counter({sound: len(words) for sound, words in _by_syllable().items()})
    return [sound for sound, _ in counts.most_common()[len(counts) // 3 :]]


def spoken_number(value: int, random: Random) -> str:
    """An integer below ten million as people say it: 3200 is 三千二 or 三千二百."""
    if value >= 10_000:
        high, rest = divmod(value, 10_000)
        said = spoken_number(high, random).replace("二", "两", 1) if high < 10 else spoken_number(high, random)
        if not rest:
            return said + "万"
        if rest % 1000 == 0 and random.random() < 0.6:
            return f"{said}万{_DIGITS[rest // 1000]}"
        return f"{said}万{'零' if rest < 1000 else ''}{spoken_number(rest, random)}"
    said, is_gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, value = divmod(value, size)
        if not digit:
            is_gap = bool(said)
            continue
        if is_gap:
            said, is_gap = said + "零", False
        two = "两" if digit == 2 and (unit == "千" or (unit == "百" and random.random() < 0.6)) else _DIGITS[digit]
        said += ("" if (digit, unit, said) == (1, "十", "") else two) + unit
    short = re.fullmatch(r"(.+[万千百].)[百十]", said)
    return short[1] if short and "零" not in said and random.random() < 0.5 else said


def _amount(random: Random) -> str:
    value = random.choice(
        (
            random.randint(1, 99) * 100, random.randint(1, 20) * 1000, random.randint(1, 9) * 10_000, random.randint(100, 9999),
            random.randint(10_000, 99_999), random.randint(1, 99) * 1000, random.randint(1, 99) * 50, random.randint(1, 99),
        )
    )  # fmt: skip
    tail = random.choice(("", "", "块", "块钱", "元", "元钱", "块", "多", "左右"))
    if tail.startswith(("块", "元")) and random.random() < 0.12:
        tail = f"块{_DIGITS[random.randint(1, 9)]}" + random.choice(("", f"毛{_DIGITS[random.randint(1, 9)]}"))
    return spoken_number(value, random) + tail


def _date(random: Random) -> str:
    day = spoken_number(random.randint(1, 31), random)
    month = spoken_number(random.randint(1, 12), random)
    weekday = random.choice("一二三四五六日天")
    week = random.choice(("周", "星期", "礼拜", "下周", "这周", "下星期", "这个星期", "下个星期", "下礼拜", "本周", "这礼拜"))
    mark = random.choice("号号号日")
    return random.choice(
        (
            random.choice(_list("when")),
            week + weekday,
            week + weekday,
            day + mark,
            f"{month}月{day}{mark}",
            f"{month}月{day}",
            f"{random.choice(('下个月', '这个月', '本月', '下月'))}{day}{mark}",
            f"{day}{mark}{random.choice(('之前', '以前', '左右'))}",
            f"{spoken_number(random.randint(2, 30), random)}天{random.choice(('后', '以后', '之后', '之内'))}",
            week + weekday + "之前",
            f"{random.choice(('明天', '后天', '今天', week + weekday))}{_hour(random)}",
        )
    )


def _hour(random: Random) -> str:
    part = random.choice(("", "上午", "下午", "晚上", "早上", "中午", "傍晚"))
    hour = random.choice(("一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"))
    return f"{part}{hour}点{random.choice(('', '', '半', '钟', '以后', '左右', '一刻', '二十', '之前'))}"


def _digits(random: Random, count: int) -> str:
    one = "幺" if random.random() < 0.5 else "一"
    return "".join(random.choice(_DIGITS) for _ in range(count)).replace("一", one)


def _given(random: Random) -> str:
    known = common_hanzi()
    return "".join(random.choice(known) for _ in range(random.choice((1, 2, 2))))


_SLOTS: dict[str, Callable[[Random], str]] = {
    "date": _date,
    "amount": _amount,
    "hour": _hour,
    "digits": lambda random: _digits(random, random.choice((4, 4, 4, 6))),
    "phone": lambda random: _digits(random, 11),
    "year": lambda random: _digits(random, 2).replace("幺", "一") + "年",
    "birthday": lambda random: (
        f"一九{_digits(random, 2).replace('幺', '一')}年{spoken_number(random.randint(1, 12), random)}月"
        f"{spoken_number(random.randint(1, 31), random)}{random.choice('号日')}"
    ),
    "plate": lambda random: random.choice("京沪粤苏浙鲁豫川鄂湘皖津渝晋冀") + _digits(random, 5),
    "surname": lambda random: random.choice(sorted(SURNAMES)) if random.random() < 0.2 else random.choice(_list("surname")),
    "given": _given,
    "kin": lambda random: random.choice(_list("kin")),
    "agent": lambda random: random.choice(_list("agent")),
    "place": lambda random: random.choice(_list("place")),
    "still": lambda random: random.choice(("还", "一直", "到现在还", "")),
    "pronoun": lambda random: random.choice(("就", "是", "反正", "")),
}
