"""Words of the first Chinese model and how they sound. Reads `domain.txt` and GB2312; knows no file formats of Kaldi.

Every Hanzi of GB2312 is a word with all its toneless readings, so that no phrase is ever dropped from a grammar.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pypinyin import Style, lazy_pinyin, pinyin

from speech.graphs.phones import NotASyllable, Syllable, syllable_of

DOMAIN = Path(__file__).with_name("domain.txt")

_HUAN = frozenset("款钱清到")
"""After 还 in a multi-character word these make it huan; 没 有 是 and the rest leave it hai."""

_FIXED = {"还不起": "huan bu qi", "还不上": "huan bu shang", "转账": "zhuan zhang", "发了": "fa le", "没了": "mei le"}
_EXTRA_READINGS = {
    "幺": ("yao",),
    "嗯": ("en",),
    "喂": ("wei",),
    "不": ("bu",),
    "还": ("huan", "hai"),
    "谁": ("shei", "shui"),
    "那": ("na", "nei"),
}
_ACCEPTED = {"嗯嗯": ("en en",), "没听清": ("mei ting qing",)}


def sentences(path: Path = DOMAIN) -> list[list[str]]:
    """Utterances as lists of words; `#` lines are comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def hanzi() -> list[str]:
    """The 6,763 Hanzi of GB2312 (levels 1 and 2), in code order."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return [decoded for cell in cells if len(decoded := cell.decode("gb2312", errors="ignore")) == 1]


def readings(word: str) -> tuple[tuple[Syllable, ...], ...]:
    """All ways in which a word may sound: every reading of a single Hanzi, one reading of a longer word."""
    if len(word) > 1:
        return (_syllables(_word_pinyin(word)),)
    listed = [*_EXTRA_READINGS.get(word, ()), *pinyin(word, style=Style.NORMAL, heteronym=True)[0]]
    if word in _EXTRA_READINGS:
        listed = list(_EXTRA_READINGS[word])
    return tuple(dict.fromkeys(sounds for one in listed if (sounds := _legal(one))))


def vocabulary(texts: Iterable[list[str]]) -> list[str]:
    """Words of the texts and every Hanzi, sorted; no Latin, no digits."""
    return sorted({word for text in texts for word in text} | set(hanzi()))


def _word_pinyin(word: str) -> list[str]:
    if word in _FIXED:
        return _FIXED[word].split()
    sounds = lazy_pinyin(word, style=Style.NORMAL)
    for place, character in enumerate(word[:-1]):
        if character == "还" and word[place + 1] in _HUAN:
            sounds[place] = "huan"
    return [fixed[0] if (fixed := _EXTRA_READINGS.get(char)) else sound for char, sound in zip(word, sounds, strict=True)]


def _syllables(sounds: list[str]) -> tuple[Syllable, ...]:
    return tuple(syllable_of(sound) for sound in sounds)


def _legal(sound: str) -> tuple[Syllable, ...]:
    try:
        return (syllable_of(sound),)
    except NotASyllable:
        return ()
