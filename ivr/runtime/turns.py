"""Calls without a media stream: one request is one turn, and its effects become one document.

`record` mode plays, records the answer, fetches and hears it; `keypad` mode plays and gathers keys. The same dialogues
run. What a turn will be asked about is kept in the call's memory under its number: a request that comes twice gets the
same document, one that comes late changes nothing. WakeAt becomes the verb's time-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivr.carrier.rest import CarrierTrouble
from ivr.carrier.twiml import Hangup, Play, Redirect, Verb
from ivr.carrier.webhook import InputReport
from ivr.dialogue.effects import Effect, HangUp, Transfer
from ivr.dialogue.events import Played, Pressed, Resumed, TransferFailed, Understood, WentSilent
from ivr.dialogue.memory import clause_from_json
from ivr.meaning import meaning_to_dict
from ivr.ports import CallSheet, Turn
from ivr.runtime import orders, urls
from ivr.runtime.house_clips import SILENCE
from ivr.runtime.line import Line
from ivr.runtime.talk import Talk, ending
from ivr.runtime.turn_plan import Plan, document_of, keyed, listening_on, plan_of
from ivr.script.model import AskKind
from kit.metrics import TROUBLES
from kit.vocabulary import CallState, HangUpReason
from speech.audio import BadAudio, read_wav, resample
from speech.classes import with_class
from speech.ports import LINE_RATE_HZ, NOTHING, Heard
from speech.vad import speech_seconds

MOST_FETCHES = 5
LEAST_SPEECH_S = 0.12


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about a turn: its number, what came (perhaps nothing), how often its recording was asked for."""

    turn: int
    report: InputReport
    fetches: int = 0


def begin(line: Line, sheet: CallSheet) -> list[Verb]:
    """The first document of a call; the same again when it is asked for again."""
    if sheet.memory is not None:
        return document_of(line.settings, sheet.call_id, Talk.restore(line, sheet).driver["turn"])
    talk, effects = Talk.begin(line, sheet)
    return _reply(line, talk, effects)


def go_on(line: Line, sheet: CallSheet) -> list[Verb]:
    """The dialogue goes on after something that was not the callee's turn: nobody took the call, or the line was lost."""
    talk = Talk.restore(line, sheet)
    return _reply(line, talk, talk.tell(TransferFailed() if talk.dialogue.is_transferring else Resumed()))


def took(line: Line, sheet: CallSheet, asked: Asked) -> list[Verb]:
    """The callee's turn. A repeated or late request is answered with the document of the present turn."""
    if sheet.outcome is not None or sheet.memory is None:
        return [Hangup()]
    talk = Talk.restore(line, sheet)
    turn = talk.driver.get("turn", {})
    if asked.turn != turn.get("n") or sheet.state is not CallState.TALKING:
        return document_of(line.settings, sheet.call_id, turn) if turn else [Hangup()]
    for event in orders.events_of(orders.waiting(line, sheet.call_id)):
        if effects := talk.tell(event):
            return _reply(line, talk, effects)
    heard = _heard(line, asked, turn)
    if heard is None:
        return _fetch_again(line, sheet.call_id, asked)
    return _receive(line, talk, asked, heard)


def clip(line: Line, sheet: CallSheet, turn: int, place: int) -> bytes:
    """mu-law of one Say of the present turn. Raises LookupError."""
    plan = (sheet.memory or {}).get("driver", {}).get("turn", {})
    if plan.get("n") != turn or not 0 <= place < len(plan["says"]):
        raise LookupError("no such clip")
    return b"".join(map(line.prompts.sound, clause_from_json(plan["says"][place]["pieces"])))


def _receive(line: Line, talk: Talk, asked: Asked, heard: Heard) -> list[Verb]:
    turn = talk.driver["turn"]
    _note_played(talk, turn)
    keys = keyed(turn, asked.report.digits, mode=line.settings.media_mode)
    if keys.more is not None and not asked.report.has_hung_up:
        return _next(line, talk, keys.more)
    if keys.digits:
        effects = _keyed(talk, keys.digits, is_secret=turn["kind"] == AskKind.DIGITS.value)
    elif heard.text:
        effects = _understood(talk, heard)
    elif asked.report.has_hung_up:
        effects = []
    elif turn["quiet_s"] + turn["timeout_s"] >= turn["after_s"]:
        effects = talk.tell(WentSilent(turn["tag"]))
    else:
        return _next(line, talk, listening_on(turn))
    if asked.report.has_hung_up:
        talk.hung_up(HangUpReason.CALLEE)
        return [Hangup()]
    return _reply(line, talk, effects)


def _note_played(talk: Talk, turn: Plan) -> None:
    """What the document of this turn played. A question that was played again for its keys is told to nobody."""
    for said in turn["says"]:
        spoken = [_turn(talk, "bot", said["text"])]
        if said["id"]:
            talk.tell(Played(said["id"]), spoken)
        else:
            talk.save(spoken)


def _next(line: Line, talk: Talk, plan: Plan) -> list[Verb]:
    """The callee's turn goes on; the dialogue waits."""
    talk.note(turn=plan)
    talk.save()
    return document_of(line.settings, talk.sheet.call_id, plan)


def _keyed(talk: Talk, digits: str, *, is_secret: bool) -> list[Effect]:
    shown = "*" * len(digits) if is_secret else digits
    return talk.tell(Pressed(digits), [_turn(talk, "callee", "", keys=shown)])


def _understood(talk: Talk, heard: Heard) -> list[Effect]:
    meaning = talk.understand(heard)
    turn = _turn(talk, "callee", heard.text, meaning=meaning_to_dict(meaning), confidence=heard.confidence, engine=heard.engine)
    return talk.tell(Understood(meaning), [turn])


def _turn(talk: Talk, speaker: str, text: str, **more: Any) -> Turn:
    at = round(talk.seconds, 2)
    return Turn(speaker=speaker, text=text, step=talk.dialogue.step, started_s=at, ended_s=at, **more)


def _heard(line: Line, asked: Asked, turn: dict[str, Any]) -> Heard | None:
    """What the recording says; NOTHING without one or when it cannot be had; None while it is not ready."""
    url = asked.report.recording_url
    if not url or asked.report.digits:
        return NOTHING
    try:
        wav = line.carrier.recording(url)
        if wav is None:
            return None if asked.fetches < MOST_FETCHES else NOTHING
        pcm, rate_hz = read_wav(wav)
    except (CarrierTrouble, BadAudio):
        TROUBLES.labels("recording_fetch").inc()
        return NOTHING
    answer = resample(pcm, rate_hz, LINE_RATE_HZ)
    expected = with_class(turn["kind"], turn["phrases"])
    return line.recognizer.transcribe(answer, expected) if speech_seconds(answer) >= LEAST_SPEECH_S else NOTHING


def _fetch_again(line: Line, call_id: str, asked: Asked) -> list[Verb]:
    """The recording does not exist yet: a second of silence, then ask ourselves again (a redirect sends no fields)."""
    again = urls.hook(
        line.settings,
        "/voice/turn",
        call_id=call_id,
        turn=asked.turn,
        fetches=asked.fetches + 1,
        recording=asked.report.recording_url,
    )
    return [Play(urls.clip(line.settings, SILENCE)), Redirect(again)]


def _reply(line: Line, talk: Talk, effects: Sequence[Effect]) -> list[Verb]:
    """Keep what the effects ask for as the next turn, and give its document."""
    ended = ending(effects)
    plan = plan_of(talk.driver.get("turn", {"n": 0}), effects, ended, mode=line.settings.media_mode)
    talk.note(turn=plan)
    talk.save([_turn(talk, "bot", said["text"]) for said in plan["says"]] if ended else ())
    line.notebook.set_state(talk.sheet.call_id, CallState.TRANSFERRING if isinstance(ended, Transfer) else CallState.TALKING, 0)
    if isinstance(ended, HangUp):
        talk.finish(ended.outcome, ended.reason)
    return document_of(line.settings, talk.sheet.call_id, plan)
