"""Which route an answer takes: the step's own, then those that hold everywhere, then what the step takes from anybody.

Decides; changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.dialogue import edges
from ivr.dialogue.memory import State
from ivr.meaning import Meaning, Slot
from ivr.script.fields import FIELDS, Facts, Kind
from ivr.script.model import BACK, Ask, AskKind, Condition, Route, Script, Step
from kit.vocabulary import Intent, SlotName

SMALL_TALK = frozenset({Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.BACKCHANNEL})
SLOTS_OF = {
    Intent.CALL_BACK_LATER: frozenset({SlotName.CALLBACK_AT}),
    Intent.BUSY_NOW: frozenset({SlotName.CALLBACK_AT}),
    Intent.PREFERS: frozenset({SlotName.HOURS, SlotName.CHANNEL}),
}
"""The values that belong to a wish about the call itself."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A route, its name in the trail, and whether it is one of `always`."""

    route: Route
    edge: str
    is_anywhere: bool


def choose(script: Script, step: Step, meaning: Meaning, *, state: State, facts: Facts) -> Choice | None:
    """The route to take; None when nothing fits.

    A condition that this turn did nothing to fulfil (no intent, no value heard now) is a catch-all: it waits until
    the `always` routes have had their turn, so that "who are you" never counts as an answer. What nobody said (no text,
    no value) fulfils none.
    """

    own = [Choice(route, edges.route(step.id, index), False) for index, route in enumerate(step.routes)]
    anywhere = [Choice(route, edges.anywhere(index), True) for index, route in enumerate(script.always)]
    answers = [choice for choice in own if _is_active(choice.route.when, meaning)]
    anything = [choice for choice in own if choice not in answers] if meaning.text or meaning.slots else []
    order = (*answers, *anywhere, *anything)
    fitting = [one for one in order if holds(one.route.when, meaning, state=state, facts=facts)]
    return next((one for one in fitting if _serves(one, meaning, fitting)), None)


def _serves(choice: Choice, meaning: Meaning, fitting: Sequence[Choice]) -> bool:
    """What was said first of all decides: an answer in passing yields to an `always` route for the primary intent.

    So "that does not suit me, call tomorrow at three" books a call and promises nothing.
    """
    primary = meaning.intent
    if choice.is_anywhere or primary in SMALL_TALK or _speaks_of(choice.route.when, primary):
        return True
    return not any(other.is_anywhere and primary in other.route.when.intents for other in fitting)


def _speaks_of(when: Condition, intent: Intent) -> bool:
    slots = when.heard | when.has | ({when.problem} if when.problem else frozenset())
    return intent in when.intents or bool(slots & SLOTS_OF.get(intent, frozenset()))


def holds(when: Condition, meaning: Meaning, *, state: State, facts: Facts) -> bool:
    """Whether every part of the condition is true now. The state already holds the slots of this turn."""
    return (
        (not when.intents or not when.intents.isdisjoint(intents_of(meaning)))
        and all(is_usable(state.slots.get(name)) for name in when.has)
        and not any(is_usable(state.slots.get(name)) for name in when.lacks)
        and when.heard <= _heard(meaning)
        and (when.problem is None or _has_problem(meaning, when.problem))
        and (when.matches is None or _matches(when.matches, meaning, state=state, facts=facts))
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


def expected_slots(ask: Ask) -> frozenset[SlotName]:
    """The values that an answer to this question may carry."""
    return ask.slots | ({SlotName.DIGITS} if ask.kind is AskKind.DIGITS else frozenset())


def leads_back(step: Step) -> bool:
    """Whether a step belongs to a side conversation: one of its exits returns to where it came from."""
    exits = [step.goto, *(route.goto for route in (*step.routes, *step.keys.values()))]
    exits += [patience.goto for patience in (step.silence, step.unclear) if patience]
    return BACK in exits


def _is_active(when: Condition, meaning: Meaning) -> bool:
    is_said_now = when.has & _heard(meaning) or (when.matches and SlotName.DIGITS in _heard(meaning))
    return bool(when.intents or when.problem or when.heard or is_said_now)


def _heard(meaning: Meaning) -> frozenset[SlotName]:
    """Slots with a usable value in this turn."""
    return frozenset(slot.name for slot in meaning.slots if is_usable(slot))


def _has_problem(meaning: Meaning, name: SlotName) -> bool:
    return any(slot.name is name and slot.problem is not None for slot in meaning.slots)


def _matches(name: str, meaning: Meaning, *, state: State, facts: Facts) -> bool:
    """Digits are compared with those of this turn (keys have no X, so a star stands for it), amounts with the call's."""
    fact = facts.get(name)
    if FIELDS[name].kind is Kind.MONEY:
        amount = state.slots.get(SlotName.AMOUNT_FEN)
        return amount is not None and is_usable(amount) and amount.value == fact
    heard = (str(slot.value) for slot in meaning.slots if slot.name is SlotName.DIGITS and slot.value is not None)
    return fact is not None and any(_digits(one) == _digits(str(fact)) for one in heard)


def _digits(text: str) -> str:
    return text.replace("*", "X").upper().strip()
