"""The REST API below /2010-04-01: reads requests, asks the exchange, answers in the published shapes. Decides nothing else."""

from __future__ import annotations

import base64
import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from aiohttp import web

from simulator import audio, openapi
from simulator.call import Call, Recording, Source, Subscription
from simulator.carrier import Exchange
from simulator.resources import ACCOUNTS, call_resource, error_body, page, recording_resource
from simulator.twiml import INLINE_LIMIT

log = logging.getLogger("simulator")

_NUMBER = re.compile(r"^\+[1-9]\d{6,14}$")
_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_HANDLED = frozenset({"To", "From", "Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod"})

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """A request is refused with a code, a sentence and an HTTP status."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class Rest:
    """The API of one account, with Basic authentication."""

    def __init__(self, exchange: Exchange, *, token: str, caller_ids: frozenset[str] = frozenset()) -> None:
        self._exchange = exchange
        self._token = token
        self._caller_ids = caller_ids

    def routes(self) -> list[web.RouteDef]:
        """All routes of the API."""
        base = ACCOUNTS + "/{account}"
        return [
            web.post(f"{base}/Calls.json", self._answer(self.create)),
            web.get(f"{base}/Calls.json", self._answer(self.calls)),
            web.get(base + "/Calls/{sid}.json", self._answer(self.fetch)),
            web.post(base + "/Calls/{sid}.json", self._answer(self.update)),
            web.delete(base + "/Calls/{sid}.json", self._answer(self.delete)),
            web.get(base + "/Calls/{call}/Recordings.json", self._answer(self.recordings)),
            web.get(f"{base}/Recordings.json", self._answer(self.recordings)),
            web.get(base + "/Recordings/{sid:RE[0-9a-f]+}.json", self._answer(self.recording)),
            web.delete(base + "/Recordings/{sid:RE[0-9a-f]+}.json", self._answer(self.erase)),
            web.get(base + "/Recordings/{sid:RE[0-9a-f]+}{form:(?:\\.wav)?}", self._answer(self.media)),
        ]

    def _answer(self, inner: Answer) -> Answer:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                self._fault(request)
                self._authenticate(request)
                return await inner(request)
            except Refused as refusal:
                body = error_body(refusal.code, refusal.message, refusal.status)
                return web.json_response(body, status=refusal.status)

        return answer

    def _fault(self, request: web.Request) -> None:
        faults = self._exchange.faults
        for name, refusal in (("http_429", Refused(20429, "Too Many Requests", 429)), ("http_500", Refused(20500, "", 500))):
            if request.method == "POST" and faults[name] > 0:
                faults[name] -= 1
                raise refusal

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = base64.b64encode(f"{self._exchange.account_sid}:{self._token}".encode()).decode()
        if scheme.lower() != "basic" or not hmac.compare_digest(given.encode(), right.encode()):
            raise Refused(20003, "Authenticate", 401)
        if request.match_info["account"] != self._exchange.account_sid:
            raise Refused(20404, "The requested resource was not found", 404)

    async def create(self, request: web.Request) -> web.StreamResponse:
        """POST Calls: 201 and a queued call."""
        form = await _form(request)
        self._check_new(form)
        options = {name: values[-1] for name, values in form.items() if name not in _HANDLED}
        call = self._exchange.place(
            to=form["To"][-1],
            from_=form["From"][-1],
            source=_source(form),
            subscription=_subscription(form),
            options=options,
        )
        for name in openapi.unknown_names("/Calls.json", "post", form):
            call.note("warning", why=f"unknown field {name}")
        if self._exchange.faults["drop_answer"] > 0:
            self._exchange.faults["drop_answer"] -= 1
            call.note("mischief", what_was="answer dropped")
            if request.transport is not None:
                request.transport.abort()
        return _checked("/Calls.json", "post", 201, call_resource(call))

    def _check_new(self, form: dict[str, list[str]]) -> None:
        for name, code in (("To", 21201), ("From", 21213)):
            if not form.get(name):
                raise Refused(code, f"No '{name}' number is specified")
        if not _NUMBER.match(form["To"][-1]):
            raise Refused(21211, "Invalid 'To' Phone Number")
        if not _NUMBER.match(form["From"][-1]):
            raise Refused(21212, "Invalid 'From' Phone Number")
        if self._caller_ids and form["From"][-1] not in self._caller_ids:
            raise Refused(21210, "'From' phone number not verified")
        if not any(form.get(name, [""])[-1] for name in ("Url", "Twiml", "ApplicationSid")):
            raise Refused(21205, "Url parameter is required")
        _check("/Calls.json", form)
        if not set(form.get("StatusCallbackEvent", [])) <= _EVENTS:
            raise Refused(21626, "Invalid StatusCallbackEvent")
        if not 1 <= int(form.get("Timeout", ["60"])[-1]) <= 600:
            raise Refused(20001, "Timeout must lie in 1..600")
        if form.get("AsyncAmd", ["false"])[-1] not in ("true", "false"):
            raise Refused(20001, "AsyncAmd must be true or false")

    async def fetch(self, request: web.Request) -> web.StreamResponse:
        """GET one call."""
        return _checked("/Calls/{Sid}.json", "get", 200, call_resource(self._call(request)))

    async def calls(self, request: web.Request) -> web.StreamResponse:
        """GET the calls, newest first; by To, From, Status, ParentCallSid, StartTime."""
        rows = [call_resource(call) for call in reversed(self._exchange.calls.values()) if _wanted(call, request.query)]
        body = page("calls", rows, request.path, dict(request.query))
        return _checked("/Calls.json", "get", 200, body)

    async def update(self, request: web.Request) -> web.StreamResponse:
        """POST one call: other instructions, or its end."""
        call, form = self._call(request), await _form(request)
        _check("/Calls/{Sid}.json", form)
        status = form.get("Status", [""])[-1]
        if call.is_final:
            raise Refused(21220, "Call is not in-progress. Cannot redirect.")
        if form.get("StatusCallback"):
            call.subscription.url = form["StatusCallback"][-1]
        if form.get("TimeLimit"):
            call.options["TimeLimit"] = form["TimeLimit"][-1]
        call.note("update", fields=sorted(form))
        if status:
            self._end(call, status)
        elif any(form.get(name, [""])[-1] for name in ("Url", "Twiml")):
            if not call.is_live:
                raise Refused(21220, "Call is not in-progress. Cannot redirect.")
            self._exchange.redirect(call, _source(form))
        return _checked("/Calls/{Sid}.json", "post", 200, call_resource(call))

    def _end(self, call: Call, status: str) -> None:
        if status == "canceled" and call.line is not None:
            raise Refused(21220, "Call is in-progress. Cannot cancel.")
        self._exchange.give_up(call)

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """DELETE a finished call."""
        call = self._call(request)
        if not call.is_final:
            raise Refused(20409, "Call is in progress", 409)
        del self._exchange.calls[call.sid]
        return web.Response(status=204)

    async def recordings(self, request: web.Request) -> web.StreamResponse:
        """GET the recordings, of one call or of all."""
        wanted = request.match_info.get("call") or request.query.get("CallSid")
        found = [one for one in self._exchange.recordings.values() if wanted in (None, one.call_sid)]
        body = page("recordings", [self._shown(one) for one in found], request.path, dict(request.query))
        return web.json_response(body)

    async def recording(self, request: web.Request) -> web.StreamResponse:
        """GET one recording's facts."""
        return _checked("/Recordings/{Sid}.json", "get", 200, self._shown(self._recording(request)))

    async def erase(self, request: web.Request) -> web.StreamResponse:
        """DELETE one recording."""
        del self._exchange.recordings[self._recording(request).sid]
        return web.Response(status=204)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """GET the sound of a recording: 16-bit WAV at 8 kHz."""
        recording = self._recording(request)
        if recording.ready_at > self._exchange.clock.now():
            raise Refused(20404, "The recording is not ready", 404)
        return web.Response(body=audio.wav(list(recording.channels)), content_type="audio/x-wav")

    def _shown(self, recording: Recording) -> dict[str, Any]:
        url = self._exchange.recording_url(recording.sid)
        return recording_resource(recording, self._exchange.account_sid, url)

    def _call(self, request: web.Request) -> Call:
        call = self._exchange.calls.get(request.match_info["sid"])
        if call is None:
            raise Refused(20404, f"The requested resource {request.path} was not found", 404)
        return call

    def _recording(self, request: web.Request) -> Recording:
        recording = self._exchange.recordings.get(request.match_info["sid"])
        if recording is None:
            raise Refused(20404, f"The requested resource {request.path} was not found", 404)
        return recording


async def _form(request: web.Request) -> dict[str, list[str]]:
    if request.content_type != openapi.FORM:
        raise Refused(20001, f"content type {request.content_type}")
    posted = await request.post()
    return {name: [str(value) for value in posted.getall(name)] for name in posted}


def _check(path: str, form: dict[str, list[str]]) -> None:
    faults = openapi.faults_of_form(path, "post", form)
    if faults:
        raise Refused(20001, "; ".join(faults))
    if len(form.get("Twiml", [""])[-1]) > INLINE_LIMIT:
        raise Refused(32018, "Twiml is longer than 4000 characters")


def _source(form: dict[str, list[str]]) -> Source:
    """Url wins over Twiml."""

    def last(name: str, default: str = "") -> str:
        return form.get(name, [default])[-1]

    return Source(
        url=last("Url"),
        method=last("Method", "POST"),
        twiml="" if last("Url") else last("Twiml"),
        fallback_url=last("FallbackUrl"),
        fallback_method=last("FallbackMethod", "POST"),
    )


def _subscription(form: dict[str, list[str]]) -> Subscription:
    return Subscription(
        url=form.get("StatusCallback", [""])[-1],
        method=form.get("StatusCallbackMethod", ["POST"])[-1],
        events=tuple(form.get("StatusCallbackEvent", ["completed"])),
    )


def _wanted(call: Call, query: Any) -> bool:
    simple = {"To": call.to, "From": call.from_, "ParentCallSid": call.parent_sid, "Status": call_resource(call)["status"]}
    if any(name in query and query[name] != value for name, value in simple.items()):
        return False
    started = call.clock.wall(call.dialled_at if call.dialled_at is not None else call.created_at)
    for name, fits in (("StartTime", _same_day), ("StartTime<", _until), ("StartTime>", _since)):
        if name in query and not fits(started, _moment(query[name])):
            return False
    return True


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError as fault:
            raise Refused(20001, f"not a date: {text}") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _same_day(one: datetime, other: datetime) -> bool:
    return one.date() == other.date()


def _until(one: datetime, other: datetime) -> bool:
    return one.date() <= other.date()


def _since(one: datetime, other: datetime) -> bool:
    return one.date() >= other.date()


def _checked(path: str, method: str, status: int, body: dict[str, Any]) -> web.Response:
    """An answer that the contract allows; anything else is a fault of the simulator itself."""
    faults = openapi.faults_of_answer(path, method, status, body)
    if faults:
        log.error("answer breaks the contract: %s", faults)
        return web.json_response(error_body(20500, "; ".join(faults), 500), status=500)
    return web.json_response(body, status=status)
