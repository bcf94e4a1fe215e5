"""What the carrier's reports do to a call: answered, progressed, ended, a machine. Order and repetition change nothing."""

from __future__ import annotations

import logging

import numpy as np

from ivr.carrier.rest import CarrierTrouble
from ivr.carrier.twiml import Hangup, Verb
from ivr.carrier.webhook import CallStatus, MachineReport, RecordingReport, StatusReport
from ivr.dialogue.errors import DialogueMisuse
from ivr.ports import CallSheet
from ivr.runtime import modes
from ivr.runtime.line import Line
from ivr.runtime.talk import Talk
from kit.metrics import TROUBLES, WEBHOOKS
from kit.vocabulary import CallState, HangUpReason, MediaMode, Order
from speech.audio import MULAW_SILENCE, BadAudio, encode_mulaw, read_wav_channels, resample
from speech.ports import LINE_RATE_HZ

LOG = logging.getLogger(__name__)

LEFT_ALONE = frozenset(
    {CallState.DROPPED, CallState.LOST, CallState.TRANSFERRING, CallState.ACCEPTED, CallState.TRANSFER_FAILED}
)
"""States in which no media worker holds the call: when it ends now, nobody else will conclude it."""


def answered(line: Line, sheet: CallSheet, carrier_sid: str, answered_by: str) -> list[Verb]:
    """Somebody picked up. May arrive twice, or after the stream has begun: the same document again."""
    if sheet.outcome is not None or (sheet.carrier_sid is not None and sheet.carrier_sid != carrier_sid):
        return [Hangup()]
    details = {"AnsweredBy": answered_by} if answered_by else {}
    line.callbacks.call_progressed(sheet.call_id, carrier_sid, CallStatus.IN_PROGRESS.value, details, line.clock.now())
    return modes.carry_on(line, sheet)


def progressed(line: Line, call_id: str, report: StatusReport) -> None:
    """A status callback: seen once, moves forward only; the last one concludes a call that nobody holds."""
    now = line.clock.now()
    if not line.callbacks.is_first("status", report.key, now):
        WEBHOOKS.labels("status", "repeated").inc()
        return
    line.callbacks.call_progressed(call_id, report.call_sid, report.status.value, report.details, now)
    WEBHOOKS.labels("status", "ok").inc()
    sheet = line.notebook.open_call(call_id)
    if report.status.is_terminal and sheet is not None and is_left_alone(sheet):
        conclude(line, sheet)


def machine_reported(line: Line, call_id: str, report: MachineReport) -> None:
    """The carrier says that no person answered: an order to the process that talks."""
    if report.is_machine and line.callbacks.is_first("amd", report.call_sid, line.clock.now()):
        line.live.give_order(call_id, Order.MACHINE_ANSWERED)


def recording_reported(line: Line, call_id: str, report: RecordingReport) -> None:
    """A recording of the carrier's own (modes without a stream) is fetched and kept as if it were ours.

    One that could not be fetched is not taken for seen: the next report of it tries again.
    """
    if line.settings.media_mode is MediaMode.STREAM or report.status == "in-progress":
        return
    try:
        wav = line.carrier.recording(report.url) if report.status == "completed" else None
        if wav is None:
            raise OSError("no recording")
        if line.callbacks.is_first("recording", f"{report.recording_sid}:{report.status}", line.clock.now()):
            _keep(line, call_id, wav)
    except (OSError, CarrierTrouble, BadAudio):
        TROUBLES.labels("recording").inc()
        LOG.error("a recording of the carrier's was not kept", extra={"call_id": call_id, "recording": report.recording_sid})


def _keep(line: Line, call_id: str, wav: bytes) -> None:
    """Write a recording's two sides (the callee's first; mono holds both). Raises OSError, BadAudio."""
    channels, rate_hz = read_wav_channels(wav)
    sides = [resample(np.ascontiguousarray(side), rate_hz, LINE_RATE_HZ) for side in channels.T]
    callee = encode_mulaw(sides[0])
    recording = line.recorder.start(call_id)
    recording.write(callee, encode_mulaw(sides[1]) if len(sides) > 1 else MULAW_SILENCE * len(callee))
    recording.close()


def is_left_alone(sheet: CallSheet) -> bool:
    """Whether the call has begun, has no outcome, and no media worker holds it."""
    return sheet.outcome is None and sheet.memory is not None and sheet.state in LEFT_ALONE


def conclude_silent(line: Line, call_id: str) -> None:
    """For the sweep: a call that the carrier ended and of which nothing was heard since, whatever its state says."""
    sheet = line.notebook.open_call(call_id)
    if sheet is not None and sheet.outcome is None and sheet.memory is not None:
        conclude(line, sheet)


def conclude(line: Line, sheet: CallSheet) -> None:
    """End a call whose line is gone and that nobody holds: what was agreed stays."""
    reason = HangUpReason.TRANSFER_DONE if sheet.state is CallState.ACCEPTED else HangUpReason.CALLEE
    try:
        Talk.restore(line, sheet).hung_up(reason)
    except (LookupError, DialogueMisuse):
        TROUBLES.labels("cannot_conclude").inc()
