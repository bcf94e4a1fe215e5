"""A lender's own phrases, names and products put into an ear: checked line by line, then built in seconds.

Reads, checks and builds; prints nothing. The acoustic model stays as it is: only words and their statistics are new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from speech.ears import CARD
from speech.engines.vosk import VoskRecognizer
from speech.graphs.build import STEPS, Base, Built, is_hanzi
from speech.graphs.phones import phones
from speech.kaldi.reader import BadModel, load
from speech.mandarin.writing import spoken
from speech.phrases import plain
from speech.simplified import simplified
from speech.textfile import text_of

__all__ = ["LONGEST", "LONGEST_NAME", "STEPS", "CannotAdapt", "Fault", "adapt", "fault", "read"]

LONGEST = 20
"""Characters of one phrase: longer ones are sentences that nobody repeats word for word."""

LONGEST_NAME = 12


class CannotAdapt(ValueError):
    """The ear cannot be built; the message says why and what to do, in Chinese."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be used: its file and number (from 1), its text, and what to do about it."""

    file: str
    line: int
    text: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行「{self.text}」：{self.advice}"


def read(path: Path, *, longest: int = LONGEST) -> tuple[list[str], list[Fault]]:
    """The usable lines of a file (one a line, `#` begins a comment, each once) and the faults of the others.

    Raises BadText when the file is not UTF-8 text.
    """
    good: dict[str, None] = {}
    faults: list[Fault] = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        said = plain(text)
        advice = fault(said, longest=longest)
        if advice:
            faults.append(Fault(path.name, number, text, advice))
        else:
            good[said] = None
    return list(good), faults


def fault(said: str, *, longest: int = LONGEST) -> str:
    """Why a phrase without punctuation cannot be used, and what to do; "" when it can."""
    if re.search(r"[0-9０-９]", said):
        return f"有数字，请写成说出来的字：{re.sub('[A-Za-z]', '', spoken(said))}"
    if latin := "".join(re.findall(r"[A-Za-zＡ-Ｚａ-ｚ]+", said)):
        return f"有字母 {latin}，请写成听起来的汉字（如 APP 写“诶屁屁”或改说“手机软件”）"
    if " " in said:
        return "有不是汉字的部分，请只写汉字"
    if not is_hanzi(said):
        strange = "".join(dict.fromkeys(character for character in said if not is_hanzi(character)))
        hint = f"（简体：{simplified(said)}）" if is_hanzi(simplified(said)) else ""
        return f"不认识“{strange}”，请写简体常用字，生僻字写同音字{hint}" if strange else "没有可听的字"
    if len(said) > longest:
        return f"有 {len(said)} 个字，最多 {longest} 个：请截成客户会说的短句"
    return ""


def adapt(
    out: Path,
    acoustic: Path,
    *,
    phrases: Iterable[str],
    names: Iterable[str] = (),
    texts: Iterable[Path] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> Built:
    """Build `out` around the acoustic model of the directory `acoustic`, whose options, texts and own phrases are kept.

    The scripts' own phrases stay; every phrase and name is then found in the vocabulary whole. Raises CannotAdapt, and
    BadText for a text that cannot be counted.
    """
    _check_acoustic(acoustic)
    if out.resolve() == acoustic.resolve() or (out.exists() and any(out.iterdir()) and not (out / CARD).is_file()):
        raise CannotAdapt(f"{out} 里已有别的东西：请给一个新目录")
    wanted, named = list(phrases), list(names)
    base = Base.of(acoustic)
    origin = {"adapted_from": base.card.get("name", acoustic.name)}
    built = base.build(out, texts=texts, phrases=wanted, names=named, card=origin, on_step=on_step)
    ear = VoskRecognizer(out)
    if lost := [phrase for phrase in (*wanted, *named) if not ear.is_word(phrase)]:
        raise CannotAdapt(f"词表里没有：{'、'.join(lost[:5])}")
    return built


def _check_acoustic(acoustic: Path) -> None:
    """Only models with this product's phones can be given other words. Raises CannotAdapt."""
    why = f"{acoustic} 不是本产品的听觉模型：适配只能以随产品附带的模型（或由它训练、适配出的模型）为底"
    if not (acoustic / "am" / "final.mdl").is_file() or not (acoustic / "conf" / "mfcc.conf").is_file():
        raise CannotAdapt(f"{why}，缺 am/final.mdl 或 conf/mfcc.conf")
    try:
        found = set(load(acoustic / "am" / "final.mdl").topology)
    except BadModel:
        raise CannotAdapt(f"{why}，它的网络是别的类型") from None
    if found not in (set(phones(has_non_speech=has).values()) for has in (False, True)):
        raise CannotAdapt(f"{why}，它的音素表不同")
