"""What only a simulator has, below /simulator: look into calls, ask for mischief, be called. Open, for loopback only."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from simulator import audio
from simulator.call import Call, Source
from simulator.carrier import Exchange
from simulator.courier import is_loopback
from simulator.ear import Ear
from simulator.plan import BadPlan, Subscriber

_FAULTS = frozenset({"http_429", "http_500", "drop_answer"})


def call_view(call: Call) -> dict[str, Any]:
    """Everything that is known of a call. Times are line seconds since it was asked for."""

    def at(moment: float | None) -> float | None:
        return None if moment is None else round(moment - call.created_at, 3)

    def all_of(what: str, *names: str) -> list[dict[str, Any]]:
        return [{name: one.get(name) for name in ("t", *names)} for one in call.timeline if one["what"] == what]

    return {
        "sid": call.sid,
        "parent_sid": call.parent_sid,
        "to": call.to,
        "from": call.from_,
        "direction": call.direction,
        "persona": call.persona,
        "status": call.status,
        "answered_by": call.answered_by,
        "created": call.clock.wall(call.created_at).isoformat(),
        "dialled_at": at(call.dialled_at),
        "answered_at": at(call.answered_at),
        "ended_at": at(call.ended_at),
        "duration_s": call.duration_s,
        "ended_by": call.ended_by,
        "bridged_at": at(call.bridged_at),
        "bridged_to": call.bridged_sid,
        "heard": all_of("heard", "text", "began", "ended", "cut"),
        "said": all_of("says", "text", "seconds", "speech"),
        "digits": "".join(one["digit"] for one in call.timeline if one["what"] == "presses"),
        "reply_latency_s": [one["latency_s"] for one in call.timeline if one["what"] == "reply"],
        "errors": all_of("error", "code", "why"),
        "timeline": call.timeline,
    }


class Inspection:
    """The routes below /simulator."""

    def __init__(self, exchange: Exchange, ear: Ear) -> None:
        self._exchange = exchange
        self._ear = ear

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.get("/simulator/health", self.health),
            web.get("/simulator/calls", self.calls),
            web.get("/simulator/calls/{sid}.json", self.call),
            web.get("/simulator/calls/{sid}/audio.wav", self.audio),
            web.post("/simulator/calls/{sid}/press", self.press),
            web.post("/simulator/calls/{sid}/hang_up", self.hang_up),
            web.post("/simulator/subscribers", self.subscribe),
            web.post("/simulator/misbehave", self.misbehave),
            web.post("/simulator/inbound", self.inbound),
        ]

    async def health(self, request: web.Request) -> web.StreamResponse:
        """Up, how many calls are live, and the pace of the callers' ear: null until it has loaded what it needs."""
        live = sum(call.is_live for call in self._exchange.calls.values())
        facts = {"live": live, "numbers": len(self._exchange.plan.numbers()), "ear_pace_s": self._ear.pace_s}
        return web.json_response({"status": "ok", **facts})

    async def calls(self, request: web.Request) -> web.StreamResponse:
        """All calls without their timelines, oldest first; `?to=` narrows."""
        wanted = request.query.get("to")
        views = [call_view(call) for call in self._exchange.calls.values() if wanted in (None, call.to)]
        for view in views:
            del view["timeline"]
        return _json({"calls": views})

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One call with its timeline."""
        return _json(call_view(self._call(request)))

    async def audio(self, request: web.Request) -> web.StreamResponse:
        """What was on the line: left the subscriber, right what it was played."""
        line = self._call(request).line
        if line is None:
            raise web.HTTPNotFound(text="the call was never answered")
        channels = [bytes(line.tape_said), bytes(line.tape_played)]
        body = await asyncio.to_thread(audio.wav, channels)
        return web.Response(body=body, content_type="audio/x-wav")

    async def press(self, request: web.Request) -> web.StreamResponse:
        """{"digits"}: the subscriber presses keys."""
        line, call = self._call(request).line, self._call(request)
        if line is None or not call.is_live:
            raise web.HTTPConflict(text="the call is not live")
        call.note("presses", digit=str((await _object(request)).get("digits", "")))
        line.press(str((await _object(request)).get("digits", "")))
        return web.json_response({})

    async def hang_up(self, request: web.Request) -> web.StreamResponse:
        """The subscriber hangs up now."""
        self._exchange.hang_up(self._call(request), by="callee")
        return web.json_response({})

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        """{"phone", "persona"}: give a number to a persona."""
        body = await _object(request)
        if not isinstance(body.get("phone"), str) or not isinstance(body.get("persona"), str):
            raise web.HTTPBadRequest(text="phone and persona are needed")
        if not self._exchange.people.is_known(body["persona"]):
            raise web.HTTPBadRequest(text="no such persona")
        self._exchange.plan.add(Subscriber(body["phone"], body["persona"]))
        return web.json_response({}, status=201)

    async def misbehave(self, request: web.Request) -> web.StreamResponse:
        """{"to"?: number, ...mischief}, or counts of http_429, http_500, drop_answer for the REST API."""
        body = await _object(request)
        number = body.pop("to", None)
        faults = {name: body.pop(name) for name in _FAULTS & set(body)}
        if not all(isinstance(count, int) for count in faults.values()):
            raise web.HTTPBadRequest(text="faults are counts")
        try:
            if body or not faults:
                self._exchange.plan.misbehave(body, number=number)
        except BadPlan as fault:
            raise web.HTTPBadRequest(text=str(fault)) from fault
        self._exchange.faults.update(faults)
        return web.json_response({})

    async def inbound(self, request: web.Request) -> web.StreamResponse:
        """{"from", "to", "url"}: a subscriber calls the customer's number, whose voice URL is `url`."""
        body = await _object(request)
        found = self._exchange.plan.find(str(body.get("from")))
        if found is None or not is_loopback(str(body.get("url", ""))):
            raise web.HTTPBadRequest(text="from must be a subscriber and url on loopback")
        call = self._exchange.receive(from_=found.number, to=str(body.get("to")), source=Source(str(body["url"])))
        return web.json_response({"sid": call.sid}, status=201)

    def _call(self, request: web.Request) -> Call:
        call = self._exchange.calls.get(request.match_info["sid"])
        if call is None:
            raise web.HTTPNotFound(text="no such call")
        return call


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as fault:
        raise web.HTTPBadRequest(text="not JSON") from fault
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="not an object")
    return body


def _json(body: dict[str, Any]) -> web.Response:
    return web.Response(text=json.dumps(body, ensure_ascii=False, indent=1), content_type="application/json")
