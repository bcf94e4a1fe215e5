"""Words of the Chinese models and how they sound. Reads `domain.txt` and GB2312; knows no file formats of Kaldi.

Every Hanzi of GB2312 is a word with all its toneless readings, so that no phrase is ever dropped from a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml
from pypinyin import Style, pinyin

from speech import classes
from speech.graphs.phones import NotASyllable, Syllable, syllable_of, toneless
from speech.mandarin.readings import readings as spoken_readings

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Reads everything as text, like the scripts themselves are read."""

DOMAIN = Path(__file__).with_name("domain.txt")

_SINGLE = {
    "幺": ("yao",),
    "嗯": ("en",),
    "喂": ("wei",),
    "不": ("bu",),
    "还": ("huan", "hai"),
    "谁": ("shei", "shui"),
    "那": ("na", "nei"),
    "哪": ("na", "nei"),
}
"""Readings of single Hanzi in place of the dictionary's, which lists rare ones first and omits spoken ones."""


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
        return (tuple(syllable_of(toneless(sound)) for sound in spoken_readings(word)),)
    listed = _SINGLE.get(word) or pinyin(word, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys(sounds for one in listed if (sounds := _legal(one))))


_NEVER_SAID = "forbidden.yaml"
"""What our side may not say: lists that nobody expects to hear."""


def script_phrases(folder: Path) -> set[str]:
    """Every list entry of the scripts that is Hanzi alone: the phrases that steps expect."""
    found: set[str] = set()
    for path in folder.rglob("*.yaml"):
        if path.name == _NEVER_SAID:
            continue
        found.update(_listed(yaml.load(path.read_text(encoding="utf-8"), _LOADER)))
    return {phrase for phrase in found if re.fullmatch("[一-龥]{2,12}", phrase)}


def vocabulary(texts: Iterable[list[str]], phrases: Iterable[str] = ()) -> list[str]:
    """Words of the texts, whole short utterances and phrases, words of the classes, and every Hanzi, sorted; no digits.

    A phrase that is one word cannot be torn apart by the back-off bigram of a run-time grammar: garbage then goes to
    [unk] and not to a mixture of pieces.
    """
    listed = list(texts)
    whole = {"".join(text) for text in listed}
    return sorted({word for text in listed for word in text} | whole | set(phrases) | classes.words() | set(hanzi()))


def common_hanzi() -> list[str]:
    """The 3,755 Hanzi of level 1 of GB2312, in code order."""
    return hanzi()[:3755]


def _listed(node: object) -> set[str]:
    if isinstance(node, dict):
        return {text for value in node.values() for text in _listed(value)}
    if isinstance(node, list):
        return {text for entry in node for text in ({entry} if isinstance(entry, str) else _listed(entry))}
    return set()


def _legal(sound: str) -> tuple[Syllable, ...]:
    try:
        return (syllable_of(sound),)
    except NotASyllable:
        return ()
