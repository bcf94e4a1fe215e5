"""Runs TwiML on an answered call, verb after verb, until the call ends or a newer document takes over."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from simulator import audio
from simulator.call import Call, Source
from simulator.clock import first
from simulator.courier import Undelivered
from simulator.line import Line
from simulator.twiml import BadTwiml, Verb, absolute, parse

if TYPE_CHECKING:
    from simulator.carrier import Exchange

log = logging.getLogger("simulator")

SAY_S_PER_CHARACTER = 0.22


Act = Callable[["Program", Verb], Awaitable[Source | None]]
"""Does one verb; the next source where the document is left."""


class Ended(Exception):
    """The document has ended the call."""


class Program:
    """One chain of documents on one call. `base` is the URL of the present document, empty for an inline one."""

    def __init__(self, exchange: Exchange, call: Call, line: Line, *, acts: Mapping[str, Act]) -> None:
        """`acts`: what each verb does, by its name."""
        self.exchange = exchange
        self.acts = acts
        self.call = call
        self.line = line
        self.base = ""

    async def run(self, source: Source) -> None:
        """Follow documents until none is left; the call then ends (`ended_by` bot)."""
        following: Source | None = source
        try:
            while following is not None and not self.line.hung_up.is_set():
                following = await self._document(following)
        except Ended:
            pass
        self.exchange.hang_up(self.call, by="bot")

    async def whisper(self, source: Source) -> bool:
        """Follow documents on a leg that waits to be bridged; whether it may be."""
        following: Source | None = source
        try:
            while following is not None and not self.line.hung_up.is_set():
                following = await self._document(following)
        except Ended:
            return False
        return not self.line.hung_up.is_set()

    async def last_word(self, source: Source) -> None:
        """Ask an `action` after the subscriber has gone; what it answers is of no use any more."""
        self.call.note("webhook", url=source.url, digits=dict(source.params).get("Digits"))
        params = {**self.call.webhook_params(), "CallStatus": "completed", **dict(source.params)}
        try:
            await self.exchange.courier.ask(source.url, source.method, params)
        except Undelivered as fault:
            self.error(fault.code, fault.why)

    async def _document(self, source: Source) -> Source | None:
        try:
            verbs = await self._obtain(source)
        except (Undelivered, BadTwiml) as fault:
            self.error(fault.code, fault.why)
            if source.fallback_url:
                extra = (("ErrorCode", str(fault.code)), ("ErrorUrl", source.url))
                return Source(source.fallback_url, source.fallback_method, params=extra)
            raise Ended from fault
        for verb in verbs:
            following = await self._verb(verb)
            if following is not None:
                return following
            if self.line.hung_up.is_set():
                raise Ended
        return None

    async def _obtain(self, source: Source) -> tuple[Verb, ...]:
        if not source.url:
            self.base = ""
            return parse(source.twiml.encode())
        params = {**self.call.webhook_params(), **dict(source.params)}
        if self.call.answered_by:
            params["AnsweredBy"] = self.call.answered_by
        self.call.note("webhook", url=source.url, digits=params.get("Digits"))
        asked = self.call.clock.now()
        if self.exchange.plan.mischief(self.call.to).duplicate_webhooks:
            await self.exchange.courier.ask(source.url, source.method, params)
        reply = await self.exchange.courier.ask(source.url, source.method, params)
        self.call.note("document", bytes=len(reply.body), took_s=round(self.call.clock.now() - asked, 3))
        self.base = reply.url
        return () if reply.status == 204 else parse(reply.body, reply.content_type)

    async def _verb(self, verb: Verb) -> Source | None:
        act = self.acts.get(verb.name)
        if act is None:
            self.error(12200, f"unknown verb {verb.name}")
            raise Ended
        self.call.note("verb", name=verb.name)
        try:
            return await act(self, verb)
        except BadTwiml as fault:
            self.error(fault.code, fault.why)
            raise Ended from fault

    def error(self, code: int, why: str) -> None:
        """Write the network's error number into the timeline."""
        self.call.note("error", code=code, why=why)
        log.warning("call %s: error %s %s", self.call.sid, code, why)

    def action(self, verb: Verb, params: dict[str, str], *, default_here: bool) -> Source | None:
        """The source of a verb's `action`; the present document's URL when that is the default."""
        url = verb.get("action")
        if not url and not (default_here and self.base):
            return None
        return Source(absolute(self.base, url or self.base), verb.get("method", "POST"), params=tuple(params.items()))

    async def or_hung_up(self, *waits: Awaitable[object]) -> set[int]:
        """Wait for the first; -1 is in the answer when the subscriber hung up."""
        done = await first(self._gone(), *map(_wrapped, waits))
        return {place - 1 for place in done}

    async def _gone(self) -> None:
        await self.line.hung_up.wait()

    async def sound(self, verb: Verb) -> None:
        """Put what a Say or Play asks for into the playout, without waiting for its end."""
        times = int(verb.number("loop", 1)) or 1000
        text: str | None = None
        if verb.name == "Say":
            text = verb.text
            mulaw = audio.SILENCE * round(len(text) * SAY_S_PER_CHARACTER * audio.RATE_HZ)
        elif verb.get("digits"):
            mulaw = audio.dtmf(verb.get("digits"))
        else:
            mulaw = await self._fetch_sound(absolute(self.base, verb.text))
        for _ in range(times if len(mulaw) * times < 3600 * audio.RATE_HZ else 1):
            self.line.playout.put(mulaw, text)

    async def _fetch_sound(self, url: str) -> bytes:
        try:
            reply = await self.exchange.courier.fetch(url)
            return audio.read(reply.body, reply.content_type)
        except Undelivered as fault:
            self.error(fault.code, fault.why)
        except audio.BadSound as fault:
            self.error(12300, str(fault))
        return b""


async def _wrapped(wait: Awaitable[object]) -> object:
    return await wait
