"""Numbers by keys in the modes without a stream, pressed by a subscriber of the simulated carrier: its TwiML, our views."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from aiohttp import web
from pydantic import SecretStr

from kit.vocabulary import MediaMode
from simulator.call import Call
from tests.ivr.runtime.rig import CALL, House, sheet
from tests.simulator.world import CALLEE, TOKEN, World, notes, world
from tests.webhooks.post import app_of

VERIFIED = "3200元"
"""Only a verified borrower is told the amount."""


@dataclass
class Bridged:
    """The simulator's world with our own views behind its webhooks."""

    here: World
    house: House

    @property
    def question(self) -> str:
        """What the present turn says."""
        memory = self.house.sheet.memory or {}
        return "".join(said["text"] for said in memory.get("driver", {}).get("turn", {}).get("says", []))

    @property
    def keys(self) -> list[str]:
        """The keys that the dialogue was told, as they are written down."""
        return [turn.keys for turn in self.house.notebook.turns[CALL] if turn.keys]

    async def call(self) -> Call:
        return await self.here.create(path=f"/voice/answer?call_id={CALL}")


@asynccontextmanager
async def bridged(mode: MediaMode, personas: dict[str, str]) -> AsyncIterator[Bridged]:
    async with world(personas=personas) as here:
        house = House(media_mode=mode)
        changes = {"public_base_url": here.customer.base, "twilio_auth_token": SecretStr(TOKEN)}
        house.line = replace(house.line, settings=house.line.settings.model_copy(update=changes))
        house.notebook.sheets[CALL] = sheet(facts={**sheet().facts, "id_last4": "1234"})
        client = app_of(house).test_client()

        async def serve(request: web.Request) -> web.StreamResponse:
            reply = client.open(
                request.raw_path,
                method=request.method,
                data={name: str(value) for name, value in (await request.post()).items()},
                headers={"X-Twilio-Signature": request.headers.get("X-Twilio-Signature", "")},
                base_url=here.customer.base,
            )
            return web.Response(body=reply.data, status=reply.status_code, content_type=reply.mimetype)

        here.customer.serve = serve
        yield Bridged(here, house)


@pytest.mark.parametrize("mode", [MediaMode.RECORD, MediaMode.KEYPAD])
@pytest.mark.parametrize("persona", ["keys_whole", "keys_in_two_goes"])
def test_the_last_four_digits_by_keys_verify(mode: MediaMode, persona: str) -> None:
    async def play() -> None:
        async with bridged(mode, {CALLEE: persona}) as stage:
            call = await stage.call()
            await stage.here.until(lambda: VERIFIED in stage.question, limit_s=20)
            stage.here.exchange.hang_up(call, by="callee")
            await stage.here.over(call)
            assert stage.keys[0] == "1"
            assert stage.keys[-1] == "****"
            if mode is MediaMode.RECORD:
                assert stage.keys == ["1", "****"], "what is incomplete is asked for again before the dialogue hears of it"
                verbs = [one["name"] for one in notes(call, "verb")]
                assert {"Record", "Gather"} <= set(verbs), "listened to, then gathered"

    asyncio.run(play())


def test_a_hash_ends_a_number_early() -> None:
    async def play() -> None:
        async with bridged(MediaMode.KEYPAD, {CALLEE: "keys_ended_by_hash"}) as stage:
            call = await stage.call()
            await stage.here.until(lambda: VERIFIED in stage.question, limit_s=20)
            stage.here.exchange.hang_up(call, by="callee")
            await stage.here.over(call)
            assert stage.keys == ["1", "**", "****"]

    asyncio.run(play())


def test_one_key_is_enough_where_one_is_wanted() -> None:
    async def play() -> None:
        async with bridged(MediaMode.RECORD, {CALLEE: "keys_whole"}) as stage:
            call = await stage.call()
            await stage.here.until(lambda: "身份证" in stage.question, limit_s=20)
            assert stage.keys == ["1"]
            stage.here.exchange.hang_up(call, by="callee")
            await stage.here.over(call)

    asyncio.run(play())
