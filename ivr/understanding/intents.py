"""Which intents an utterance holds and which comes first. Judges words and what the step expects; reads no slot."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.meaning import Hints
from ivr.understanding.lexicon.car import FOLLOW_UP
from ivr.understanding.lexicon.carrier import ANNOUNCEMENTS, INVENTED
from ivr.understanding.lexicon.money import MONEY
from ivr.understanding.lexicon.person import PERSON
from ivr.understanding.lexicon.talk import TALK
from ivr.understanding.normalise import Utterance
from ivr.understanding.rules import Rule, compiled, hits
from kit.vocabulary import Announcement, Intent

RULES: tuple[Rule, ...] = (*PERSON, *MONEY, *FOLLOW_UP, *TALK)
_LATER = 9.0
_EXPECTED = 12.0


@dataclass(frozen=True, slots=True)
class IntentHeard:
    """One intent with its weight and the words that showed it."""

    intent: Intent
    weight: float
    words: str


def announcement(said: Utterance) -> tuple[Announcement, str] | None:
    """The kind of recorded voice, with its words, or None for a person."""
    for rule, hit in hits(ANNOUNCEMENTS, said):
        return Announcement(rule.code), hit.heard
    return None


def invented(said: Utterance) -> bool:
    """Whether this is what engines write on noise: captions, pleas to subscribe, one word looped."""
    bare = said.joined
    if len(bare) >= 8 and len(set(bare)) <= 2:
        return True
    return len(bare) <= 40 and bool(compiled(INVENTED).search(said.clean.replace(",", "")))


def heard_intents(said: Utterance, hints: Hints) -> list[IntentHeard]:
    """Intents by weight, the primary first; a later clause and an expected intent weigh more."""
    best: dict[Intent, IntentHeard] = {}
    for rule, hit in hits(RULES, said):
        intent = Intent(rule.code)
        weight = rule.weight + _LATER * hit.at + (_EXPECTED if intent in hints.expect else 0.0)
        if intent not in best or best[intent].weight < weight:
            best[intent] = IntentHeard(intent, weight, hit.heard)
    _drop_shadows(best)
    return sorted(best.values(), key=lambda one: -one.weight)


_SHADOWS: tuple[tuple[Intent, tuple[Intent, ...]], ...] = (
    (Intent.WRONG_PERSON, (Intent.IS_CALLEE, Intent.ASK_WHO)),
    (Intent.THIRD_PARTY, (Intent.IS_CALLEE, Intent.WRONG_PERSON)),
    (Intent.ALREADY_PAID, (Intent.PROMISE_TO_PAY,)),
    (Intent.REFUSES_RECORDING, (Intent.STOP_CALLING,)),
    (Intent.CALL_BACK_LATER, (Intent.HOLD_ON, Intent.PREFERS)),
    (Intent.VEHICLE_ISSUE, (Intent.VEHICLE_OK,)),
    (Intent.PAPERS_ISSUE, (Intent.PAPERS_OK,)),
    (Intent.DETAILS_CHANGED, (Intent.DETAILS_OK,)),
    (Intent.JOB_CHANGED, (Intent.JOB_OK,)),
    (Intent.DENY, (Intent.AFFIRM,)),
)


def _drop_shadows(best: dict[Intent, IntentHeard]) -> None:
    for strong, weak in _SHADOWS:
        if strong in best:
            for intent in weak:
                best.pop(intent, None)
