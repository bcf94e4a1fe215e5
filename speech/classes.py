"""Classes of expressions that a step may wait for: dates, amounts, digits, scores, yes and no. Pure.

A class is named in a list of expected phrases by a marker such as `$date`; ears that know grammars put the class's cover
in its place, others leave it out. `fits` says whether a text is a member. The words are cut so that neighbours decide:
三千 is one word, hence 三千五百 is spanned and 三千五千 is not.

Only the core of a class is spanned pair by pair. What people put before and after it (大概, 左右, 还吧) is listed once
and joined by the grammar's back-off: spanning it too would take thousands of phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from speech.mandarin.numbers import integer
from speech.patterns import Pattern, alt, many, one, opt, seq

SIGN = "$"

AROUND = 4
"""Rows in which a word stands before or after a member: said once only, 之前 loses against numbers that sound alike."""

_ONES = "一 二 三 四 五 六 七 八 九"
_TENS = " ".join(f"{digit}十" for digit in _ONES.split())


@dataclass(frozen=True, slots=True)
class Class:
    """Expressions of one kind. `core` is spanned by the grammar; a member is `spoken` with any of the words around it."""

    core: Pattern
    spoken: Pattern
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def whole(self) -> Pattern:
        """The pattern of all members."""
        found = seq(opt(many(one(*self.before))), self.spoken) if self.before else self.spoken
        return seq(found, opt(many(one(*self.after)))) if self.after else found


def _times(unit: str, *, more: str = "两") -> str:
    return " ".join(f"{digit}{unit}" for digit in (*_ONES.split(), *more.split()))


def _counted(numbers: Iterable[int], unit: str) -> str:
    return " ".join(f"{integer(number, is_counting=True)}{unit}" for number in numbers)


def _named(numbers: Iterable[int], unit: str) -> str:
    return " ".join(f"{integer(number)}{unit}" for number in numbers)


def _date() -> Class:
    weekday = one(" ".join(f"{name}{day}" for name in ("周", "星期", "礼拜") for day in "一二三四五六日天"), "周末")
    clock = seq(one(_counted(range(1, 13), "点")), opt(one("半 一刻 三刻 多 钟")))
    relative, numbered = one("这个月 下个月 本月 下月"), one(_named(range(1, 13), "月"))
    bare_day = alt(one("十 二十 三十"), one(_ONES), seq(one("十 二十 三十"), one(_ONES)))
    span = one("几天 一周 两周 一个星期 两个星期 一个礼拜 半个月 一个月 两个月", _counted(range(1, 32), "天"))
    core = alt(
        seq(one("今天 明天 后天 大后天 昨天 前天"), opt(one("早上 上午 中午 下午 晚上"))),
        one("今晚 明晚 明早 月底 月初 月中 年底 下周 下个星期 下个礼拜 这两天 这几天 这周 本周 发工资 发了工资 工资发了"),
        seq(opt(one("这 这个 本 下 下个 下下")), weekday),
        seq(opt(relative), one(_named(range(1, 32), "号"))),
        seq(alt(relative, numbered), opt(one("底 初 中旬 上旬 下旬"))),
        seq(numbered, bare_day, opt(one("号 日"))),
        one(_named(range(1, 32), "日")),
        seq(one("早上 上午 中午 下午 晚上 傍晚"), opt(clock)),
        clock,
        seq(opt(one("过 再过")), span),
        seq(span, one("以后 之后 后 内 之内 以内")),
        seq(one("一九 二零"), one("零", _ONES), one("零", _ONES), one("年")),
    )
    before = "嗯 哦 我 那 就 那就 大概 可能 应该 争取 最晚 最迟 等 到 得到 要到 再"
    after = (
        "之前 以前 前 以后 之后 左右 后 我 就 能 可以 再 给 你 你们 还 还款 还上 还清 转 吧 行吗 可以吗 行不行 的 嗯"
        " 一定还 我就还 转过去 一定"
    )
    return Class(core, many(core), tuple(before.split()), tuple(after.split()))


def _amount() -> Class:
    ones, tens, gap = one(_ONES), seq(one(_TENS), opt(one(_ONES))), one("零")
    thousand_up, hundred_up = one(_times("千")), one(_times("百"))
    below_thousand = alt(seq(hundred_up, opt(alt(tens, ones, seq(gap, ones)))), seq(gap, alt(tens, ones)), ones)
    thousands = seq(thousand_up, opt(below_thousand))
    hundreds = seq(hundred_up, opt(alt(tens, ones, seq(gap, ones))))
    tens_alone = seq(one("十", _TENS), opt(one(_ONES)))
    ten_thousands = alt(one(_times("万")), seq(one("十", _TENS), opt(one(_ONES)), one("万")))
    many_thousands = seq(ten_thousands, opt(alt(thousands, seq(gap, alt(hundreds, tens, ones)), ones)))
    unit = seq(one("块 元"), opt(alt(seq(one(_times("毛"), _times("角")), opt(ones, opt(one("分")))), ones, one("钱"))))
    core = alt(
        seq(alt(many_thousands, thousands, hundreds, tens_alone), opt(one("多")), opt(unit)),
        seq(one(_ONES, "两"), unit),
        seq(one(_ONES, "两"), one("点"), many(one("零", _ONES)), opt(one("万 元 块"))),
        one("全部 全款 全还 全额 一半 一部分 最低 几百 几千 几百块 几千块"),
    )
    before = "嗯 我 还 先 先还 能 能还 只能 只能还 大概 最多 应该 是 应该是 可以 付 转 个 大概是 差不多"
    after = "吧 左右 我 还 可以 先 行吗 可以吗 行不行 的 嗯 就 能"
    return Class(core, core, tuple(before.split()), tuple(after.split()))


def _yes_no() -> Class:
    yes = one(
        "是 是的 对 对的 好 好的 行 行的 可以 可以的 没错 没问题 嗯 是啊 对啊 好啊 可以啊 好吧 行吧 中 成 能 有 有的 会 要 方便"
        " 同意 愿意 知道 知道了 清楚 明白 确认 收到 是我 我是 我就是 是本人 当然 是是是 对对对 好好好 行行行 可以可以 嗯嗯"
    )
    no = one(
        "不是 不是的 不 不对 不行 不可以 不用 不用了 不要 没有 没 没有啊 不会 不能 不方便 不同意 不愿意 不知道 不清楚 不明白"
        " 没收到 不是我 我不是 打错了 没还 还没 还没有 不不不 没没没"
    )
    return Class(alt(yes, no), alt(many(yes), many(no)), ("嗯", "哦", "啊", "哎", "喂", "那"))


def _digits() -> Class:
    row = many(one("零", _ONES, "幺"))
    return Class(row, row, ("嗯", "是"))


def _score() -> Class:
    core = alt(one(_counted(range(1, 11), "分"), "零分 满分"), one("零 十 两", _ONES))
    return Class(core, core, ("嗯", "我", "打", "给"))


CLASSES: Mapping[str, Class] = {
    "date": _date(),
    "amount": _amount(),
    "digits": _digits(),
    "score": _score(),
    "yes_no": _yes_no(),
}
"""By name: the kind of question that a script asks (its AskKind)."""


BY_KIND = frozenset(CLASSES) - {"yes_no"}
"""Kinds of question whose class is expected by itself. A yes-or-no step lists its own answers: with all ways of saying yes
beside them fewer are heard right (synthetic voices at 15 dB, 40 answers: 30 with the class, 32 without)."""


def with_class(kind: str, phrases: Sequence[str]) -> tuple[str, ...]:
    """The phrases of a step and the marker of its kind's class, if it has one in BY_KIND."""
    return (*phrases, f"{SIGN}{kind}") if kind in BY_KIND else tuple(phrases)


def split(phrases: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Phrases apart from the classes named among them. A marker of no known class is dropped."""
    given = tuple(dict.fromkeys(phrases))
    named = tuple(phrase[len(SIGN) :] for phrase in given if phrase.startswith(SIGN))
    return tuple(p for p in given if not p.startswith(SIGN)), tuple(name for name in named if name in CLASSES)


def fits(text: str, classes: Iterable[str]) -> bool:
    """Whether a text without spaces is a member of one of the classes."""
    return any(_whole(name).accepts(text) for name in classes)


@lru_cache
def _whole(name: str) -> Pattern:
    return CLASSES[name].whole()


@lru_cache
def cover(name: str) -> tuple[tuple[str, ...], ...]:
    """Rows of words that make a class's grammar: every legal pair of the core, and each word around it AROUND times."""
    wanted = CLASSES[name]
    core = wanted.core
    closing = sorted({core.words[at] for at in core.closes & core.opens} or {core.words[at] for at in core.closes})
    near = closing[:: max(1, len(closing) // AROUND)][:AROUND]
    before = ((word, member) for word in wanted.before for member in near)
    after = ((member, word) for word in wanted.after for member in near)
    return (*core.cover(), *before, *after)


@lru_cache
def words() -> frozenset[str]:
    """Every word of every class: a model's vocabulary should hold them."""
    return frozenset(word for each in CLASSES.values() for word in (*each.core.words, *each.before, *each.after))


def warm() -> None:
    """Work out every cover and pattern now (about 0.2 s), so that no answer waits for it."""
    for name in CLASSES:
        cover(name)
        _whole(name)
