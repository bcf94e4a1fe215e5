"""The carrier's webhooks and the media socket: verify, dedup, load, receive, save, reply. No way round the signature."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from flask_sock import Sock
from werkzeug.exceptions import HTTPException

from ivr.carrier import signature, webhook
from ivr.carrier.twiml import Hangup, Verb, document
from ivr.dialogue.effects import Piece
from ivr.ports import CallSheet
from ivr.runtime import answering, handover, house_clips, turns, urls
from ivr.runtime.line import Line
from ivr.runtime.pump import carry, limit_sending
from kit import metrics
from kit.metrics import WEBHOOKS
from speech.audio import decode_mulaw, silence, write_wav
from speech.ports import LINE_RATE_HZ

LOG = logging.getLogger(__name__)
MAX_BODY = 64 * 1024
MAX_SOCKET_MESSAGE = 256 * 1024
"""Beyond this the socket library closes; beyond 64 KiB the message alone is refused."""


def voice_blueprint(line: Line) -> Blueprint:
    """Routes of the carrier's webhooks (web process)."""
    signed = Blueprint("signed", __name__)
    signed.before_request(lambda: _verify(line))
    _instruct(signed, line)
    _take_reports(signed, line)
    voice = Blueprint("voice", __name__)
    _refusals(voice)
    voice.register_blueprint(signed)
    voice.add_url_rule("/media/clip/<name>.wav", "clip", lambda name: _clip(line, name))
    return voice


def _instruct(voice: Blueprint, line: Line) -> None:
    """The webhooks that are answered with instructions."""
    views: dict[str, Callable[[CallSheet], list[Verb]]] = {
        "answer": lambda sheet: answering.answered(
            line, sheet, webhook.call_sid(request.form), request.form.get("AnsweredBy", "")
        ),
        "resume": lambda sheet: handover.resume(line, sheet),
        "transfer": lambda sheet: handover.rang(line, sheet, _number("agent"), webhook.dial(request.form)),
        "whisper": lambda sheet: handover.whisper(line, sheet, _number("agent")),
        "turn": lambda sheet: turns.took(line, sheet, _asked()),
        "keys": lambda sheet: turns.took(line, sheet, _asked()),
        "accept": lambda sheet: handover.accept(line, sheet, _number("agent"), webhook.collected(request.form).digits),
    }
    for name, view in views.items():
        voice.add_url_rule(f"/voice/{name}", name, _voice(line, view), methods=["POST"])


def _take_reports(voice: Blueprint, line: Line) -> None:
    """The webhooks that only report: 204 whatever they say about calls that are over or unknown."""
    views: dict[str, Callable[[], None]] = {
        "status": lambda: answering.progressed(line, _call_id(), webhook.status(request.form)),
        "amd": lambda: answering.machine_reported(line, _call_id(), webhook.machine(request.form)),
        "recording": lambda: answering.recording_reported(line, _call_id(), webhook.recording(request.form)),
        "stream-status": lambda: WEBHOOKS.labels("stream", webhook.stream(request.form).event).inc(),
    }
    for name, view in views.items():
        voice.add_url_rule(f"/voice/{name}", name, _report(view), methods=["POST"])


def media_blueprint(line: Line) -> Blueprint:
    """The socket of live calls (media process)."""
    media = Blueprint("media", __name__)
    _refusals(media)
    media.record_once(
        lambda state: state.app.config.setdefault("SOCK_SERVER_OPTIONS", {"max_message_size": MAX_SOCKET_MESSAGE})
    )

    @media.before_request
    def may_open() -> None:
        if line.slots.is_draining or line.slots.live >= line.slots.total:
            abort(503)
        given = request.headers.get("X-Twilio-Signature")
        if given is not None and not signature.is_genuine(_token(line), given, urls.media_socket(line.settings)):
            WEBHOOKS.labels("media", "unsigned").inc()
            abort(403)

    def socket(ws: Any) -> None:
        limit_sending(ws.sock)
        carry(ws, line)

    Sock().route("/media", bp=media)(socket)
    return media


def health_blueprint(line: Line) -> Blueprint:
    """Whether this process lives and is ready, and what it has counted. Names what is missing; shows no personal value."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return {"status": "ok"}

    @health.get("/readyz")
    def readyz() -> ResponseReturnValue:
        faults = {name: fault for name, check in line.checks.items() if (fault := check())}
        if line.slots.is_draining:
            faults["draining"] = "正在停机：不再接新通话"
        return {"status": "unready" if faults else "ready", "faults": faults}, 503 if faults else 200

    @health.get("/metrics")
    def exposition() -> ResponseReturnValue:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    return health


def _verify(line: Line) -> None:
    """403 unless the carrier signed this request; 413 and 400 for what cannot be read."""
    request.max_content_length = MAX_BODY
    if (request.content_length or 0) > MAX_BODY:
        abort(413)
    url = line.settings.public_base_url + str(request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI", ""))
    is_form = request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data", "")
    body = None if is_form else request.get_data()
    params = list(request.form.items(multi=True)) if is_form else []
    if not signature.is_genuine(_token(line), request.headers.get("X-Twilio-Signature", ""), url, params, json_body=body):
        WEBHOOKS.labels(_route(), "unsigned").inc()
        abort(403)


def _voice(line: Line, view: Callable[[CallSheet], list[Verb]]) -> Callable[[], ResponseReturnValue]:
    """A view that gives a call's sheet and returns verbs; unknown and finished calls are hung up."""

    def answer() -> ResponseReturnValue:
        webhook.call_sid(request.form)
        sheet = line.notebook.open_call(_call_id())
        WEBHOOKS.labels(_route(), "ok" if sheet else "unknown_call").inc()
        verbs = _answered(line, view, sheet) if sheet else [Hangup()]
        return Response(document(*verbs), content_type="text/xml; charset=utf-8")

    return answer


def _answered(line: Line, view: Callable[[CallSheet], list[Verb]], sheet: CallSheet) -> list[Verb]:
    """The view's answer. A fault of ours ends no call: the carrier would hang up on an error."""
    try:
        return view(sheet)
    except (webhook.Malformed, HTTPException):
        raise
    except Exception:
        WEBHOOKS.labels(_route(), "fault").inc()
        LOG.exception("a webhook failed", extra={"call_id": sheet.call_id})
        return handover.after_fault(line, sheet, _number("again", "0"))


def _asked() -> turns.Asked:
    """What a <Record> or <Gather>, or the redirect behind it, tells about a turn."""
    report = webhook.collected(
        {**request.form.to_dict(), **({"RecordingUrl": url} if (url := request.args.get("recording")) else {})}
    )
    return turns.Asked(_number("turn"), report, fetches=_number("fetches", "0"))


def _clip(line: Line, name: str) -> ResponseReturnValue:
    """One clip as WAV, for the carrier that was told its keyed name."""
    if not hmac.compare_digest(request.args.get("key", "").encode(), urls.clip_key(line.settings, name).encode()):
        abort(403)
    try:
        sound = _sound(line, name)
    except LookupError:
        abort(404)
    return Response(write_wav(decode_mulaw(sound), LINE_RATE_HZ), content_type="audio/wav")


def _sound(line: Line, name: str) -> bytes:
    """mu-law of a sentence of the house, of one Say of a call's present turn, or of a second of silence. Raises LookupError."""
    if name in house_clips.TEXTS:
        return line.prompts.sound(Piece(house_clips.TEXTS[name]))
    call_id, _, place = name.partition(".")
    sheet = line.notebook.open_call(call_id) if place else None
    return turns.clip(line, sheet, *map(int, place.split("."))) if sheet else silence(1.0)


def _report(view: Callable[[], None]) -> Callable[[], ResponseReturnValue]:
    def report() -> ResponseReturnValue:
        view()
        return "", 204

    return report


def _refusals(blueprint: Blueprint) -> None:
    @blueprint.errorhandler(webhook.Malformed)
    def malformed(fault: webhook.Malformed) -> ResponseReturnValue:
        WEBHOOKS.labels(_route(), "malformed").inc()
        return f"malformed: {fault}", 400

    @blueprint.errorhandler(HTTPException)
    def refused(fault: HTTPException) -> ResponseReturnValue:
        WEBHOOKS.labels(_route(), f"refused_{fault.code}").inc()
        return fault.name, fault.code or 500


def _call_id() -> str:
    call_id = request.args.get("call_id", "")
    if not call_id or len(call_id) > 64:
        raise webhook.Malformed("call_id")
    return call_id


def _number(name: str, default: str = "") -> int:
    value = request.args.get(name, default)
    if not (value.isascii() and value.isdecimal() and len(value) <= 4):
        raise webhook.Malformed(name)
    return int(value)


def _route() -> str:
    return (request.endpoint or "unknown").rpartition(".")[2] if current_app else "unknown"


def _token(line: Line) -> str:
    return line.settings.twilio_auth_token.get_secret_value()
