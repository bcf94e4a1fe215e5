"""The second pass: by sound and by likeness. Repairs words that sound like the trade's, of three syllables or more."""

from __future__ import annotations

from functools import cache

from ivr.understanding.lexicon.examples import TERMS
from ivr.understanding.normalise import Utterance, normalise

_LONGEST = 200
_MANY = {
    "还": "huan hai",
    "行": "xing hang",
    "得": "de dei",
    "差": "cha chai",
    "了": "le liao",
    "长": "chang zhang",
    "重": "zhong chong",
    "调": "diao tiao",
    "单": "dan shan",
    "曾": "zeng ceng",
    "解": "jie xie",
}
_FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"))


def repaired(said: Utterance) -> Utterance | None:
    """The utterance with same-sounding stretches replaced by the trade's words, or None when nothing changes."""
    text = said.core[:_LONGEST]
    spelled = [syllables(char) for char in text]
    terms = _terms()
    changed = list(text)
    for start in range(len(text) - 2):
        for syllable in spelled[start]:
            for term, sound in terms.get(syllable, ()):
                if text[start : start + len(term)] != term and _alike(spelled, start, sound):
                    changed[start : start + len(term)] = list(term)
    mended = "".join(changed)
    return normalise(mended + said.core[_LONGEST:]) if mended != text else None


def _alike(spelled: list[frozenset[str]], start: int, sound: tuple[frozenset[str], ...]) -> bool:
    if start + len(sound) > len(spelled):
        return False
    return all(spelled[start + index] & one for index, one in enumerate(sound))


@cache
def _terms() -> dict[str, list[tuple[str, tuple[frozenset[str], ...]]]]:
    """The terms by each reading of their first syllable."""
    terms: dict[str, list[tuple[str, tuple[frozenset[str], ...]]]] = {}
    for term in (term for term in TERMS if len(term) >= 3):
        sound = tuple(syllables(char) for char in term)
        for syllable in sound[0]:
            terms.setdefault(syllable, []).append((term, sound))
    return terms


@cache
def _readings() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # slow and large: only when something must be heard

    return dict(pinyin_dict)


@cache
def syllables(char: str) -> frozenset[str]:
    """Toneless readings of a character with zh/z, n/l and ng/n folded; a set of more than one for 还 行 得 and the like."""
    if char in _MANY:
        return frozenset(folded(one) for one in _MANY[char].split())
    marked = _readings().get(ord(char), "").split(",")[0]
    return frozenset({folded(_toneless(marked))}) if marked else frozenset({char})


def _toneless(marked: str) -> str:
    return marked.translate(str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm"))


def folded(syllable: str) -> str:
    """A syllable as southern ears and poor lines hear it."""
    for wide, narrow in _FOLDS:
        if syllable.startswith(wide):
            syllable = narrow + syllable[2:]
    if syllable.startswith("n"):
        syllable = "l" + syllable[1:]
    return syllable[:-1] if syllable.endswith("ng") else syllable
