"""The conversation as a machine without I/O: an event in, effects out, memory in between.

Every list of effects is ordered: lasting effects first (write them down before anything is played), then Say, then at
most one of Listen + WakeAt, Transfer or HangUp. An empty list changes nothing for the ear or the mouth. A later list
that waits for something revokes an earlier HangUp: a risk heard during goodbye is not hung up on.

Risk is judged before anything else, in every phase. Nothing private is said before verification: a script that tries
lands in its fault step. An event that is refused leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime

from ivr.dialogue import edges, events, lines, memory, outcome, routing
from ivr.dialogue.effects import Effect, Memory
from ivr.dialogue.errors import DialogueMisuse, Refused
from ivr.dialogue.memory import Phase, State
from ivr.dialogue.reactions import HANDLERS
from ivr.dialogue.walk import Walk
from ivr.meaning import Hints, Meaning
from ivr.script.fields import Facts
from ivr.script.model import Script
from kit.vocabulary import HangUpReason, Outcome, Risk, Severity


class Dialogue:
    """One call's conversation. Not shared between threads."""

    def __init__(self, script: Script, facts: Facts, state: State) -> None:
        self.script = script
        self.facts = facts
        self._state = state
        self.trail: tuple[str, ...] = ()
        """The ways through the script that the latest event took; not part of memory."""
        self.entered: tuple[str, ...] = ()
        """The steps that the latest event entered; not part of memory."""

    @classmethod
    def start(cls, script: Script, facts: Facts, now: datetime) -> tuple[Dialogue, list[Effect]]:
        """Begin a call that was answered. Raises DialogueMisuse when the script says facts that are missing."""
        _aware(now)
        if missing := lines.missing_facts(script, facts):
            raise DialogueMisuse(f"facts are missing: {', '.join(sorted(missing))}")
        dialogue = cls(script, facts, State(step=script.start))
        return dialogue, dialogue._walked(lambda walk: walk.enter(script.start), now)

    @classmethod
    def from_dict(cls, saved: Memory, script: Script, facts: Facts) -> Dialogue:
        """Go on from memory. Raises DialogueMisuse when it belongs to another script or revision."""
        return cls(script, facts, memory.from_dict(saved, script.id, script.digest))

    def to_dict(self) -> Memory:
        """Memory as JSON: save it once a turn."""
        return memory.to_dict(self._state, self.script.id, self.script.digest)

    def receive(self, event: events.Event, now: datetime) -> list[Effect]:
        """What to do about an event. Raises PeerMisbehaved or DialogueMisuse for an illegal one, which changes nothing."""
        _aware(now)
        handler = HANDLERS.get(type(event))
        if handler is None:
            raise DialogueMisuse(f"no such event: {type(event).__name__}")
        meaning = event.meaning if isinstance(event, events.Understood) else None
        return self._walked(lambda walk: handler(walk, event), now, meaning=meaning)

    @property
    def is_over(self) -> bool:
        """The line is closed or a person has it: nothing more will be said."""
        return self._state.phase is Phase.OVER

    @property
    def is_transferring(self) -> bool:
        """A person is being brought to the line."""
        return self._state.phase is Phase.TRANSFERRING

    @property
    def is_verified(self) -> bool:
        """The callee is the borrower, by name and one factor."""
        return self._state.is_verified

    @property
    def mortal_danger(self) -> Risk | None:
        """The risk of this call that may cost a life, if one was heard."""
        return next((risk for risk, severity in self._state.risks.items() if severity is Severity.P0), None)

    @property
    def step(self) -> str:
        """The id of the step reached."""
        return self._state.step

    @property
    def outcome(self) -> Outcome:
        """The most specific outcome so far; UNKNOWN while nothing is settled."""
        return outcome.most_specific(self._state.outcomes)

    def hints(self, now: datetime) -> Hints:
        """What understanding should know before it reads the next utterance."""
        step = self.script.steps.get(self._state.asking or self.script.start)
        debt, due = self.facts.get("amount_fen"), self.facts.get("due_on")
        return Hints(
            now=now,
            expect=routing.expected_intents(self.script, step) if step else frozenset(),
            expect_slots=routing.expected_slots(step.ask) if step and step.ask else frozenset(),
            debt_fen=debt if isinstance(debt, int) else None,
            due_on=due if not isinstance(due, int | str | None) else None,
            callee_name=str(self.facts.get("borrower_name", "")),
            previous=tuple(self._state.texts),
        )

    def _walked(self, go: Callable[[Walk], None], now: datetime, *, meaning: Meaning | None = None) -> list[Effect]:
        """Walk on a copy of the state and keep it only when nothing was refused."""
        walk = Walk(self.script, self.facts, deepcopy(self._state), now, meaning)
        try:
            go(walk)
        except DialogueMisuse as fault:
            if isinstance(fault, Refused):
                raise
            walk = self._fault(walk, str(fault))
        effects = walk.effects()
        self._state = walk.state
        self.trail, self.entered = tuple(walk.trail), tuple(walk.entered)
        return effects

    def _fault(self, broken: Walk, why: str) -> Walk:
        """A script that cannot go on apologises in its fault step; what was understood is kept."""
        state = broken.state
        state.phase, state.say_id, state.tag = Phase.LISTENING, self._state.say_id, self._state.tag
        walk = Walk(self.script, self.facts, state, broken.now, broken.meaning)
        walk.lasting.made = broken.lasting.made
        walk.trail = [*broken.trail, edges.FAULT]
        walk.lasting.note("fault", why)
        try:
            walk.enter(self.script.fault)
        except DialogueMisuse:
            walk.parts, walk.chain = [], []
            walk.finish(HangUpReason.FAULT)
        return walk


def _aware(now: datetime) -> None:
    if now.tzinfo is None:
        raise DialogueMisuse("`now` must be an aware instant")
