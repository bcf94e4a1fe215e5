"""One walk through a script: from an event to the point where the dialogue waits again, ends or hands over.

Gathers what is said and done on the way. Every walk ends in exactly one of Listen (with WakeAt), Transfer and HangUp.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialogue import edges, lines, outcome, risks, routing
from ivr.dialogue.actions import LastingEffects
from ivr.dialogue.effects import Effect, HangUp, Listen, Piece, Say, Transfer, WakeAt
from ivr.dialogue.errors import DialogueMisuse
from ivr.dialogue.memory import Phase, Spoken, State, clause_from_json, clause_text, clause_to_json
from ivr.dialogue.summary import summary
from ivr.meaning import Meaning
from ivr.script.fields import Facts
from ivr.script.model import BACK, REPEAT, STAY, Action, AskKind, Do, Line, Patience, Route, Script, Step
from kit.vocabulary import HangUpReason, Intent, Outcome, Severity

MOST_REPEATS = 3
"""How often a callee may ask to hear the same question again."""
MOST_DETOURS = 2
"""How often the same thing said leads back to the same question: what an ear makes of an answer may be a question of its own,
and then no answer is ever heard."""
DEFAULT_PATIENCE_S = 6.0
DEFAULT_TRIES = 2
ALL_DIGITS = "0123456789"
_NUMBERS = re.compile(r"\d")


@dataclass(slots=True)
class _Part:
    step: str
    pieces: tuple[Piece, ...]
    is_private: bool
    is_interruptible: bool


@dataclass(slots=True)
class Walk:
    """The walk of one event over `state`, which it changes. `effects()` gives the result in order."""

    script: Script
    facts: Facts
    state: State
    now: datetime
    meaning: Meaning | None = None
    lasting: LastingEffects = field(init=False)
    parts: list[_Part] = field(default_factory=list)
    waits: list[Effect] = field(default_factory=list)
    transfer: Action | None = None
    chain: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lasting = LastingEffects(self.state, self.now, self.meaning)

    def effects(self) -> list[Effect]:
        """Lasting effects, then what is said, then what is waited for. New speech replaces what was spoken before."""
        if self.waits:
            self._settle_debts()
            self.state.chain = self.chain or self.state.chain
        says = self._says()
        return [*self.lasting.made, *says, *self.waits]

    def follow(self, route: Route, edge: str, *, is_anywhere: bool = False) -> None:
        """Take a route: its actions, then its target. `edge` is the route's name in the trail."""
        self.trail.append(edge)
        if route.outcome is not None:
            self.state.outcomes.append(route.outcome)
        if is_anywhere:
            self._remember_way_back()
        for action in route.actions:
            self._act(action)
        self.go(route.goto)

    def goes_in_circles(self, route: Route, edge: str) -> bool:
        """Whether the same thing said has been answered at the present question too often.

        Being asked to repeat has a count of its own; who asks us to wait is waited for; whoever wants a person, or is in
        mortal danger, is never told that we did not understand.
        """
        intents = routing.intents_of(self.meaning) if self.meaning else frozenset()
        is_grave = self.state.taken_at is Severity.P0 or Intent.REQUEST_HUMAN in intents
        if is_grave or route.goto == STAY or self._asks_to_repeat():
            return False
        detour = " ".join((edge, *sorted(intents)))
        self.state.detours.append(detour)
        return self.state.detours.count(detour) > MOST_DETOURS

    def go(self, target: str) -> None:
        """Enter a step or one of the special targets."""
        if target == STAY:
            self.listen(self.asking)
        elif target == REPEAT:
            self.repeat()
        elif target == BACK:
            self._back()
        else:
            self.enter(target)

    def enter(self, name: str) -> None:
        """Say, do and go on until something waits. Raises DialogueMisuse on a private line too early or a silent circle."""
        for _ in range(len(self.script.steps) + 1):
            step = self._step(name)
            self._arrive(step)
            if self._is_settled(step):
                return None
            if step.goto is None:
                break
            self.trail.append(edges.goto(step.id))
            if step.goto in (BACK, REPEAT, STAY):
                return self.go(step.goto)
            name = step.goto
        raise DialogueMisuse(f"step {name} leads nowhere")

    def ask_again(self, step: Step, said: Sequence[Line]) -> None:
        """Say something and listen at a step as before; its actions are not done twice."""
        self.speak(step, said)
        self.listen(step)

    def repeat(self) -> None:
        """Say the step again and listen.

        When the callee asked to hear it again: first everything of the latest turn, then other words, and after
        MOST_REPEATS the way out for those whom we cannot reach.
        """
        asking = self.asking
        if not self._asks_to_repeat():
            return self.ask_again(asking, asking.say)
        self.state.repeats += 1
        if self.state.repeats > MOST_REPEATS:
            self.trail.append(edges.unclear(asking.id))
            return self.go(unclear_of(self.script, asking).goto)
        if self.state.repeats > 1:
            return self.ask_again(asking, reworded(asking, self.state.repeats - 1))
        for name in self.state.chain:
            if name != asking.id:
                self.speak(self._step(name), self._step(name).say)
        return self.ask_again(asking, asking.say)

    def _asks_to_repeat(self) -> bool:
        return self.meaning is not None and Intent.ASK_REPEAT in routing.intents_of(self.meaning)

    def speak(self, step: Step, said: Sequence[Line]) -> None:
        """Add lines to what is said. Raises DialogueMisuse when one is private and the callee is not verified."""
        for line in said:
            if line.is_private and not self.state.is_verified:
                raise DialogueMisuse(f"step {step.id} says a private line before verification")
            pieces = lines.pieces_of_line(line, self.facts, self.state.slots)
            self.parts.append(_Part(step.id, pieces, line.is_private, step.is_interruptible))
        if said:
            self.chain.append(step.id)

    def listen(self, step: Step) -> None:
        """Wait for an answer at this step."""
        if step.ask is None:
            raise DialogueMisuse(f"step {step.id} does not listen")
        if step.id != self.state.asking:
            self.state.silent = self.state.unclear = self.state.repeats = 0
            self.state.detours = []
        self.state.step = self.state.asking = step.id
        self.state.phase = Phase.LISTENING
        self.state.tag += 1
        self.waits = [_listen(self.script, step), WakeAt(self.state.tag, silence_of(self.script, step).after_s)]

    def finish(self, reason: HangUpReason, ended: Outcome | None = None) -> None:
        """End the call with the most specific outcome noted."""
        if ended is not None:
            self.state.outcomes.append(ended)
        self.state.phase = Phase.ENDING
        self.waits = [HangUp(reason, outcome.most_specific(self.state.outcomes))]

    def hand_over(self, reason: str, failed: str) -> None:
        """Wait for a person to take the call."""
        self.state.phase = Phase.TRANSFERRING
        self.state.transfer_reason, self.state.transfer_failed = reason, failed
        gravest = risks.gravest(self.state)
        severity = gravest if gravest is not None else Severity.P3
        self.waits = [Transfer(reason, severity, summary(self.state, self.facts, reason))]

    @property
    def asking(self) -> Step:
        """The step that waits for an answer, or waited last."""
        return self._step(self.state.asking or self.script.start)

    def _arrive(self, step: Step) -> None:
        self.state.step = step.id
        self.entered.append(step.id)
        self.speak(step, step.say)
        if step.outcome is not None:
            self.state.outcomes.append(step.outcome)
        for action in step.actions:
            self._act(action)

    def _act(self, action: Action) -> None:
        if action.do is Do.TRANSFER:
            self.transfer = action
        else:
            self.lasting.act(action)

    def _is_settled(self, step: Step) -> bool:
        if self.transfer is not None:
            args = self.transfer.args
            self.hand_over(args.get("reason", "request_human"), args.get("failed", self.script.fault))
        elif step.ask is not None:
            self.listen(step)
        elif step.end is not None:
            self.finish(_reason_of(step.end), step.end)
        return bool(self.waits)

    def _back(self) -> None:
        target = self.state.back or self.state.asking
        if target is None:
            raise DialogueMisuse("nowhere to go back to")
        step = self._step(target)
        self.ask_again(step, step.say)

    def _remember_way_back(self) -> None:
        if self.state.asking is None:
            return
        if not (self.state.back and routing.leads_back(self.asking)):
            self.state.back = self.state.asking

    def _settle_debts(self) -> None:
        """Say what was cut off before our next words, unless they say it anyway, or money is not the matter any more."""
        owed, self.state.owed = self.state.owed, []
        is_asked = bool(self.parts) and self.state.phase is Phase.LISTENING and self.state.is_verified
        said = lines.text_of([piece for part in self.parts for piece in part.pieces])
        left = tuple(piece for clause in owed if clause_text(clause) not in said for piece in clause_from_json(clause))
        if left and is_asked and self.state.taken_by is None:
            self.parts.insert(0, _Part(self.state.step, left, is_private=True, is_interruptible=True))

    def _says(self) -> list[Effect]:
        if not self.parts:
            return []
        merged: list[tuple[_Part, list[str]]] = []
        for part in self.parts:
            last, steps = merged[-1] if merged else (None, [])
            if last and (last.is_private, last.is_interruptible) == (part.is_private, part.is_interruptible):
                steps.append(part.step)
                last.pieces += part.pieces
            else:
                merged.append((_Part(part.step, part.pieces, part.is_private, part.is_interruptible), [part.step]))
        self.state.spoken = []
        return [self._say(part, steps) for part, steps in merged]

    def _say(self, part: _Part, steps: list[str]) -> Say:
        self.state.say_id += 1
        text = lines.text_of(part.pieces)
        told = [
            clause for one in self.parts if one.is_private and not self._is_asking(one) for clause in lines.grouped(one.pieces)
        ]
        core = [clause_to_json(one) for one in told if _NUMBERS.search(lines.text_of(one)) and lines.text_of(one) in text]
        self.state.spoken.append(Spoken(self.state.say_id, steps, text, part.is_private, core))
        return Say(self.state.say_id, part.pieces, part.is_interruptible, part.is_private)

    def _is_asking(self, part: _Part) -> bool:
        return self._step(part.step).ask is not None

    def _step(self, name: str) -> Step:
        if name not in self.script.steps:
            raise DialogueMisuse(f"the script has no step {name}")
        return self.script.steps[name]


def reworded(step: Step, repetition: int) -> tuple[Line, ...]:
    """The wording of the n-th repetition, counted from one; the last wording stays."""
    return step.reword[min(repetition, len(step.reword)) - 1] if step.reword else step.say


def silence_of(script: Script, step: Step) -> Patience:
    """How long a step waits; a script that says nothing ends in its fault step."""
    return step.silence or Patience(DEFAULT_PATIENCE_S, DEFAULT_TRIES, script.fault)


def unclear_of(script: Script, step: Step) -> Patience:
    """How often a step asks again what it did not understand."""
    return step.unclear or Patience(DEFAULT_PATIENCE_S, DEFAULT_TRIES, script.fault)


def _listen(script: Script, step: Step) -> Listen:
    ask = step.ask
    assert ask is not None
    keyed = set(step.keys) | (set(ALL_DIGITS) if ask.kind in (AskKind.DIGITS, AskKind.SCORE) else set())
    return Listen(
        step=step.id,
        kind=ask.kind,
        phrases=ask.phrases,
        intents=routing.expected_intents(script, step),
        slots=routing.expected_slots(ask),
        keys="".join(sorted(keyed)),
        max_digits=ask.max_digits,
    )


def _reason_of(end: Outcome) -> HangUpReason:
    return HangUpReason.SILENCE if end is Outcome.SILENT else HangUpReason.SCRIPT_ENDED
