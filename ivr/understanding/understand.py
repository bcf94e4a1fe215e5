"""One utterance in, one Meaning out. Order: clean, noise, recorded voices, intents, context, slots, risk, near misses.

Decides from the text and the hints alone: no clock, no I/O, no memory. Risk is judged on every utterance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.meaning import Hints, Meaning, RiskFound, Slot
from ivr.understanding.context import in_context
from ivr.understanding.intents import announcement, heard_intents, invented
from ivr.understanding.likeness import nearest
from ivr.understanding.normalise import Utterance, normalise
from ivr.understanding.risk import named_dead, risks, risks_of_intents, settled
from ivr.understanding.slots import slots
from ivr.understanding.sounds import repaired
from kit.vocabulary import Intent, Risk, Severity, SlotName


@dataclass(slots=True)
class _Draft:
    intents: list[Intent] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    confidence: float = 1.0


def understand(text: str, hints: Hints) -> Meaning:
    """What the utterance means where it was said. Any text is accepted; empty and invented text is `unclear`."""
    said = normalise(text)
    if not said.clean:
        return Meaning(text, Intent.UNCLEAR, (Intent.UNCLEAR,), why=("空白",), confidence=0.0)
    recorded = announcement(said)
    if recorded:
        kind, words = recorded
        slot = Slot(SlotName.KIND, kind.value, words)
        return Meaning(text, Intent.ANNOUNCEMENT, (Intent.ANNOUNCEMENT,), (slot,), why=(f"录音播报：“{words}”",))
    if invented(said):
        return Meaning(text, Intent.UNCLEAR, (Intent.UNCLEAR,), why=("噪声里的虚构字句",), confidence=0.0)
    return _person(text, said, hints)


def _person(text: str, said: Utterance, hints: Hints) -> Meaning:
    draft = _draft(said, hints)
    found = [*risks(said), *named_dead(said, hints.callee_name)]
    sounded = repaired(said)
    if sounded:
        found += risks(sounded)
        second = _draft(sounded, hints, stage="同音")
        if draft.intents == [Intent.UNCLEAR] or set(draft.intents) < set(second.intents):
            draft = second
            said = sounded if draft.intents != [Intent.UNCLEAR] else said
    if draft.intents == [Intent.UNCLEAR] and not said.clean.isdecimal() and (near := nearest(said, hints)):
        draft.intents, draft.confidence = [near.intent], 0.6
        draft.why = [f"近似：{near.intent.value}，像“{near.example}” {near.score:.2f}"]
    intents = tuple(draft.intents)
    if draft.confidence == 1.0:  # a likeness is too weak to lock a number or open a case
        found += risks_of_intents(intents, said)
    values = tuple(slots(said, intents, hints))
    risk = settled([*found, *_given_up(values, hints)])
    why = (*(one.why for one in risk), *draft.why)
    return Meaning(text, intents[0], intents, values, risk, why, draft.confidence)


def _given_up(values: tuple[Slot, ...], hints: Hints) -> list[RiskFound]:
    """A car that is gone, said where the car is asked about: its name need not be heard again."""
    if Intent.VEHICLE_ISSUE not in hints.expect:
        return []
    gone = [one for one in values if one.name is SlotName.VEHICLE_STATE and one.value in _GONE]
    return [RiskFound(Risk.VEHICLE_DISPOSED, Severity.P1, f"车辆已处置：“{one.heard}”") for one in gone]


_GONE = frozenset({"sold", "pledged", "given_away", "gps_removed"})


def _draft(said: Utterance, hints: Hints, *, stage: str = "规则") -> _Draft:
    draft = _Draft()
    heard = in_context(said, heard_intents(said, hints), hints)
    for one in heard:
        draft.intents.append(one.intent)
        draft.why.append(f"{stage}：{one.intent.value}“{one.words}”")
    if not draft.intents:
        draft.intents, draft.why, draft.confidence = [Intent.UNCLEAR], ["没有规则说得通"], 0.0
    return draft
