"""Numbered pinyin -> the phonemes of Kokoro's vocabulary. Pure tables.

Sources: the IPA of standard Mandarin (Duanmu 2007; Lin 2007) as Kokoro-82M v1.0 was trained on it: affricates as one
letter, tones as arrows after the syllable's nucleus, apical vowels as ɨ, the light tone unmarked.
"""

from __future__ import annotations

from collections.abc import Iterable

from speech.mandarin.readings import Word

INITIALS = {
    "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "z": "ʦ", "c": "ʦʰ", "s": "s", "r": "ɻ",
}  # fmt: skip

FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "er": "ɚ0", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0", "in": "i0n",
    "ing": "i0ŋ", "iong": "jʊ0ŋ", "iou": "jou0", "io": "jɔ0", "o": "wo0", "ong": "ʊ0ŋ", "ou": "ou0", "u": "u0",
    "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uang": "wa0ŋ", "uei": "wei0", "uen": "wə0n", "ueng": "wə0ŋ",
    "uo": "wo0", "v": "y0", "van": "ɥɛ0n", "ve": "ɥe0", "vn": "y0n", "ii": "ɨ0",
}  # fmt: skip
"""0 stands where the tone goes. `ii` is the vowel of zhi chi shi ri zi ci si."""

TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

_WHOLE = {"o": "ɔ0", "n": "ə0n", "ng": "ə0ŋ", "m": "m", "hm": "m", "hng": "ə0ŋ", "ê": "ɛ0", "r": "ɚ0"}
"""Interjections and the r of erhua, which have no initial and final of their own."""

_Y = {
    "yi": "i", "ya": "ia", "yan": "ian", "yang": "iang", "yao": "iao", "ye": "ie", "yin": "in", "ying": "ing",
    "yo": "io", "yong": "iong", "you": "iou", "yu": "v", "yuan": "van", "yue": "ve", "yun": "vn",
    "wu": "u", "wa": "ua", "wai": "uai", "wan": "uan", "wang": "uang", "wei": "uei", "wen": "uen", "weng": "ueng",
    "wo": "uo",
}  # fmt: skip
_SHORT = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve"}
_AFTER_JQX = {"u": "v", "ue": "ve", "uan": "van", "un": "vn"}


class BadSyllable(ValueError):
    """Not a syllable of numbered pinyin."""


def split(syllable: str) -> tuple[str, str, str]:
    """(initial or "", final, tone): zhong1 -> ("zh", "ong", "1"), juan3 -> ("j", "van", "3"), shi4 -> ("sh", "ii", "4")."""
    body, tone = syllable[:-1], syllable[-1:]
    if tone not in TONES or not body:
        raise BadSyllable(syllable)
    if body in _Y:
        return "", _Y[body], tone
    initial = next((name for name in (body[:2], body[:1]) if name in INITIALS and name != body), "")
    final = body[len(initial) :]
    if initial in {"j", "q", "x"}:
        final = _AFTER_JQX.get(final, final)
    final = _SHORT.get(final, final)
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        final = "ii"
    if final not in FINALS:
        raise BadSyllable(syllable)
    return initial, final, tone


def syllable_phonemes(syllable: str) -> str:
    """Phonemes of one syllable: huan2 -> xwa↗n. Raises BadSyllable."""
    if syllable[:-1] in _WHOLE and syllable[-1:] in TONES:
        return _WHOLE[syllable[:-1]].replace("0", TONES[syllable[-1]])
    initial, final, tone = split(syllable)
    return INITIALS.get(initial, "") + FINALS[final].replace("0", TONES[tone])


def phonemes(words: Iterable[Word]) -> str:
    """What Kokoro is given: words apart by a space, marks attached to the word before them."""
    said = ""
    for word in words:
        if word.is_mark:
            said += word.text
        else:
            said += (" " if said else "") + "".join(map(syllable_phonemes, word.syllables))
    return said
