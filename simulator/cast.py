"""The cast: who the simulated subscribers are, and what each does about what it hears. Content comes from cast.yaml; pure."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Set
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

NAMESAKE = Path(__file__).parent / "cast.yaml"
_DIGITS = "零一二三四五六七八九"
_PUNCTUATION = re.compile(r"[^\w]|_")
_EXACT_UP_TO = 3
_ALIKE = 88.0
"""Share of equal letters (rapidfuzz ratio) from which two pinyin stretches count as the same words."""


class BadCast(ValueError):
    """cast.yaml is wrong; the message says where."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a persona does: the parts that are set happen in this order."""

    says: str = ""
    presses: str = ""
    hangs_up: bool = False
    stays_silent: bool = False
    after_s: float = 0.0
    """Beyond the usual 0.4-0.9 s."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An act for what is heard: any of `hears` (parts joined by + must all be there), none of `unless`.

    Of several rules that fit, the one whose keyword was heard last is taken: people answer the last question.
    """

    hears: tuple[str, ...]
    act: Act
    unless: tuple[str, ...] = ()
    once: bool = False

    def place(self, text: str) -> int:
        """Where in the text the keyword that calls for this act ends; -1 when none does."""
        if any(heard_at(word, text) >= 0 for word in self.unless):
            return -1
        return max(heard_at(word, text) for word in self.hears)


@dataclass(frozen=True, slots=True)
class Noise:
    """Background: `hiss`, `street` or `car`, so many dB below the voice."""

    kind: str
    snr_db: float


@dataclass(frozen=True, slots=True)
class Telephone:
    """How the telephone behaves: answers | busy | no_answer | rejects | invalid."""

    how: str = "answers"
    after_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Persona:
    """One subscriber of the cast. `facts` are what a lender's list says of it."""

    key: str
    voice: str
    speed: float = 1.0
    pitch: float = 1.0
    noise: Noise | None = None
    telephone: Telephone = Telephone()
    greets: str = ""
    rules: tuple[Rule, ...] = ()
    otherwise: Act = Act(stays_silent=True)
    turns: tuple[Act, ...] = ()
    announces: str = ""
    beep: bool = False
    repeats: int = 1
    is_agent: bool = False
    with_person: tuple[str, ...] = ()
    talks_over_after_s: float = 0.0
    talks_over_times: int = 0
    patience_s: float = 15.0
    nudge: str = "喂？能听到吗？"
    script: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)

    def spoken(self, text: str) -> str:
        """A line with its blanks filled: {name}, {surname}, {id_last4} (digit by digit), {amount_yuan}, {loan_no}."""
        filled = {name: str(value) for name, value in self.facts.items()}
        if "id_last4" in filled:
            filled["id_last4"] = "，".join(_DIGITS[int(d)] if d.isdigit() else d for d in filled["id_last4"])
        filled["surname"] = filled.get("name", "")[:1]
        return text.format_map(filled)

    def rule(self, text: str, *, without: Set[Rule] = frozenset()) -> Rule | None:
        """The rule that the text calls for; the earlier of two that are equally late in it."""
        fitting = [(rule.place(text), -order, rule) for order, rule in enumerate(self.rules) if rule not in without]
        place, _, rule = max(fitting, key=lambda one: one[:2], default=(-1, 0, None))
        return rule if place >= 0 else None

    def lines(self, *, with_turns: bool = False) -> list[str]:
        """Every sentence that this persona may say, each once; those of its turns (without an ear) on request."""
        acts = [*(rule.act for rule in self.rules), self.otherwise, *(self.turns if with_turns else ())]
        texts = [self.greets, self.announces, *(act.says for act in acts), *self.with_person]
        if not self.announces and not self.is_agent and self.patience_s:
            texts.append(self.nudge)
        return list(dict.fromkeys(self.spoken(text) for text in texts if text))

    def clip_name(self, text: str) -> str:
        """The file of a spoken line: it changes with whatever changes the sound."""
        sound = (self.voice, self.speed, self.pitch, self.noise, text)
        return f"{self.key}-{hashlib.sha256(repr(sound).encode()).hexdigest()[:16]}.ulaw"


def heard_at(word: str, text: str) -> int:
    """Where a keyword ends in a text (in characters), by its letters or by its sound; -1 when it is not there.

    `a+b` wants both, in any order. Words of up to three syllables must sound the same; longer ones nearly so.
    """
    plain = _plain(text)
    places = [_part_at(_plain(part), plain) for part in word.split("+")]
    return max(places) if min(places) >= 0 else -1


def _part_at(part: str, text: str) -> int:
    at = text.rfind(part)
    if not part or at >= 0:
        return at + len(part) if part else -1
    wanted, syllables = _syllables(part), _syllables(text)
    if len(wanted) < 2:
        return -1
    target, least = " ".join(wanted), _ALIKE if len(wanted) > _EXACT_UP_TO else 100.0
    for place in range(len(syllables) - len(wanted), -1, -1):
        if fuzz.ratio(target, " ".join(syllables[place : place + len(wanted)])) >= least:
            return place + len(wanted)
    return -1


def _plain(text: str) -> str:
    bare = _PUNCTUATION.sub("", text).lower()
    return "".join(_DIGITS[int(c)] if c in "0123456789" else c for c in bare)


@functools.lru_cache(maxsize=4096)
def _syllables(text: str) -> tuple[str, ...]:
    """Toneless, with zh/z, ch/c, sh/s and ng/n alike; 还 is always read huan, as in 还款."""
    found = lazy_pinyin(text.replace("还", "环"), style=Style.NORMAL)
    return tuple(one.replace("zh", "z").replace("ch", "c").replace("sh", "s").replace("ng", "n") for one in found)


@dataclass(frozen=True, slots=True)
class Cast:
    """All personas by key."""

    personas: dict[str, Persona]

    @classmethod
    def load(cls, path: Path = NAMESAKE) -> Cast:
        """From YAML. Raises BadCast with the persona and the reason."""
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict) or not isinstance(raw.get("personas"), dict):
            raise BadCast(f"{path}: no personas")
        common = (raw.get("rules_before", []), raw.get("rules_after", []))
        found: dict[str, Persona] = {}
        for key, entry in raw["personas"].items():
            try:
                found[key] = _persona(key, entry, common)
                found[key].lines(with_turns=True)
            except (KeyError, TypeError, ValueError) as fault:
                raise BadCast(f"{path}: {key}: {fault}") from fault
        return cls(found)


_FACTS = frozenset({"seed", "name", "id_last4", "loan_no", "amount_yuan", "due_on", "overdue_days", "note"})
_OWN = ({item.name for item in fields(Persona)} - {"key", "facts"}) | {"takes_common_rules"}


def _persona(key: str, entry: dict[str, Any], common: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> Persona:
    strange = set(entry) - _OWN - _FACTS
    if strange:
        raise BadCast(f"unknown {sorted(strange)}")
    plain = {name: value for name, value in entry.items() if name in _OWN}
    is_ordinary = not (plain.get("announces") or plain.get("is_agent"))
    before, after = common if plain.pop("takes_common_rules", is_ordinary) else ([], [])
    rules = [*before, *plain.pop("rules", []), *after]
    noise, telephone = plain.pop("noise", None), plain.pop("telephone", {})
    return Persona(
        key=key,
        rules=tuple(_rule(rule) for rule in rules),
        otherwise=_act(plain.pop("otherwise", {"stays_silent": True})),
        turns=tuple(_act(turn) for turn in plain.pop("turns", [])),
        noise=Noise(str(noise["kind"]), float(noise["snr_db"])) if noise else None,
        telephone=Telephone(**telephone),
        with_person=tuple(plain.pop("with_person", [])),
        facts={name: value for name, value in entry.items() if name in _FACTS},
        **plain,
    )


def _rule(raw: dict[str, Any]) -> Rule:
    rest = dict(raw)
    hears, unless, once = rest.pop("hears"), rest.pop("unless", []), bool(rest.pop("once", False))
    return Rule(hears=tuple(map(str, hears)), unless=tuple(map(str, unless)), once=once, act=_act(rest))


def _act(raw: dict[str, Any]) -> Act:
    act = Act(**raw)
    if not (act.says or act.presses or act.hangs_up or act.stays_silent):
        raise BadCast(f"an act that does nothing: {raw}")
    return act
