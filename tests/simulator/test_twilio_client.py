"""The carrier's own Python library against the simulator: an independent judge of both its answers and its signatures."""

from __future__ import annotations

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.simulator.world import ACCOUNT, CALLEE, OURS, TOKEN, world


def _client(api: str) -> Client:
    client = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(timeout=5, pool_connections=False))
    client.api.base_url = api
    return client


def test_the_library_creates_fetches_lists_and_reads_a_recording() -> None:
    def use(api: str, voice: str) -> str:
        client = _client(api)
        made = client.calls.create(
            to=CALLEE, from_=OURS, url=voice, record=True, status_callback_event=["answered", "completed"]
        )
        assert (made.status, made.direction, made.duration) == ("queued", "outbound-api", None)
        assert made.date_created is not None
        assert made.date_created.tzinfo is not None
        for _ in range(200):
            seen = client.calls(made.sid or "").fetch()
            if seen.status == "completed":
                break
        assert [one.sid for one in client.calls.list(to=CALLEE, limit=5)] == [made.sid]
        assert [one.source for one in client.recordings.list(call_sid=made.sid, limit=5)] == ["OutboundAPI"]
        with pytest.raises(TwilioRestException) as refusal:
            client.calls(made.sid or "").update(status="completed")
        assert refusal.value.code == 21220
        return str(made.sid)

    async def play() -> None:
        async with world({"/voice": "<Say>您好</Say>"}) as here:
            sid = await asyncio.to_thread(use, here.api, here.customer.base + "/voice?a=1")
            asked = here.customer.of("/voice")[0]
            form = {name: value for name, value in asked.params.items() if name != "a"}
            url = here.customer.base + "/voice?a=1"
            assert RequestValidator(TOKEN).validate(url, form, asked.headers["X-Twilio-Signature"])
            assert here.exchange.calls[sid].status == "completed"

    asyncio.run(play())


def test_the_library_understands_refusals() -> None:
    def use(api: str) -> None:
        with pytest.raises(TwilioRestException) as refusal:
            _client(api).calls.create(to="nobody", from_=OURS, url="http://127.0.0.1/")
        assert (refusal.value.status, refusal.value.code) == (400, 21211)

    async def play() -> None:
        async with world() as here:
            await asyncio.to_thread(use, here.api)

    asyncio.run(play())
