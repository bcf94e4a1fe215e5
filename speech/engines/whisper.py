"""Hearing with Whisper (faster-whisper, int8): whole utterances only. The independent ear, and the second pass for free speech.

Whisper invents text on silence and noise and falls into loops on short answers. Nothing that it says is believed before
voice activity, its own no-speech probability, the time it would take to say, and a list of its known inventions agree.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any

import numpy as np

from kit.settings import Settings
from speech import classes
from speech.audio import resample
from speech.mandarin.numbers import digits
from speech.mandarin.writing import spoken
from speech.models import require
from speech.phrases import plain, same_sound
from speech.ports import FRAME_S, FRAME_SAMPLES, LINE_RATE_HZ, NOTHING, EngineUnavailable, Heard, Listener, Pcm
from speech.simplified import simplified
from speech.vad import speech_frames, speech_seconds

RATE_HZ = 16_000
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
LEAST_SPEECH_S = 0.1
FASTEST_PER_S = 9.0
"""Syllables a second; quick Mandarin has six or seven."""
GRACE_SYLLABLES = 3
NO_SPEECH = 0.6
LEAST_LOGPROB = -1.0
LONGEST_S = 24.0
"""The model hears windows of 30 s."""
WAIT_S = 3.0
"""An utterance that waits longer than this for its turn goes unheard: the caller is told that it was not understood."""
LONGEST_TOKENS = 200
PAD_S = 0.25
"""Silence set around an utterance: sounds that begin at the very first sample are lost."""

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
_TWICE = re.compile(r"^(\w{2,6}?)[，、。]?\1$")


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, before it is believed."""

    text: str
    logprob: float
    no_speech: float


class WhisperRecognizer:
    """A loaded CTranslate2 model directory. Calls are queued: one utterance at a time on `cpu_threads` threads."""

    has_partials = False

    def __init__(self, model_dir: Path, *, cpu_threads: int = 2, beam: int = 5, name: str = "whisper") -> None:
        self.name = name
        self._beam = beam
        self._model = _load(model_dir, cpu_threads)
        self._turn = threading.Lock()

    def open(self) -> Listener:
        """An ear for one call: it gathers, and hears at the end."""
        return WhisperListener(self)

    def transcribe(self, pcm: Pcm, phrases: Sequence[str] = ()) -> Heard:
        """Hear audio at LINE_RATE_HZ, cut at pauses where it is long. `phrases` are a hint, not a limit."""
        listed, _ = classes.split(phrases)
        parts = [self._utterance(part, listed) for part in pieces(pcm)]
        return parts[0] if len(parts) == 1 else joined(parts)

    def _utterance(self, pcm: Pcm, phrases: Sequence[str]) -> Heard:
        spoken_s = speech_seconds(pcm)
        if spoken_s < LEAST_SPEECH_S:
            return NOTHING
        prompt = prompt_of(phrases, spoken_s)
        heard = believed(self._draft(pcm, prompt), spoken_s, phrases, engine=self.name)
        if heard.is_rejected:
            heard = believed(self._draft(pcm, ""), spoken_s, phrases, engine=self.name)
        return heard

    def missing_words(self, phrases: Sequence[str]) -> tuple[str, ...]:
        """Nothing: it has no grammar."""
        return ()

    def _draft(self, pcm: Pcm, prompt: str) -> Draft:
        pad = np.zeros(round(PAD_S * LINE_RATE_HZ), dtype=np.int16)
        samples = resample(np.concatenate((pad, pcm, pad)), LINE_RATE_HZ, RATE_HZ).astype(np.float32) / 32768.0
        if not self._turn.acquire(timeout=WAIT_S):
            return Draft("", -10.0, 1.0)
        try:
            segments, _ = self._model.transcribe(
                samples,
                language="zh",
                beam_size=self._beam,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
                initial_prompt=prompt or None,
                no_speech_threshold=None,
                log_prob_threshold=None,
                compression_ratio_threshold=None,
                max_new_tokens=min(LONGEST_TOKENS, 12 + int(len(pcm) / LINE_RATE_HZ * 2 * FASTEST_PER_S)),
            )
            found = list(segments)
        finally:
            self._turn.release()
        if not found:
            return Draft("", -10.0, 1.0)
        return Draft(
            text="".join(segment.text for segment in found),
            logprob=min(segment.avg_logprob for segment in found),
            no_speech=min(segment.no_speech_prob for segment in found),
        )


class WhisperListener:
    """Gathers one call's utterance. No partials."""

    def __init__(self, recognizer: WhisperRecognizer) -> None:
        self._recognizer = recognizer
        self._phrases: tuple[str, ...] = ()
        self._gathered: list[Pcm] = []

    def expect(self, phrases: Sequence[str]) -> None:
        """Set the hint for what follows; forgets what was gathered."""
        self._phrases = tuple(phrases)
        self._gathered = []

    def feed(self, pcm: Pcm) -> str:
        """Take samples; there is no text before the end."""
        self._gathered.append(pcm)
        return ""

    def finish(self) -> Heard:
        """Hear everything gathered; resets."""
        gathered, self._gathered = self._gathered, []
        return self._recognizer.transcribe(np.concatenate(gathered), self._phrases) if gathered else NOTHING

    def close(self) -> None:
        """Nothing to give back."""


def pieces(pcm: Pcm) -> list[Pcm]:
    """The audio in pieces of at most LONGEST_S, each cut in the middle of the last long pause before that."""
    longest, found = round(LONGEST_S / FRAME_S), []
    flags = speech_frames(pcm)
    start = 0
    while len(flags) - start > longest:
        end = _pause(flags, start + longest // 3, start + longest)
        found.append(pcm[start * FRAME_SAMPLES : end * FRAME_SAMPLES])
        start = end
    return [*found, pcm[start * FRAME_SAMPLES :]]


def _pause(flags: Sequence[bool], first: int, last: int) -> int:
    """The middle of the longest run of unvoiced frames between two places; the last place when there is none."""
    best, run = (0, last), 0
    for place in range(first, last):
        run = 0 if flags[place] else run + 1
        best = max(best, (run, place - run // 2))
    return best[1]


def joined(parts: Sequence[Heard]) -> Heard:
    """One Heard of several pieces: the least sure piece with a text decides how sure it is."""
    said = [part for part in parts if part.text]
    if not said:
        return NOTHING
    return Heard("".join(part.text for part in said), min(part.confidence for part in said), engine=said[0].engine)


def believed(draft: Draft, spoken_s: float, phrases: Sequence[str], *, engine: str) -> Heard:
    """What of a draft can be believed, given `spoken_s` seconds of voice. Rejected when it looks invented."""
    text = collapsed(plain(numbers_as_said(simplified(draft.text))))
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


def numbers_as_said(text: str) -> str:
    """The text with OK, bye and figures in Hanzi: long strings digit by digit, others as numbers, dates and times."""
    text = _BORROWED.sub(lambda found: "好的" if found[0].lower() == "ok" else "拜拜", text)
    joined = re.sub(r"(?<=\d)[ -](?=\d)", "", text) if len(re.findall(r"\d", text)) >= LONG_NUMBER else text
    return spoken(re.sub(rf"\d{{{LONG_NUMBER},}}", lambda found: digits(found[0], one="一"), joined))


def collapsed(text: str) -> str:
    """The text with loops taken for one: 是是是 -> 是, 不是不是 -> 不是. Numerals are left alone: 八八八 is a number."""
    text = _LOOP.sub(r"\1", _STUTTER.sub(r"\1", text))
    twice = _TWICE.match(text)
    is_loop = twice is not None and not re.search(f"[{_NUMERAL}]", twice[1])
    return twice[1] if twice and is_loop else text


def prompt_of(phrases: Sequence[str], spoken_s: float) -> str:
    """The hint given to the model: how the text is written, and the first of the step's phrases."""
    if set(phrases) >= DIGITS:
        return DIGITS_HINT
    numbers = NUMBERS_HINT if spoken_s >= NUMBERS_FROM_S else ""
    return PROMPT + numbers + "，".join(_sample(phrases)) + ("。" if phrases else "")


def _sample(phrases: Sequence[str]) -> Sequence[str]:
    """PROMPT_PHRASES of them, from all parts of the list: a step's list goes from group to group."""
    return phrases[:: max(1, len(phrases) // PROMPT_PHRASES)][:PROMPT_PHRASES]


def _echoes(text: str, phrases: Sequence[str]) -> bool:
    """Whether the text repeats the hint: its numbers, or a row of its phrases."""
    row = "".join(plain(phrase) for phrase in _sample(phrases))
    is_prompt = len(text) >= ECHO_FROM and text in plain(PROMPT)
    return (len(text) >= 8 and text in row and text not in phrases) or is_prompt or any(part in text for part in _HINTED)


def _load(model_dir: Path, cpu_threads: int) -> Any:
    if not (model_dir / "model.bin").is_file():
        raise EngineUnavailable(f"不是 Whisper 模型目录（缺 model.bin）：{model_dir}。请运行 flask speech setup。")
    try:
        from faster_whisper import WhisperModel

        logging.getLogger("faster_whisper").setLevel(logging.WARNING)
        return WhisperModel(str(model_dir), device="cpu", compute_type="int8", cpu_threads=cpu_threads, local_files_only=True)
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        raise EngineUnavailable(f"Whisper 模型读不进来：{model_dir}（{error}）。请运行 flask speech setup。") from None


def load(settings: Settings) -> WhisperRecognizer:
    """The engine on the fetched model. Raises EngineUnavailable with the command that mends it."""
    return WhisperRecognizer(require("whisper-base", settings.resolved_cache_dir))
