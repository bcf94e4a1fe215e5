"""The phones of the first Chinese model: 21 initials and 37 toneless finals, position dependent. Pure.

A syllable is an optional initial (one HMM state) and a final (two HMM states). Each phone comes in four positions
(_B begins a word, _I inside, _E ends it, _S alone) that share their densities. Numbers follow `graph/phones.txt`.
"""

from __future__ import annotations

from math import log

# fmt: off
INITIALS = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s",
)
FINALS = (
    "a", "ai", "an", "ang", "ao", "e", "ei", "en", "eng", "er", "i", "ia", "ian", "iang", "iao", "ie", "ii", "iii",
    "in", "ing", "iong", "iou", "o", "ong", "ou", "u", "ua", "uai", "uan", "uang", "uei", "uen", "ueng", "uo", "v",
    "van", "ve", "vn",
)
# fmt: on
POSITIONS = "BIES"
SILENCE = 1

Syllable = tuple[str, str]
"""Initial ("" for none) and final."""

_Y = {
    "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "you": "iou", "yan": "ian", "yin": "in", "yang": "iang",
    "ying": "ing", "yo": "o", "yong": "iong", "yu": "v", "yue": "ve", "yuan": "van", "yun": "vn",
}  # fmt: skip
_W = {
    "wu": "u", "wa": "ua", "wo": "uo", "wai": "uai", "wei": "uei", "wan": "uan", "wen": "uen", "wang": "uang",
    "weng": "ueng",
}  # fmt: skip
_SHORT = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "ve"}
_APICAL = {"z": "ii", "c": "ii", "s": "ii", "zh": "iii", "ch": "iii", "sh": "iii", "r": "iii"}


class NotASyllable(ValueError):
    """The pinyin is not a syllable of standard Mandarin."""


def syllable_of(pinyin: str) -> Syllable:
    """Initial and final of a toneless pinyin syllable (`huan`, `lü` or `lv`, `yuan`). Raises NotASyllable."""
    spelt = pinyin.replace("ü", "v")
    if spelt in {"n", "ng", "m"}:
        return "", "en"
    if spelt in _Y or spelt in _W:
        return "", _Y.get(spelt) or _W[spelt]
    initial = next((candidate for candidate in INITIALS if spelt.startswith(candidate)), "")
    final = _full_final(initial, spelt[len(initial) :])
    if final not in FINALS or (not initial and final in _BARE_ILLEGAL):
        raise NotASyllable(pinyin)
    return initial, final


_BARE_ILLEGAL = frozenset({"ii", "iii", "i", "u", "v", "iong", "ong", "ia", "ie", "ua", "uo", "ve", "van", "vn", "in"})


def _full_final(initial: str, rest: str) -> str:
    if initial in {"j", "q", "x"} and rest.startswith("u"):
        rest = "v" + rest[1:]
    if rest == "i" and initial in _APICAL:
        return _APICAL[initial]
    return _SHORT.get(rest, rest)


def state_count(phone: int) -> int:
    """HMM states of a phone: 2 for a final, else 1."""
    return 1 if phone < 2 + 4 * len(INITIALS) else 2


def phone(base: str, position: str) -> int:
    """Number of an initial or final at a position of a word (one of POSITIONS)."""
    return 2 + 4 * (INITIALS + FINALS).index(base) + POSITIONS.index(position)


def word_phones(syllables: tuple[Syllable, ...]) -> tuple[int, ...]:
    """Phones of a word of at least one syllable, with positions."""
    bases = [base for syllable in syllables for base in syllable if base]
    if len(bases) == 1:
        return (phone(bases[0], "S"),)
    inner = tuple(phone(base, "I") for base in bases[1:-1])
    return (phone(bases[0], "B"), *inner, phone(bases[-1], "E"))


class Transitions:
    """Transition-ids of the model's classic HMM topology, numbered by phone, state, then self-loop before forward.

    Self-loop probabilities as in `am/final.mdl`: silence 0.9, everything else 0.5. `scale` weighs them like the
    decoder's acoustic scale weighs the densities; at 1.0 cheap silence swallows digits (a quarter of them, at 0.3 a seventh).
    """

    def __init__(self, scale: float = 0.3) -> None:
        self._scale = scale
        self._first: dict[tuple[int, int], int] = {}
        count = 0
        for number in range(SILENCE, 2 + 4 * len(INITIALS + FINALS)):
            for state in range(state_count(number)):
                self._first[number, state] = count + 1
                count += 2
        self.count = count

    def stay(self, number: int, state: int) -> tuple[int, float]:
        """Transition-id and cost (-log) of a phone's self-loop."""
        return self._first[number, state], self._scale * -log(_stay_probability(number))

    def leave(self, number: int, state: int) -> tuple[int, float]:
        """Transition-id and cost (-log) of going on from a phone's state."""
        return self._first[number, state] + 1, self._scale * -log(1 - _stay_probability(number))


def _stay_probability(number: int) -> float:
    return 0.9 if number == SILENCE else 0.5
