"""The phones of the Chinese models: silence, 21 initials, 38 toneless finals, and where the model knows it, non-speech. Pure.

A syllable is an optional initial (one HMM state) and a final (two HMM states). Each phone comes in four positions
(_B begins a word, _I inside, _E ends it, _S alone) that share their densities. Numbers follow `graph/phones.txt`.
Non-speech (laughter, ring-back, music, carrier tones, breath) is the last number, so that the others never change.
"""

from __future__ import annotations

from math import log

from speech.kaldi.model import Hmm, transition_model
from speech.mandarin.phonemes import BadSyllable, split

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
_FIRST_FINAL = 2 + 4 * len(INITIALS)
NON_SPEECH = 2 + 4 * len(INITIALS + FINALS)
"""Number of the phone NSN, in models that have it: 238."""

Syllable = tuple[str, str]
"""Initial ("" for none) and final."""


class NotASyllable(ValueError):
    """The pinyin is not a syllable of standard Mandarin."""


def toneless(numbered: str) -> str:
    """`huan2` without its tone."""
    return numbered.rstrip("12345")


def syllable_of(pinyin: str) -> Syllable:
    """Initial and final of a toneless pinyin syllable (`huan`, `lü` or `lv`, `yuan`). Raises NotASyllable."""
    spelt = pinyin.replace("ü", "v")
    if spelt in {"n", "ng", "m"}:
        return "", "en"
    try:
        initial, final, _ = split(f"{spelt}5")
    except BadSyllable:
        raise NotASyllable(pinyin) from None
    if final == "ii" and initial in _RETROFLEX:
        final = "iii"
    if final == "io":
        final = "o"
    if not initial and spelt[0] not in "yw" and final in _BARE_ILLEGAL:
        raise NotASyllable(pinyin)
    return initial, final


_RETROFLEX = frozenset({"zh", "ch", "sh", "r"})
_BARE_ILLEGAL = frozenset({"ii", "iii", "i", "u", "v", "iong", "ong", "ia", "ie", "ua", "uo", "ve", "van", "vn", "in"})


def state_count(phone: int) -> int:
    """HMM states of a phone: 2 for a final, else 1."""
    return 2 if _FIRST_FINAL <= phone < NON_SPEECH else 1


def phones(*, has_non_speech: bool) -> dict[str, int]:
    """All phones of a model by name, as `graph/phones.txt` lists them after <eps>."""
    placed = {f"{base}_{at}": phone(base, at) for base in INITIALS + FINALS for at in POSITIONS}
    return {"SIL": SILENCE, **placed, **({"NSN": NON_SPEECH} if has_non_speech else {})}


def pdf_count(*, has_non_speech: bool) -> int:
    """Densities of a model: 98, or 99 with non-speech."""
    return 1 + len(INITIALS) + 2 * len(FINALS) + has_non_speech


def pdf_of(base: str, state: int = 0) -> int:
    """Density of a state of `SIL`, `NSN`, an initial or a final (state 0 or 1). Raises ValueError for another base."""
    if base == "SIL":
        return 0
    if base == "NSN":
        return pdf_count(has_non_speech=False)
    if base in INITIALS:
        return 1 + INITIALS.index(base)
    return 1 + len(INITIALS) + 2 * FINALS.index(base) + state


def base_of(phone: int) -> str:
    """The initial or final behind a phone's number; SIL and NSN for themselves."""
    if phone in (SILENCE, NON_SPEECH):
        return "SIL" if phone == SILENCE else "NSN"
    return (INITIALS + FINALS)[(phone - 2) // 4]


def transition_bytes(*, has_non_speech: bool) -> bytes:
    """The transition model that goes with these phones, as `speech.kaldi.model.write` takes it."""
    quiet = (SILENCE, NON_SPEECH) if has_non_speech else (SILENCE,)
    hmms = (
        Hmm(quiet, (_stay_probability(SILENCE),)),
        Hmm(tuple(range(2, _FIRST_FINAL)), (0.5,)),
        Hmm(tuple(range(_FIRST_FINAL, NON_SPEECH)), (0.5, 0.5)),
    )
    return transition_model(hmms, lambda number, state: pdf_of(base_of(number), state))


def word_boundaries(*, has_non_speech: bool) -> str:
    """Text of `graph/phones/word_boundary.int`."""
    kinds = {"B": "begin", "I": "internal", "E": "end", "S": "singleton"}
    listed = phones(has_non_speech=has_non_speech).items()
    return "".join(f"{number} {kinds[name[-1]] if '_' in name else 'nonword'}\n" for name, number in listed)


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
    Non-speech is numbered whether the model has it or not, being the last.
    """

    def __init__(self, scale: float = 0.3) -> None:
        self._scale = scale
        self._first: dict[tuple[int, int], int] = {}
        count = 0
        for number in range(SILENCE, NON_SPEECH + 1):
            for state in range(state_count(number)):
                self._first[number, state] = count + 1
                count += 2
        self.count = count
        """Transition-ids of a model with non-speech: 780; without, the last two are missing."""

    def stay(self, number: int, state: int) -> tuple[int, float]:
        """Transition-id and cost (-log) of a phone's self-loop."""
        return self._first[number, state], self._scale * -log(_stay_probability(number))

    def leave(self, number: int, state: int) -> tuple[int, float]:
        """Transition-id and cost (-log) of going on from a phone's state."""
        return self._first[number, state] + 1, self._scale * -log(1 - _stay_probability(number))


def _stay_probability(number: int) -> float:
    return 0.9 if number in (SILENCE, NON_SPEECH) else 0.5
