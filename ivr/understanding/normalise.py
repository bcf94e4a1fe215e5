"""Recognised text to clauses: cleaned, simplified, fillers off, doublings folded. Loses no digit and no negation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ivr.understanding.lexicon.spelling import MISHEARD, TRADITIONAL

LONGEST = 6000
"""Characters of one utterance that are judged; a spoken turn has fewer than 400. Longer text keeps both ends."""

_BREAKS = re.compile(r"[，。！；：、,;:!…~～\n\r\t\"“”'‘’()（）《》<>|/\\\-—]+|(?<!\d)\.|\.(?!\d)")
_TWENTY = re.compile(r"(?<![零一二三四五六七八九十\d月])二(?=[四五六七八九][号日])")
"""二八号: the twenty-eighth, the ten left out."""
_ASKS = re.compile(r"[？?]+")
_SPACES = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FILLERS = re.compile(
    r"[呃嗯唔诶欸哎唉哦噢喔啊呀喽咯哇嘞呗吖]+|(?<!干)嘛|(?<![余金限名全总差定数超])额(?![度外头])|(?:^|(?<=,))(?:那个|就是说|这个这个|然后|那么|反正)+"
)
_MEANINGLESS = re.compile(r"(?:^|(?<=,))(?:喂|你好|您好|哈喽)+(?=.)")
_TRIPLES = re.compile(r"([^\d零一二三四五六七八九十两幺百千万,?])\1{2,}")
_DOUBLES = re.compile(r"([对好行是不没我在有嗯你可要])\1(?!好)")
_PHRASES = re.compile(r"((?!.不)[^\d零一二三四五六七八九十两幺百千万,?]{2,5})(?:,?\1)+")
_CONNECTORS = re.compile(
    r"(?<=[^,])(?=但是|(?<![活熬撑挺说比打过得喘])不过(?![去来得分])|可是|然而|只不过|而且|所以|要不然|不然|否则|(?<![我你他她])(?:要是|如果|万一)|"
    r"再这样|再这么|那我就|结果|只要|除非)"
)
_OPENERS = re.compile(
    r"(?:你(?:先|们先)?听(?:我说|好|着|清楚)(?:了)?|我(?:先)?(?:跟|和|给)你们?(?:说|讲)(?:一?个|一?件)?(?:事情?|清楚|实话)?|我(?:可)?(?:就)?告诉你们?|说实话|老实说|实话(?:跟你)?说"
    r"|(?:天气|信号|这边信号)(?:不错|还可以|挺好|很好)|我知道了|我明白了|不好意思|没事)(?=[^,了过的吗呢吧])(?!一?声|一?下|[两几]句|清楚|多少|什么|怎么)"
)
"""What opens a speech without being part of it: a clause of its own, stop or no stop."""
_QUESTION = re.compile(
    r"[?]|吗$|吗,|么$|是不是|能不能|会不会|可不可以|要不要|有没有|行不行|好不好|多少|什么时候|几号|哪|怎么|怎样|如何|谁|啥|(?<!没)(?<!没有)(?<!不是)什么|为啥|几天|几点|是否"
)
_RHETORIC = re.compile(
    r"难道|凭什么|怎么可能|谁说|怎么会不|哪有|什么叫|还什么还|哪来的?钱|哪知道|哪晓得|谁知道|拿什么还|什么都没"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One stretch between breaks. `asks`: worded as a question; `at`: its place in the utterance, 0.0 first to 1.0 last."""

    text: str
    asks: bool
    at: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """`clean`: breaks as commas, fillers kept; `core`: fillers off, doublings folded; `joined`: core without breaks."""

    raw: str
    clean: str
    core: str
    joined: str
    clauses: tuple[Clause, ...]


def normalise(raw: str) -> Utterance:
    """The utterance ready for rules. Any text is accepted: surrogates and control characters are dropped."""
    clean = _clean(raw)
    core = _fold(clean)
    return Utterance(raw, clean, core, core.replace(",", "").replace("?", ""), _clauses(core))


def is_question(text: str) -> bool:
    """Whether the words ask; a rhetorical question asserts."""
    return bool(_QUESTION.search(text)) and not _RHETORIC.search(text)


def _clean(raw: str) -> str:
    text = raw if len(raw) <= LONGEST else raw[: LONGEST // 2] + "，" + raw[-LONGEST // 2 :]
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFKC", text).translate(TRADITIONAL).lower()
    text = _THOUSANDS.sub("", text)
    text = _ASKS.sub("?,", _BREAKS.sub(",", text))
    text = "".join(char for char in text if char.isprintable())
    text = _SPACES.sub("", text).replace("啦", "了").replace("啥子", "什么")
    text = (
        text.replace("啥", "什么")
        .replace("咋", "怎么")
        .replace("俺", "我")
        .replace("莫得", "没有")
        .replace("自个儿", "自己")
        .replace("自个", "自己")
        .replace("廿", "二十")
        .replace("没得", "没有")
    )
    text = _TWENTY.sub("二十", text)
    for pattern, right in MISHEARD:
        text = pattern.sub(right, text)
    return re.sub(r",[, ]*", ",", text).strip(", ")


def _fold(clean: str) -> str:
    text = _FILLERS.sub("", clean)
    text = re.sub(r",{2,}", ",", text).strip(", ")
    text = _MEANINGLESS.sub("", text).strip(", ")
    text = _TRIPLES.sub(r"\1", text)
    text = _PHRASES.sub(r"\1", text)
    text = _DOUBLES.sub(r"\1", text)
    return re.sub(r",{2,}", ",", text).strip(", ")


def _clauses(core: str) -> tuple[Clause, ...]:
    parts = [part for part in _CONNECTORS.sub(",", _OPENERS.sub(r"\g<0>,", core)).split(",") if part]
    last = max(1, len(parts) - 1)
    return tuple(Clause(part, is_question(part), index / last) for index, part in enumerate(parts))
