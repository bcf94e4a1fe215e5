"""Which route an answer takes: the step's own, then those that hold everywhere, then what the step takes from anybody.

Decides; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from ivr.dialogue.memory import State
from ivr.meaning import Meaning, Slot
from ivr.script.fields import Facts
from ivr.script.model import BACK, Condition, Route, Script, Step
from kit.vocabulary import Intent, SlotName


def choose(script: Script, step: Step, meaning: Meaning, *, state: State, facts: Facts) -> tuple[Route | None, bool]:
    """The route to take and whether it is one of `always`; (None, False) when nothing fits.

    A condition that this turn did nothing to fulfil (no intent, no value heard now) is a catch-all: it waits until
    the `always` routes have had their turn, so that "who are you" never counts as an answer.
    """

    def first(routes: Iterable[Route], is_active: bool) -> Route | None:
        return next(
            (
                route
                for route in routes
                if _is_active(route.when, meaning) is is_active and holds(route.when, meaning, state=state, facts=facts)
            ),
            None,
        )

    if own := first(step.routes, True):
        return own, False
    if anywhere := first(script.always, True) or first(script.always, False):
        return anywhere, True
    return first(step.routes, False), False


def holds(when: Condition, meaning: Meaning, *, state: State, facts: Facts) -> bool:
    """Whether every part of the condition is true now. The state already holds the slots of this turn."""
    return (
        (not when.intents or not when.intents.isdisjoint(intents_of(meaning)))
        and all(is_usable(state.slots.get(name)) for name in when.has)
        and not any(is_usable(state.slots.get(name)) for name in when.lacks)
        and when.heard <= _heard(meaning)
        and (when.problem is None or _has_problem(meaning, when.problem))
        and (when.matches is None or _matches(meaning, facts.get(when.matches)))
        and (when.is_verified is None or when.is_verified is state.is_verified)
    )


def intents_of(meaning: Meaning) -> frozenset[Intent]:
    """All intents of a meaning, the primary included."""
    return frozenset((meaning.intent, *meaning.intents))


def is_usable(slot: Slot | None) -> bool:
    """A value that can be relied on."""
    return slot is not None and slot.value is not None and slot.problem is None


def expected_intents(script: Script, step: Step) -> frozenset[Intent]:
    """Every intent that means something while this step listens."""
    routes = (*step.routes, *script.always)
    return frozenset(intent for route in routes for intent in route.when.intents)


def leads_back(step: Step) -> bool:
    """Whether a step belongs to a side conversation: one of its exits returns to where it came from."""
    exits = [step.goto, *(route.goto for route in (*step.routes, *step.keys.values()))]
    exits += [patience.goto for patience in (step.silence, step.unclear) if patience]
    return BACK in exits


def _is_active(when: Condition, meaning: Meaning) -> bool:
    return bool(when.intents or when.problem or when.matches or when.heard or (when.has & _heard(meaning)))


def _heard(meaning: Meaning) -> frozenset[SlotName]:
    """Slots with a usable value in this turn."""
    return frozenset(slot.name for slot in meaning.slots if is_usable(slot))


def _has_problem(meaning: Meaning, name: SlotName) -> bool:
    return any(slot.name is name and slot.problem is not None for slot in meaning.slots)


def _matches(meaning: Meaning, fact: object) -> bool:
    """Keys have no X, so a star stands for it. A fact in fen is compared with the amount heard."""
    if isinstance(fact, int):
        return any(slot.name is SlotName.AMOUNT_FEN and slot.value == fact for slot in meaning.slots)
    heard = (str(slot.value) for slot in meaning.slots if slot.name is SlotName.DIGITS and slot.value is not None)
    return fact is not None and any(_digits(one) == _digits(str(fact)) for one in heard)


def _digits(text: str) -> str:
    return text.replace("*", "X").upper().strip()
