"""What the carrier reports by webhook, between form fields and values. Pure; both status enumerations are understood.

Source: twilio.com/docs/voice/api/call-resource, /voice/twiml/{dial,record,gather,stream}. No telephone number leaves here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

Form = Mapping[str, str]


def hook_url(base_url: str, path: str, **query: str | int) -> str:
    """A public URL of ours with its query, in the given order."""
    return f"{base_url}{path}?{urlencode(query)}" if query else f"{base_url}{path}"


class Malformed(ValueError):
    """A field is missing or is not what it must be. Names the field, never its value."""


class CallStatus(StrEnum):
    """The resource's statuses and `initiated`, which exists in callbacks only."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether the call is over."""
        return self in _TERMINAL


_TERMINAL = frozenset({CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.FAILED, CallStatus.NO_ANSWER, CallStatus.CANCELED})
_STATUS_ALIAS = {"answered": CallStatus.IN_PROGRESS, "cancelled": CallStatus.CANCELED}

DETAIL_FIELDS = ("CallDuration", "SipResponseCode", "AnsweredBy", "Timestamp", "RecordingSid", "ErrorCode", "HangupSource")
"""What is kept of a report besides its status. Never To, From or Caller."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The call has reached a status. `key` names this report for deduplication."""

    call_sid: str
    status: CallStatus
    key: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MachineReport:
    """The carrier's guess at who answered."""

    call_sid: str
    answered_by: str

    @property
    def is_machine(self) -> bool:
        """Whether the carrier is sure that no person is there."""
        return self.answered_by == "fax" or self.answered_by.startswith("machine")


@dataclass(frozen=True, slots=True)
class StreamReport:
    """The carrier's view of the media stream: stream-started, stream-stopped, stream-error."""

    call_sid: str
    stream_sid: str
    event: str
    error: str


@dataclass(frozen=True, slots=True)
class RecordingReport:
    """A recording made by the carrier has a new state."""

    call_sid: str
    recording_sid: str
    status: str
    url: str


@dataclass(frozen=True, slots=True)
class DialReport:
    """How the ringing of an agent ended; `completed` says only that it was answered."""

    call_sid: str
    status: str


@dataclass(frozen=True, slots=True)
class InputReport:
    """What a <Gather> or <Record> took: keys, or a recording's URL, or neither."""

    call_sid: str
    digits: str
    recording_url: str
    has_hung_up: bool = False


_SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEYS = re.compile(r"[0-9*#ABCDw]{0,64}")


def status(form: Form) -> StatusReport:
    """A status callback. Raises Malformed."""
    sid, raw = call_sid(form), form.get("CallStatus", "")
    try:
        reached = _STATUS_ALIAS.get(raw) or CallStatus(raw)
    except ValueError:
        raise Malformed("CallStatus") from None
    sequence = form.get("SequenceNumber", "")
    if sequence and not sequence.isdecimal():
        raise Malformed("SequenceNumber")
    details = {name: form[name][:64] for name in DETAIL_FIELDS if form.get(name)}
    return StatusReport(sid, reached, f"{sid}:{sequence or reached.value}", details)


def machine(form: Form) -> MachineReport:
    """An answering machine detection callback. Raises Malformed."""
    answered_by = form.get("AnsweredBy", "")
    if not re.fullmatch(r"[a-z_]{1,32}", answered_by):
        raise Malformed("AnsweredBy")
    return MachineReport(call_sid(form), answered_by)


def stream(form: Form) -> StreamReport:
    """A stream status callback. Raises Malformed."""
    event = form.get("StreamEvent", "")
    if event not in ("stream-started", "stream-stopped", "stream-error"):
        raise Malformed("StreamEvent")
    return StreamReport(call_sid(form), _sid(form, "StreamSid"), event, form.get("StreamError", "")[:200])


def recording(form: Form) -> RecordingReport:
    """A recording status callback. Raises Malformed."""
    reached = form.get("RecordingStatus", "")
    if reached not in ("in-progress", "completed", "absent", "failed"):
        raise Malformed("RecordingStatus")
    return RecordingReport(call_sid(form), _sid(form, "RecordingSid"), reached, form.get("RecordingUrl", ""))


def dial(form: Form) -> DialReport:
    """What a <Dial> posts to its action. Raises Malformed."""
    reached = form.get("DialCallStatus", "")
    if reached not in ("completed", "answered", "busy", "no-answer", "failed", "canceled"):
        raise Malformed("DialCallStatus")
    return DialReport(call_sid(form), reached)


def collected(form: Form) -> InputReport:
    """What a <Gather> or <Record> posts to its action. Raises Malformed."""
    digits = form.get("Digits", "")
    if digits == "hangup":
        return InputReport(call_sid(form), "", form.get("RecordingUrl", ""), has_hung_up=True)
    if not _KEYS.fullmatch(digits):
        raise Malformed("Digits")
    return InputReport(call_sid(form), digits, form.get("RecordingUrl", ""))


def call_sid(form: Form) -> str:
    """The call's name at the carrier. Raises Malformed."""
    return _sid(form, "CallSid")


def _sid(form: Form, name: str) -> str:
    value = form.get(name, "")
    if not _SID.fullmatch(value):
        raise Malformed(name)
    return value
