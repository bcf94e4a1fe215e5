"""One live call on a media stream: sound and keys in, speech out, time passing. Does no socket I/O and starts no thread.

Everything is written down before it is acted upon. Goodbye is played to its end; a grave word heard during goodbye still
takes over. When the recording fails, the call ends with an apology: an unrecorded collection call may not go on
(the same law by which nothing is dialled when recording is not possible).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ivr.carrier import stream
from ivr.dialogue.effects import Effect, HangUp, Listen, Say, Transfer, WakeAt
from ivr.dialogue.events import Event, Interrupted, Played, Pressed, Understood, WentSilent
from ivr.meaning import meaning_to_dict
from ivr.runtime.ear import LONGEST_S, Ear, Utterance
from ivr.runtime.keys import Keys
from ivr.runtime.line import Line
from ivr.runtime.mouth import Mouth
from ivr.runtime.playout import Saying
from ivr.runtime.talk import PROTECTIVE, Talk, ending, says
from ivr.runtime.tape import Tape
from ivr.runtime.transcript import Transcript
from ivr.runtime.vigil import Vigil, hang_up
from ivr.script.model import AskKind
from kit.metrics import INTERRUPTIONS, SOCKET_MESSAGES, TROUBLES
from kit.vocabulary import CallState, HangUpReason, Intent, Outcome
from speech.audio import decode_mulaw
from speech.onset import is_accompanying

LOG = logging.getLogger(__name__)
DEAF_S = 2.0
"""No frame for so long: nobody can be said to be silent, the line is."""
LAST_WORD_S = 6.0
"""How long somebody who speaks into our goodbye is listened to before the line is closed."""


STANDS_ALONE = PROTECTIVE | {Intent.ANNOUNCEMENT, Intent.BUSY_NOW, Intent.CALL_BACK_LATER}
"""Meanings that need no question before them."""


class StreamCall:
    """Drives one dialogue over one stream."""

    def __init__(self, line: Line, talk: Talk, *, ear: Ear, mouth: Mouth, tape: Tape) -> None:
        self._line, self._talk, self._ear, self._mouth, self._tape = line, talk, ear, mouth, tape
        self._playout = mouth.playout
        self._transcript = Transcript(lambda: tape.position_s, lambda: talk.dialogue.step)
        self._keys = Keys()
        self._listen: Listen | None = None
        self._wake: WakeAt | None = None
        self._after: HangUp | Transfer | None = None
        self._held: list[Utterance] = []
        self._cut: list[Saying] = []
        self._quiet_since = self._media_at = self._played_at = self._now
        self._vigil = Vigil(line, talk, self._now)
        self._has_lost_tape = False
        self.is_over = False

    def act(self, effects: Sequence[Effect]) -> None:
        """Carry out what the dialogue wants."""
        for effect in effects:
            if isinstance(effect, Listen):
                self._listen, self._after = effect, None
                self._ear.expect(effect.kind, effect.phrases)
            elif isinstance(effect, WakeAt):
                self._wake = effect
                self._quiet_since = self._now
        ended = ending(effects)
        if spoken := says(effects):
            self._transcript.we_said([*self._cut, *self._mouth.clear()])
            self._cut = []
            if not all(map(self._say, spoken)) and not isinstance(ended, Transfer):
                self._be_unable()
                return
        if ended:
            self._end_after(ended)

    def receive(self, message: stream.Message) -> None:
        """One message of the carrier."""
        match message:
            case stream.Media():
                self._hear(message)
            case stream.Marked(name):
                if not self._playout.marked(name):
                    SOCKET_MESSAGES.labels("old_mark").inc()
            case stream.Digit(digit):
                self._key(digit)
            case stream.Stopped():
                self._stopped(HangUpReason.CALLEE)
            case _:
                SOCKET_MESSAGES.labels("strange").inc()

    def tick(self) -> None:
        """Let time pass: everything that is due happens."""
        for due in (
            self._finish_sayings,
            self._utter,
            self._tell_keys,
            self._obey,
            self._watch,
            self._close,
            self._fall_silent,
        ):
            if self.is_over:
                return
            due()

    def lost(self) -> None:
        """The socket broke while the call may go on: keep what was said, let the carrier bring it back."""
        if not self._talk.is_finished and not self.is_over:
            self._transcript.we_said([*self._cut, *self._playout.cut()])
            self._talk.save(self._transcript.take())
            self._line.notebook.set_state(self._talk.sheet.call_id, CallState.DROPPED)

    def close(self) -> None:
        """Let go of ear and tape."""
        self._ear.close()
        try:
            self._tape.close()
        except OSError:
            TROUBLES.labels("recording").inc()

    @property
    def _now(self) -> float:
        return self._line.clock.monotonic()

    @property
    def _is_interruptible(self) -> bool:
        saying = self._playout.current
        return saying is not None and saying.say.is_interruptible and self._after is None

    def _tell(self, event: Event) -> None:
        self.act(self._talk.tell(event, self._transcript.take()))

    def _say(self, say: Say) -> bool:
        """Speak; False when it cannot be spoken."""
        try:
            self._mouth.say(say, self._tape.position_s)
        except LookupError:
            TROUBLES.labels("prompt_missing").inc()
            LOG.error("a prompt was not rendered", extra={"call_id": self._talk.sheet.call_id, "say_id": say.say_id})
            return False
        return True

    def _interrupt(self, cause: str) -> None:
        """Be quiet at once. What was cut is told to the dialogue when it is known that somebody took the floor."""
        INTERRUPTIONS.labels(cause).inc()
        self._cut = self._mouth.clear()
        self._quiet_since = self._now

    def _give_floor(self) -> None:
        """Somebody did take the floor: what they heard of us is written down and told."""
        cut, self._cut = self._cut, []
        self._transcript.we_said(cut)
        if cut and cut[0].say.say_id:
            self._tell(Interrupted(cut[0].say.say_id, cut[0].heard))

    def _take_floor_back(self) -> None:
        """It was a cough, an 嗯 or nothing: go on where we were cut."""
        cut, self._cut = self._cut, []
        if cut:
            INTERRUPTIONS.labels("false").inc()
            self._mouth.go_on(cut)

    def _hear(self, media: stream.Media) -> None:
        self._media_at = self._now
        if self._tape.is_replay(media):
            SOCKET_MESSAGES.labels("replayed_media").inc()
            return
        callee, ours = self._taped(media)
        self._ear.take(decode_mulaw(callee), decode_mulaw(ours), self._now, is_playing=self._playout.is_playing)
        if self._is_interruptible and self._ear.is_hearing and self._ear.onset.is_interruption(self._ear.partial):
            self._interrupt("voice")
        if self._vigil.is_overheard and self._line.overhear:
            self._line.overhear(self._talk.sheet.call_id, callee, ours)

    def _taped(self, media: stream.Media) -> tuple[bytes, bytes]:
        try:
            return self._tape.take(media)
        except OSError:
            if not self._has_lost_tape:
                self._has_lost_tape = True
                TROUBLES.labels("recording").inc()
                LOG.error("recording failed in the call", extra={"call_id": self._talk.sheet.call_id})
                self._apologise()
            return media.payload, self._playout.take(len(media.payload))

    def _be_unable(self) -> None:
        """What must be said cannot be: to a person with whoever is in danger, an apology and the end for the others."""
        if self._talk.dialogue.mortal_danger:
            self._end_after(self._talk.hand_to_people())
        else:
            self._apologise()

    def _apologise(self) -> None:
        """Say the script's words for a fault and end. Nobody is let go who is in danger or waits for a person."""
        if isinstance(self._after, Transfer) or self._talk.dialogue.mortal_danger:
            return
        self._transcript.we_said(self._mouth.clear())
        self._end_after(HangUp(HangUpReason.FAULT, self._talk.dialogue.outcome))
        if pieces := self._talk.fault_words():
            self._say(Say(0, pieces, is_interruptible=False))

    def _key(self, digit: str) -> None:
        if self._is_interruptible:
            self._interrupt("key")
        self._give_floor()
        self._keys.push(digit, self._now)

    def _tell_keys(self) -> None:
        if self._playout.is_playing:
            return
        digits = self._keys.take(self._listen.max_digits if self._listen else 1, self._now)
        if digits:
            is_secret = self._listen is not None and self._listen.kind is AskKind.DIGITS
            self._transcript.they_pressed(digits, is_secret=is_secret)
            self._tell(Pressed(digits))

    def _finish_sayings(self) -> None:
        while (saying := self._playout.finished(self._now)) is not None:
            self._played_at = self._quiet_since = self._now
            saying_was_ours = saying.say.say_id > 0
            self._transcript.we_said([saying])
            if saying_was_ours:
                self._tell(Played(saying.say.say_id))

    def _utter(self) -> None:
        utterance = self._ear.utterance(self._now)
        if utterance is not None:
            if utterance.heard.text:
                self._quiet_since = self._now
            self._consider(utterance)
        while self._held and not self._playout.is_playing and not self.is_over:
            self._understand_early(self._held.pop(0))

    def _consider(self, utterance: Utterance) -> None:
        """What is said over our speech interrupts it, waits for its end, or merely accompanies it."""
        text = utterance.heard.text
        if self._cut and (not text or is_accompanying(text)):
            self._take_floor_back()
        if not text:
            return
        if self._playout.is_playing and is_accompanying(text):
            self._transcript.they_said(utterance)
        elif self._playout.is_playing and not self._is_interruptible:
            if not self._is_recorded_voice(utterance):
                self._held.append(utterance)
        else:
            if self._playout.is_playing:
                self._interrupt("words")
            self._give_floor()
            self._understand(utterance)

    def _is_recorded_voice(self, utterance: Utterance) -> bool:
        """Whether no person is on the line: then nothing more is said, not even our notice."""
        meaning = self._talk.understand(utterance.heard, is_early=True)
        if meaning.intent is not Intent.ANNOUNCEMENT:
            return False
        self._transcript.they_said(utterance, meaning_to_dict(meaning))
        self._transcript.we_said(self._mouth.clear())
        self._tell(Understood(meaning))
        return True

    def _understand_early(self, utterance: Utterance) -> None:
        """What was said over our notice answers no question: it is written down, and acted upon when it stands by itself."""
        meaning = self._talk.understand(utterance.heard, is_early=True)
        self._transcript.they_said(utterance, meaning_to_dict(meaning))
        if meaning.risk or meaning.intent in STANDS_ALONE:
            self._tell(Understood(meaning))

    def _understand(self, utterance: Utterance) -> None:
        self._mouth.decided(self._now, utterance.ended_at)
        meaning = self._talk.understand(utterance.heard)
        self._transcript.they_said(utterance, meaning_to_dict(meaning))
        self._tell(Understood(meaning))

    def _fall_silent(self) -> None:
        """Silence is the absence of words: a sound that has none (a phone put down beside a television) does not end it."""
        is_deaf = self._now - self._media_at >= DEAF_S
        if is_deaf or self._playout.is_playing or self._keys.is_typing or self._held:
            self._quiet_since = self._now
        elif self._wake is not None and self._now - self._quiet_since >= self._wake.after_s + self._still_hearing_s:
            tag, self._wake = self._wake.tag, None
            self._tell(WentSilent(tag))

    @property
    def _still_hearing_s(self) -> float:
        """How much longer than the silence is waited: somebody who speaks is heard out, and no utterance lasts longer."""
        return LONGEST_S if self._ear.is_hearing else 0.0

    def _obey(self) -> None:
        for event in self._vigil.orders(self._now):
            self._tell(event)

    def _watch(self) -> None:
        reason = self._vigil.end(self._now - self._media_at)
        if reason is not None and self._talk.dialogue.mortal_danger:
            self.lost()
            self.is_over = True
        elif reason is not None:
            self._abandon(reason)
        elif not (self._playout.is_playing or self._ear.is_hearing) and (event := self._vigil.time_up()):
            self._tell(event)

    def _abandon(self, reason: HangUpReason) -> None:
        TROUBLES.labels(reason.value).inc()
        self._stopped(reason)
        hang_up(self._line, self._talk.sheet.carrier_sid)

    def _end_after(self, ended: HangUp | Transfer) -> None:
        self._after, self._wake = ended, None
        self._played_at = self._now

    def _close(self) -> None:
        """Once everything said was played: end the call, or leave the stream so that a person can be dialled."""
        if self._after is None or self._playout.is_playing:
            return
        if isinstance(self._after, Transfer):
            self._talk.save(self._transcript.take())
            self._line.notebook.set_state(self._talk.sheet.call_id, CallState.TRANSFERRING, 0)
        elif self._is_last_word_awaited(self._after):
            return
        else:
            self._talk.save(self._transcript.take())
            self._talk.finish(self._after.outcome, self._after.reason)
        self.is_over = True

    def _is_last_word_awaited(self, ended: HangUp) -> bool:
        """Whether somebody still speaks into our goodbye. A recorded voice is heard until it has said what it is."""
        is_speaking = self._ear.is_hearing or bool(self._held)
        is_known_machine = ended.reason is HangUpReason.MACHINE and ended.outcome is not Outcome.VOICEMAIL
        return is_speaking and not is_known_machine and self._now - self._played_at < LAST_WORD_S

    def _stopped(self, reason: HangUpReason) -> None:
        """The line is gone. What was said last is still made out: a promise cut by the line is kept."""
        last = self._ear.utterance(self._now, must_end=True)
        self._transcript.we_said([*self._cut, *self._playout.cut()])
        for utterance in [*self._held, *([last] if last and last.heard.text else [])]:
            meaning = self._talk.understand(utterance.heard)
            self._transcript.they_said(utterance, meaning_to_dict(meaning))
            self._talk.tell(Understood(meaning), self._transcript.take())
        self._talk.hung_up(reason, self._transcript.take())
        self.is_over = True
