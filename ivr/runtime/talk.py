"""One call's dialogue together with its notebook: what happens is told, written down, and only then acted upon.

Used by all modes: the stream's pump, the record and keypad webhooks, the transfer's webhooks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from ivr.dialogue.effects import Effect, HangUp, Lasting, Memory, Piece, Say, Transfer
from ivr.dialogue.errors import DialogueMisuse, PeerMisbehaved
from ivr.dialogue.events import Event, HungUp
from ivr.dialogue.lines import pieces_of_line
from ivr.dialogue.machine import Dialogue
from ivr.meaning import Hints, Meaning, RiskFound
from ivr.ports import CallSheet, Turn
from ivr.runtime.line import Line
from kit.labels import RISKS
from kit.metrics import CALLS_ENDED, TROUBLES
from kit.vocabulary import HangUpReason, Intent, Outcome, Severity
from speech.phrases import likeness
from speech.ports import Heard

LOG = logging.getLogger(__name__)
ALIKE = 0.35
"""Share of syllables in common. Of 24 sentences of mortal danger that only another ear heard 13 are as like the believed text
as this, of 11 harmless ones that were misheard as such 2."""
SAME = 0.5
"""The same where the believed text makes sense: two more of 128 sentences are found; the closest of 220 harmless has 0.4."""
PROTECTIVE = frozenset(
    {
        Intent.WRONG_PERSON,
        Intent.THIRD_PARTY,
        Intent.REQUEST_HUMAN,
        Intent.STOP_CALLING,
        Intent.COMPLAINT,
        Intent.REFUSES_RECORDING,
        Intent.OTHER_LANGUAGE,
    }
)
"""What protects whoever speaks: it is heeded whenever and however badly it is heard."""
BINDS_NOBODY = PROTECTIVE | {Intent.CALLEE_UNAVAILABLE, Intent.ASK_REPEAT, Intent.HOLD_ON, Intent.BACKCHANNEL}
"""What is heeded even when the ears do not believe that it was said: it protects, or asks for patience."""
DRIVER = "driver"
"""The key in a call's memory under which its driver keeps what must survive a lost worker."""


class Talk:
    """The dialogue of one call and where it is kept."""

    def __init__(self, line: Line, sheet: CallSheet, dialogue: Dialogue, driver: Mapping[str, Any]) -> None:
        self._line = line
        self.sheet = sheet
        self.dialogue = dialogue
        self.driver: dict[str, Any] = dict(driver)
        self.is_finished = sheet.outcome is not None

    @classmethod
    def begin(cls, line: Line, sheet: CallSheet) -> tuple[Talk, list[Effect]]:
        """A call that was just answered. Raises LookupError when its script is gone, DialogueMisuse when facts are missing."""
        now = line.clock.now()
        dialogue, effects = Dialogue.start(line.scripts(sheet.script_id, sheet.script_digest), sheet.facts, now)
        talk = cls(line, sheet, dialogue, {"answered_at": now.isoformat()})
        talk._write((), effects)
        return talk, effects

    @classmethod
    def restore(cls, line: Line, sheet: CallSheet) -> Talk:
        """A call that has a memory. Raises LookupError or DialogueMisuse when it cannot go on."""
        memory = dict(sheet.memory or {})
        driver = memory.pop(DRIVER, {})
        script = line.scripts(sheet.script_id, sheet.script_digest)
        return cls(line, sheet, Dialogue.from_dict(memory, script, sheet.facts), driver)

    @property
    def seconds(self) -> float:
        """How long the call has lasted, across lost workers."""
        answered = self.driver.get("answered_at")
        return (self._line.clock.now() - datetime.fromisoformat(answered)).total_seconds() if answered else 0.0

    def tell(self, event: Event, turns: Sequence[Turn] = ()) -> list[Effect]:
        """Tell the dialogue, write everything down, return what to do. What the callee cannot do is counted and dropped."""
        try:
            effects = self.dialogue.receive(event, self._line.clock.now())
        except PeerMisbehaved:
            TROUBLES.labels("peer_misbehaved").inc()
            effects = []
        except DialogueMisuse:
            TROUBLES.labels("dialogue_misuse").inc()
            LOG.error("dialogue refused an event", extra={"call_id": self.sheet.call_id, "event": type(event).__name__})
            effects = [self._to_people()]
        if isinstance(ended := ending(effects), Transfer):
            self._note_transfer(ended)
        self._write(turns, effects)
        return effects

    def hand_to_people(self) -> Transfer:
        """Our part cannot go on: a person must. Written down at once."""
        transfer = self._to_people()
        self._note_transfer(transfer)
        self.save()
        return transfer

    def _to_people(self) -> Transfer:
        danger = self.dialogue.mortal_danger
        summary = f"{RISKS[danger]}，系统故障，请先关心安抚。" if danger else "系统故障，请接听并说明情况。"
        return Transfer(danger.value if danger else "fault", Severity.P0 if danger else Severity.P2, summary)

    def _note_transfer(self, transfer: Transfer) -> None:
        self.note(transfer={"reason": transfer.reason, "severity": transfer.severity.name, "summary": transfer.summary})

    def understand(self, heard: Heard, *, is_early: bool = False) -> Meaning:
        """What the callee's words mean here and now. `is_early`: said before our question was heard, so no answer to it."""
        hints = self.dialogue.hints(self._line.clock.now())
        if is_early:
            hints = replace(hints, expect=frozenset(), expect_slots=frozenset())
        meaning = self._line.understand(heard.text, hints)
        if heard.is_rejected:
            meaning = _disbelieved(meaning)
        return self._by_other_ears(meaning, heard, hints)

    def _by_other_ears(self, meaning: Meaning, heard: Heard, hints: Hints) -> Meaning:
        """The meaning, or where it makes no sense that of another ear which may have heard the same sound.

        A word of mortal danger in any ear counts, if it is the one meant or may be the same sound at all.
        """
        believed = [self._line.understand(text, hints) for text in heard.alternatives]
        doubted = [self._line.understand(text, hints) for text in heard.rejected]
        chosen, alike = meaning, SAME
        if not _makes_sense(meaning):
            sensible = [*filter(_makes_sense, believed), *filter(_is_recorded, doubted)]
            chosen, alike = max(sensible, key=partial(_closeness, heard.text), default=meaning), ALIKE
        others = (*believed, *doubted)
        counted = [one for one in others if one is chosen or (_grave(one) and likeness(one.text, heard.text) >= alike)]
        grave = [found for one in counted for found in _grave(one)]
        heard_too = tuple(f"另一只耳朵听到“{one.text}”" for one in counted)
        risk = tuple(dict.fromkeys((*meaning.risk, *chosen.risk, *grave)))
        return replace(chosen, risk=risk, why=(*heard_too, *chosen.why))

    def fault_words(self) -> tuple[Piece, ...]:
        """What the script says when something of ours breaks, as far as anybody may hear it."""
        script = self.dialogue.script
        said = script.steps[script.fault].say if script.fault in script.steps else ()
        return tuple(piece for line in said if not line.is_private for piece in pieces_of_line(line, self.dialogue.facts, {}))

    def note(self, **driver: Any) -> None:
        """Keep something of the driver's in the call's memory, written with the next save or at once."""
        self.driver.update(driver)

    def save(self, turns: Sequence[Turn] = ()) -> None:
        """Write the memory as it is."""
        self._write(turns, ())

    def finish(self, outcome: Outcome, reason: HangUpReason) -> None:
        """The call is over. The first outcome stands. Whoever is in danger and with nobody is the duty manager's to call."""
        if self.is_finished:
            return
        self.is_finished = True
        danger = self.dialogue.mortal_danger
        if danger and reason is not HangUpReason.TRANSFER_DONE:
            self._line.shift.alert_duty_manager(self.sheet.call_id, danger.value, self._line.clock.now())
        self._line.notebook.finish(self.sheet.call_id, outcome, reason, self._line.clock.now())
        CALLS_ENDED.labels(outcome.value).inc()

    def hung_up(self, reason: HangUpReason, turns: Sequence[Turn] = ()) -> None:
        """The callee or the line ended the call: what was agreed stays agreed."""
        if not self.is_finished:
            self.tell(HungUp(), turns)
            self.finish(self.dialogue.outcome, reason)

    def _write(self, turns: Sequence[Turn], effects: Sequence[Effect]) -> None:
        lasting = [effect for effect in effects if isinstance(effect, Lasting)]
        memory: Memory = {**self.dialogue.to_dict(), DRIVER: self.driver}
        self._line.notebook.save_turn(self.sheet.call_id, turns, memory, lasting, self._line.clock.now())


def is_in_danger(line: Line, sheet: CallSheet) -> bool:
    """Whether somebody's life is at risk in the call, as its memory tells; a memory that cannot be read tells nothing."""
    try:
        return Talk.restore(line, sheet).dialogue.mortal_danger is not None
    except (LookupError, DialogueMisuse):
        return False


def abandon(line: Line, sheet: CallSheet) -> None:
    """Nothing of ours can carry the call on: it is over."""
    try:
        Talk.restore(line, sheet).finish(Outcome.ABANDONED, HangUpReason.FAULT)
    except (LookupError, DialogueMisuse):
        line.notebook.finish(sheet.call_id, Outcome.ABANDONED, HangUpReason.FAULT, line.clock.now())


def says(effects: Sequence[Effect]) -> list[Say]:
    """What is to be said, in order."""
    return [effect for effect in effects if isinstance(effect, Say)]


def ending(effects: Sequence[Effect]) -> HangUp | Transfer | None:
    """What ends our part of the call once everything said has been played."""
    return next((effect for effect in effects if isinstance(effect, HangUp | Transfer)), None)


def _closeness(text: str, other: Meaning) -> tuple[float, int]:
    """How near another hearing of one sound is to its text: by sound, then by length."""
    return likeness(text, other.text), -abs(len(text) - len(other.text))


def _makes_sense(meaning: Meaning) -> bool:
    return meaning.intent is not Intent.UNCLEAR or bool(meaning.slots)


def _disbelieved(meaning: Meaning) -> Meaning:
    """What the ears do not believe binds the callee to nothing: it is no answer, and nobody is quoted. Risk still counts."""
    if _is_recorded(meaning):
        return meaning
    kept = tuple(intent for intent in meaning.intents if intent in BINDS_NOBODY) or (Intent.UNCLEAR,)
    why = ("没听准", *meaning.why)
    return Meaning("", kept[0], kept, risk=meaning.risk, why=why, confidence=0.0)


def _is_recorded(meaning: Meaning) -> bool:
    return meaning.intent is Intent.ANNOUNCEMENT


def _grave(meaning: Meaning) -> tuple[RiskFound, ...]:
    return tuple(found for found in meaning.risk if found.severity is Severity.P0)
