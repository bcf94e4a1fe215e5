"""What a script's actions cause: effects for the desk, each at most once per call and value.

What was understood is kept at once: opt-outs and complaints become effects in the turn in which they are heard, and a
promise as soon as its date is known; a correction supersedes it, taking it back is noted. So nothing is lost when the
line drops before the read-back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from ivr.dialogue import risks
from ivr.dialogue.effects import (
    BookCallback,
    Complaint,
    Lasting,
    LockNumber,
    Note,
    Prefer,
    Promise,
    StopCalling,
    Visit,
    WithdrawPromise,
)
from ivr.dialogue.memory import Promised, State
from ivr.dialogue.routing import intents_of, is_usable
from ivr.meaning import Bound, Meaning, RiskFound, Slot
from ivr.script.model import Action, Do, Step
from kit.clock import local_date
from kit.vocabulary import Intent, Outcome, Risk, Severity, SlotName

_TAKES_BACK = frozenset({Intent.CANNOT_PAY, Intent.REFUSE_TO_PAY})
_MAY_ANSWER = frozenset({Intent.AFFIRM, Intent.DENY, Intent.CORRECTION, Intent.FORGOT, Intent.UNCLEAR})
"""With these a day alone answers "when will you pay"; with any other intent a day may belong to something else."""
SAID = "said"
"""The value of a note that stands for the callee's own words: `note: {reason: said}`."""


@dataclass(slots=True)
class LastingEffects:
    """Turns actions into lasting effects for one event. `quote` is what the callee said in this turn."""

    state: State
    now: datetime
    meaning: Meaning | None = None
    made: list[Lasting] = field(default_factory=list)

    @property
    def quote(self) -> str:
        return self.meaning.text if self.meaning else ""

    def act(self, action: Action) -> None:
        """Do one action of a script, except a transfer, which the walk does."""
        effect = _ACTIONS[action.do](self, action.args)
        if effect is not None:
            self._once(effect)

    def hear(self, meaning: Meaning, step: Step | None) -> None:
        """Keep the slots of this turn and what must not be lost: opt-out, complaint, promise."""
        if step and step.ask and step.ask.ignores:
            kept = tuple(slot for slot in meaning.slots if slot.name not in step.ask.ignores)
            meaning = replace(meaning, slots=kept)
        self.state.slots.update(_best(meaning.slots))
        intents = intents_of(meaning)
        if Intent.STOP_CALLING in intents or any(found.category is Risk.STOP_CONTACT for found in meaning.risk):
            self._once(StopCalling(self.quote))
        if Intent.COMPLAINT in intents:
            self._once(Complaint(self.quote))
        if self._concerns_promise(meaning, step):
            self._promise()
        elif intents & _TAKES_BACK and SlotName.PAY_ON not in _usable(meaning):
            self._withdraw()

    def tell_risks(self, found: tuple[RiskFound, ...]) -> list[RiskFound]:
        """Escalate what is new; returns it."""
        fresh = risks.news(self.state, found)
        self.made += [risks.escalation(risk, self.quote) for risk in fresh]
        return fresh

    def note(self, topic: str, value: str) -> None:
        """Write something down."""
        self._once(Note(topic, value, self.quote))

    def _concerns_promise(self, meaning: Meaning, step: Step | None) -> bool:
        if not self.state.is_verified:
            return False
        asked = step.ask.slots if step and step.ask else frozenset()
        heard, intents = _usable(meaning), intents_of(meaning)
        if SlotName.PAY_ON in heard:
            is_answer = SlotName.PAY_ON in asked and intents <= _MAY_ANSWER
            return Intent.PROMISE_TO_PAY in intents or is_answer
        return self.state.promised is not None and SlotName.AMOUNT_FEN in heard & asked

    def _promise(self) -> None:
        slot = self.state.slots.get(SlotName.PAY_ON)
        if slot is None or not is_usable(slot) or not isinstance(slot.value, date):
            return
        amount = self._amount()
        old = self.state.promised
        if old and (old.pay_on, old.amount_fen, old.bound) == (slot.value.isoformat(), amount, slot.bound.value):
            return
        quote = self.quote if not old or old.quote == self.quote else f"{old.quote}；{self.quote}"
        self.state.promised = Promised(slot.value.isoformat(), amount, slot.bound.value, quote)
        self.made.append(Promise(slot.value, amount, slot.bound, quote))
        self.state.outcomes.append(Outcome.PROMISE)

    def _amount(self) -> int | None:
        slot = self.state.slots.get(SlotName.AMOUNT_FEN)
        return slot.value if slot and is_usable(slot) and isinstance(slot.value, int) else None

    def _once(self, effect: Lasting) -> None:
        key = _key(effect)
        if key not in self.state.done:
            self.state.done.append(key)
            self.made.append(effect)

    def _slot(self, name: SlotName) -> Slot | None:
        slot = self.state.slots.get(name)
        return slot if is_usable(slot) else None

    def _moment(self, name: SlotName) -> datetime | None:
        slot = self._slot(name)
        return slot.value if slot and isinstance(slot.value, datetime) else None

    def _word(self, name: SlotName) -> str | None:
        slot = self._slot(name)
        return str(slot.value) if slot else None

    # one method per action: each returns an effect, or None when it only changes the state

    def verified(self, args: Mapping[str, str]) -> Lasting | None:
        self.state.is_callee = self.state.is_verified = True
        return Note("verified_by", args["by"]) if "by" in args else None

    def is_callee(self, _: Mapping[str, str]) -> None:
        self.state.is_callee = True

    def promise(self, args: Mapping[str, str]) -> None:
        """`in_days` sets the date: for answers given by key."""
        if "in_days" in args:
            pay_on = local_date(self.now) + timedelta(days=int(args["in_days"]))
            self.state.slots[SlotName.PAY_ON] = Slot(SlotName.PAY_ON, pay_on, self.quote, Bound.ON)
        self._promise()

    def complaint(self, _: Mapping[str, str]) -> Lasting:
        return Complaint(self.quote)

    def escalate(self, args: Mapping[str, str]) -> None:
        risk = Risk(args["risk"])
        severity = Severity[args["severity"]] if "severity" in args else risks.usual_severity(risk)
        self.tell_risks((RiskFound(risk, severity, args.get("why", "话术判定")),))

    def stop_calling(self, _: Mapping[str, str]) -> Lasting:
        return StopCalling(self.quote)

    def lock_number(self, _: Mapping[str, str]) -> Lasting:
        return LockNumber(self.quote)

    def callback(self, args: Mapping[str, str]) -> Lasting:
        return BookCallback(self._moment(SlotName.CALLBACK_AT), args.get("by", "robot") == "person", self.quote)

    def visit(self, _: Mapping[str, str]) -> Lasting:
        return Visit(self._moment(SlotName.VISIT_AT), self.quote)

    def prefer(self, _: Mapping[str, str]) -> Lasting:
        return Prefer(self._word(SlotName.HOURS), self._word(SlotName.CHANNEL), self.quote)

    def notes(self, args: Mapping[str, str]) -> None:
        for topic, value in args.items():
            self.note(topic, self.quote if value == SAID else value)

    def forget(self, args: Mapping[str, str]) -> None:
        name = SlotName(args["slot"])
        self.state.slots.pop(name, None)
        if name is SlotName.PAY_ON:
            self._withdraw()

    def _withdraw(self) -> None:
        if self.state.promised is not None:
            self.made.append(WithdrawPromise(self.quote))
            self.state.promised = None
            self.state.outcomes = [outcome for outcome in self.state.outcomes if outcome is not Outcome.PROMISE]


def _usable(meaning: Meaning) -> frozenset[SlotName]:
    return frozenset(slot.name for slot in meaning.slots if is_usable(slot))


def _best(slots: Sequence[Slot]) -> dict[SlotName, Slot]:
    """One slot a name: the first usable value, else the first."""
    best: dict[SlotName, Slot] = {}
    for slot in slots:
        if slot.name not in best or (is_usable(slot) and not is_usable(best[slot.name])):
            best[slot.name] = slot
    return best


def _key(made: Lasting) -> str:
    """What makes an effect the same as one before: its kind and values, not the words in which it was said."""
    values = {name: _plain(value) for name, value in asdict(made).items() if name != "quote"}
    return f"{type(made).__name__}:{sorted(values.items())}"


def _plain(value: object) -> str:
    """The same text for the same value, whatever zone an instant is written in."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


_ACTIONS: Mapping[Do, Callable[[LastingEffects, Mapping[str, str]], Lasting | None]] = {
    Do.VERIFIED: LastingEffects.verified,
    Do.IS_CALLEE: LastingEffects.is_callee,
    Do.PROMISE: LastingEffects.promise,
    Do.COMPLAINT: LastingEffects.complaint,
    Do.ESCALATE: LastingEffects.escalate,
    Do.STOP_CALLING: LastingEffects.stop_calling,
    Do.LOCK_NUMBER: LastingEffects.lock_number,
    Do.CALLBACK: LastingEffects.callback,
    Do.VISIT: LastingEffects.visit,
    Do.PREFER: LastingEffects.prefer,
    Do.NOTE: LastingEffects.notes,
    Do.FORGET: LastingEffects.forget,
}
