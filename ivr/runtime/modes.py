"""How a call's voice travels: over our socket, or turn by turn in documents. Chooses; carries nothing."""

from __future__ import annotations

from ivr.carrier.twiml import ConnectStream, Redirect, Verb
from ivr.ports import CallSheet
from ivr.runtime import turns, urls
from ivr.runtime.line import Line
from kit.vocabulary import CallState, MediaMode

TOKEN_S = 60


def carry_on(line: Line, sheet: CallSheet) -> list[Verb]:
    """Begin the dialogue with the callee, or go on with it, as `sheet.state` says."""
    if line.settings.media_mode is MediaMode.STREAM:
        return _connect(line, sheet.call_id)
    if sheet.memory is None or sheet.state is CallState.TALKING:
        return turns.begin(line, sheet)
    return turns.go_on(line, sheet)


def _connect(line: Line, call_id: str) -> list[Verb]:
    """Give the call's sound to our socket, and come back to /voice/resume whenever the socket closes."""
    token = line.live.issue_token(call_id, TOKEN_S)
    stream = ConnectStream(
        url=urls.media_socket(line.settings),
        parameters={"token": token},
        status_callback=urls.hook(line.settings, "/voice/stream-status", call_id=call_id),
    )
    return [stream, Redirect(urls.hook(line.settings, "/voice/resume", call_id=call_id))]
