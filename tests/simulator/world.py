"""A customer's web server and a phone company in one event loop, sped up: what the simulator's tests are played on."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from kit.phone import invented_mainland
from simulator.call import Call
from simulator.carrier import Exchange
from simulator.options import Options, read
from simulator.plan import Subscriber
from simulator.server import EXCHANGE, make, serve

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "a-token-for-tests"
OURS = invented_mainland(9_000_001)
CALLEE = invented_mainland(9_000_002)
AGENT = invented_mainland(9_000_003)
NOBODY = invented_mainland(9_000_004)

CAST = Path(__file__).parent / "cast_for_tests.yaml"

Document = str | Callable[[dict[str, str]], str] | web.Response


@dataclass(slots=True)
class Asked:
    """A request that the customer's server received."""

    path: str
    method: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass(slots=True)
class Customer:
    """Answers webhooks from `documents`; sockets from `media`; everything by `serve` when there is one."""

    documents: dict[str, Document] = field(default_factory=dict)
    media: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None
    asked: list[Asked] = field(default_factory=list)
    base: str = ""
    wav: bytes = b""
    serve: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None

    def of(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.serve is not None:
            return await self.serve(request)
        form = {name: str(value) for name, value in (await request.post()).items()}
        params = {**dict(request.query), **form}
        self.asked.append(Asked(request.path, request.method, params, dict(request.headers)))
        if request.path == "/media":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            assert self.media is not None
            await self.media(socket)
            return socket
        if request.path.endswith(".wav"):
            return web.Response(body=self.wav, content_type="audio/wav")
        found = self.documents.get(request.path, web.Response(status=404))
        if isinstance(found, web.Response):
            return web.Response(status=found.status, headers=found.headers)
        text = found if isinstance(found, str) else found(params)
        return web.Response(text=f"<Response>{text}</Response>", content_type="text/xml")


@dataclass(slots=True)
class World:
    """Both sides, and a REST client."""

    customer: Customer
    exchange: Exchange
    client: aiohttp.ClientSession
    api: str

    def url(self, path: str) -> str:
        return f"{self.api}/2010-04-01/Accounts/{ACCOUNT}{path}"

    async def create(self, *, to: str = CALLEE, path: str = "/voice", **more: str) -> Call:
        fields = {"To": to, "From": OURS, "Url": self.customer.base + path, **more}
        async with self.client.post(self.url("/Calls.json"), data=fields) as response:
            body = await response.json()
            assert response.status == 201, body
        return self.exchange.calls[body["sid"]]

    async def over(self, call: Call, *, limit_s: float = 8.0) -> None:
        """Wait for the end of a call and its last callback."""
        await asyncio.wait_for(call.over.wait(), limit_s)
        await self.until(lambda: self._is_told(call))

    def _is_told(self, call: Call) -> bool:
        told = sum(one["what"] in ("callback", "callback_failed") and one.get("sequence") is not None for one in call.timeline)
        return told >= call.sequence

    async def until(self, holds: Callable[[], bool], *, limit_s: float = 8.0) -> None:
        async with asyncio.timeout(limit_s):
            while not holds():
                await asyncio.sleep(0.005)

    async def control(self, path: str, **body: Any) -> int:
        async with self.client.post(f"{self.api}/simulator{path}", json=body) as response:
            return response.status


def options(**changes: str) -> Options:
    given = {"account-sid": ACCOUNT, "auth-token": TOKEN, "port": "0", "cast": str(CAST), "ear": "none", "cps": "1000"}
    given["ear-cache"] = str(Path(tempfile.gettempdir()) / "huiling-tests-ear")
    words = [word for name, value in {**given, **changes}.items() for word in (f"--{name}", value)]
    return read([*words, "--fast"], {})


@asynccontextmanager
async def world(
    documents: Mapping[str, Document] | None = None,
    *,
    personas: dict[str, str] | None = None,
    media: Callable[[web.WebSocketResponse], Awaitable[None]] | None = None,
    **changes: str,
) -> AsyncIterator[World]:
    customer = Customer(dict(documents or {}), media)
    site = web.Application()
    site.router.add_route("*", "/{rest:.*}", customer.answer)
    site_runner = web.AppRunner(site, access_log=None)
    await site_runner.setup()
    await web.TCPSite(site_runner, "127.0.0.1", 0).start()
    customer.base = f"http://127.0.0.1:{site_runner.addresses[0][1]}"
    application = make(options(**changes))
    runner, port = await serve(application, "127.0.0.1", 0)
    for number, persona in (personas or {CALLEE: "listener"}).items():
        application[EXCHANGE].plan.add(Subscriber(number, persona))
    credentials = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    try:
        async with aiohttp.ClientSession(headers={"Authorization": f"Basic {credentials}"}) as client:
            yield World(customer, application[EXCHANGE], client, f"http://127.0.0.1:{port}")
    finally:
        await runner.cleanup()
        await site_runner.cleanup()


def notes(call: Call, what: str) -> list[dict[str, Any]]:
    """The timeline's entries of one kind."""
    return [one for one in call.timeline if one["what"] == what]


async def messages(socket: web.WebSocketResponse) -> AsyncIterator[dict[str, Any]]:
    """The JSON messages of a socket until it closes."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            yield json.loads(message.data)


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    """A web server that answers everything in one way; its base URL."""
    site = web.Application()
    site.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
