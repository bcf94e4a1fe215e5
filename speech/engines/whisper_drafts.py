"""What Whisper is told before it hears, and what of its drafts is believed. Pure text; the engine is `speech.engines.whisper`.

Whisper invents text on silence and noise and falls into loops on short answers. Nothing that it says is believed before
its own no-speech probability, the time it would take to say, the hint given, and a list of its known inventions agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from speech.mandarin.numbers import digits
from speech.mandarin.writing import spoken
from speech.phrases import plain, same_sound
from speech.ports import NOTHING, Heard
from speech.simplified import simplified

PROMPT = "以下是车贷电话录音：我星期五还款，下周一还两千块钱，月底按时还清，昨天用手机银行还过了，最近失业了没钱还，利息太高。"
"""Sets the matter: without it 还 comes back as 环, 按时 as 暗示. What repeats it is not believed (see _echoes)."""
NUMBERS_HINT = "数字都写成汉字：一三五零二七，四千零九元，十一月三十号。"
"""Makes the model write numbers as they are said: digit strings of a real speaker 6.2 -> 1.1 % character error. Only for
longer utterances: on single words the hint itself comes back."""
NUMBERS_FROM_S = 1.6
DIGITS_HINT = "身份证后四位：三六零七。八一二五。九零四三。"
"""For steps that ask for digits: of 18 spoken groups of four on the telephone 17 come out right, against 9 with no hint."""
PROMPT_PHRASES = 24
"""Phrases of a step that go into the prompt; the model's prompt holds 224 tokens, and long prompts are repeated back."""

ECHO_FROM = 2
"""Characters from which a piece of the prompt is an echo."""
FASTEST_PER_S = 9.0
"""Syllables a second; quick Mandarin has six or seven."""
GRACE_SYLLABLES = 3
NO_SPEECH = 0.6
LEAST_LOGPROB = -1.0
_INVENTED = re.compile(
    r"点赞|订阅|打赏|明镜|点点栏目|字幕|Amara|谢谢(大家|您的)?(观看|收看|收听)|感谢(您的)?(观看|收看|收听)|请不吝|优优独播|YoYo|独播剧场"
    r"|作[词曲]\s*[:：]?\s*李宗盛|词曲|中文字幕|下期(再见|节目)|电话录音|MING\s*PAO|(?i:subscribe|thanks for watching)"
)
_BORROWED = re.compile(r"\b(?:ok|(?:bye[- ]?)+)\b", re.IGNORECASE)
LONG_NUMBER = 6
"""Digits from which a figure is a string of digits, not a quantity: six digits of yuan are no car loan's instalment."""
_HINTED = tuple(re.split("[：，。]", NUMBERS_HINT))[:-1]
_NUMERAL = "零一二三四五六七八九十百千万两幺0-9"
DIGITS = frozenset("零一二三四五六七八九")
"""A step whose phrases are all of these asks for digits."""
_STUTTER = re.compile(rf"([^{_NUMERAL}\W])\1{{2,}}")
_LOOP = re.compile(rf"([^{_NUMERAL}\W]{{2,6}}?)(?:[，、。]?\1){{2,}}")
_WIDE = "０-９Ａ-Ｚａ-ｚ"
_SPOILT_COMMA = re.compile(rf"(?<![{_WIDE}])[{_WIDE}](?![{_WIDE}])")
"""The model writes characters of this block byte by byte, and after a prompt with many commas the last byte of one may go
wrong: ２, ４ or Ｇ stands where a clause ends (in one of ten long answers). Its real figures are 2 and 4."""
_TWICE = re.compile(r"^(\w{2,6}?)[，、。]?\1$")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, before it is believed."""

    text: str
    logprob: float
    no_speech: float


def believed(draft: Draft, spoken_s: float, phrases: Sequence[str], *, engine: str) -> Heard:
    """What of a draft can be believed, given `spoken_s` seconds of voice. Rejected when it looks invented."""
    written = _SPOILT_COMMA.sub("，", simplified(draft.text))
    text = collapsed(plain(numbers_as_said(written, one_by_one=asks_for_digits(phrases))))
    confidence = round(min(1.0, exp(draft.logprob)), 3)
    if not text:
        return NOTHING
    if is_invented(draft, text, spoken_s) or _echoes(text, phrases):
        return Heard("", 0.0, is_rejected=True, engine=engine)
    return Heard(same_sound(text, phrases), confidence, engine=engine)


def is_invented(draft: Draft, text: str, spoken_s: float) -> bool:
    """Whether the text is a known invention, comes out of silence, holds no Hanzi, or could not be said in that time."""
    is_from_silence = draft.no_speech > NO_SPEECH and draft.logprob < LEAST_LOGPROB
    syllables = len(re.findall(r"[㐀-鿿0-9]|[A-Za-z]+", text))
    is_too_fast = syllables > FASTEST_PER_S * spoken_s + GRACE_SYLLABLES
    has_no_hanzi = not re.search("[㐀-鿿]", text)
    return bool(_INVENTED.search(draft.text)) or is_from_silence or is_too_fast or has_no_hanzi


def asks_for_digits(phrases: Sequence[str]) -> bool:
    """Whether these are the phrases of a step that takes digits."""
    return set(phrases) >= DIGITS


def numbers_as_said(text: str, *, one_by_one: bool = False) -> str:
    """The text with OK, bye and figures in Hanzi: long strings digit by digit, others as numbers, dates and times.

    `one_by_one`: every figure digit by digit, where digits were asked for.
    """
    text = _BORROWED.sub(lambda found: "好的" if found[0].lower() == "ok" else "拜拜", text)
    one_by_one = one_by_one and not re.search("[年月号日点元块]", text)
    is_string = one_by_one or len(re.findall(r"\d", text)) >= LONG_NUMBER
    joined = re.sub(r"(?<=\d)[ ,，-](?=\d)", "", text) if is_string else text
    shortest = 1 if one_by_one else LONG_NUMBER
    return spoken(re.sub(rf"\d{{{shortest},}}", lambda found: digits(found[0], one="一"), joined))


def collapsed(text: str) -> str:
    """The text with loops taken for one: 是是是 -> 是, 不是不是 -> 不是. Numerals are left alone: 八八八 is a number."""
    text = _LOOP.sub(r"\1", _STUTTER.sub(r"\1", text))
    twice = _TWICE.match(text)
    is_loop = twice is not None and not re.search(f"[{_NUMERAL}]", twice[1])
    return twice[1] if twice and is_loop else text


def prompt_of(phrases: Sequence[str], spoken_s: float) -> str:
    """The hint given to the model: how the text is written, and the first of the step's phrases, each a sentence.

    In a row with commas they spoil the commas that it writes (see _SPOILT_COMMA) and, unsaid, its hearing: of 150 long
    sentences on the telephone 29 % of the syllables were wrong, with full stops 26 %.
    """
    if asks_for_digits(phrases):
        return DIGITS_HINT
    numbers = NUMBERS_HINT if spoken_s >= NUMBERS_FROM_S else ""
    return PROMPT + numbers + "".join(f"{phrase}。" for phrase in _sample(phrases))


def _sample(phrases: Sequence[str]) -> Sequence[str]:
    """PROMPT_PHRASES of them, from all parts of the list: a step's list goes from group to group."""
    return phrases[:: max(1, len(phrases) // PROMPT_PHRASES)][:PROMPT_PHRASES]


def _echoes(text: str, phrases: Sequence[str]) -> bool:
    """Whether the text repeats the hint: its numbers, or a row of its phrases."""
    row = "".join(plain(phrase) for phrase in _sample(phrases))
    is_prompt = len(text) >= ECHO_FROM and text in plain(PROMPT)
    return (len(text) >= 8 and text in row and text not in phrases) or is_prompt or any(part in text for part in _HINTED)
