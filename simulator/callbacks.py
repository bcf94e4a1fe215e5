"""Tells the customer how a call goes on: status, recording, stream and machine callbacks. In order, unless asked otherwise."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from simulator.call import FINAL, Call, Recording, rfc2822
from simulator.courier import Courier, Undelivered
from simulator.plan import Mischief, happens

log = logging.getLogger("simulator")

_EVENT = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}

Delivery = Callable[[], Coroutine[Any, Any, None]]


class Callbacks:
    """One queue a call; deliveries of different calls run side by side."""

    def __init__(self, courier: Courier, *, chance: random.Random, mischief: Callable[[str], Mischief]) -> None:
        self._courier = courier
        self._chance = chance
        self._mischief = mischief
        self._queues: dict[str, asyncio.Queue[Delivery | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, Delivery] = {}

    def status(self, call: Call) -> None:
        """Report the present status, if it was subscribed to. Counts SequenceNumber."""
        event = "completed" if call.status in FINAL else _EVENT.get(call.status)
        wanted = call.subscription
        if event is None or not wanted.url or event not in wanted.events:
            return
        params = {
            **call.webhook_params(),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "Timestamp": rfc2822(call.clock.wall()) or "",
            **_ending(call),
        }
        call.sequence += 1
        self._send(call, event, wanted.url, wanted.method, params)

    def machine(self, call: Call, answered_by: str, took_ms: int) -> None:
        """Report what asynchronous machine detection found."""
        url = call.options.get("AsyncAmdStatusCallback", "")
        params = {
            "AccountSid": call.account_sid,
            "CallSid": call.sid,
            "AnsweredBy": answered_by,
            "MachineDetectionDuration": str(took_ms),
        }
        self._send(call, "amd", url, call.options.get("AsyncAmdStatusCallbackMethod", "POST"), params)

    def recording(self, call: Call, recording: Recording, url: str, target: tuple[str, str]) -> None:
        """Report a finished recording; `url` is where its media lies, `target` the callback's URL and method."""
        params = {
            "AccountSid": call.account_sid,
            "CallSid": call.sid,
            "RecordingSid": recording.sid,
            "RecordingUrl": url,
            "RecordingStatus": "completed" if recording.duration_s else "absent",
            "RecordingDuration": str(recording.duration_s),
            "RecordingChannels": str(len(recording.channels)),
            "RecordingStartTime": rfc2822(recording.started_at) or "",
            "RecordingSource": recording.source,
            "RecordingTrack": "both" if len(recording.channels) > 1 else "inbound",
        }
        self._send(call, "recording", target[0], target[1], params)

    def stream(self, call: Call, target: tuple[str, str], facts: dict[str, str], at: datetime) -> None:
        """Report a media stream's start, stop or error."""
        params = {"AccountSid": call.account_sid, "CallSid": call.sid, **facts, "Timestamp": at.isoformat()}
        self._send(call, facts["StreamEvent"], target[0], target[1], params)

    async def close(self) -> None:
        """Deliver what waits, but no longer than a second."""
        for queue in self._queues.values():
            queue.put_nowait(None)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=1.0)
            for task in late:
                task.cancel()

    def _send(self, call: Call, event: str, url: str, method: str, params: dict[str, str]) -> None:
        if not url:
            return
        mischief = self._mischief(call.to)
        if event in mischief.lose_events or happens(self._chance, mischief.lose_callbacks):
            call.note("callback_lost", event=event)
            return

        async def deliver() -> None:
            await call.clock.sleep(mischief.delay_callbacks_s)
            await self._post(call, event, (url, method), params)

        copies = 2 if happens(self._chance, mischief.duplicate_callbacks) else 1
        for _ in range(copies):
            self._queue(call, deliver, reorder=mischief.reorder_callbacks, last=call.is_final)

    def _queue(self, call: Call, deliver: Delivery, *, reorder: bool, last: bool) -> None:
        queue = self._queues.get(call.sid)
        if queue is None:
            queue = self._queues[call.sid] = asyncio.Queue()
            task = asyncio.create_task(_work(queue))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        held = self._held.pop(call.sid, None)
        if reorder and held is None and not last:
            self._held[call.sid] = deliver
            return
        queue.put_nowait(deliver)
        if held is not None:
            queue.put_nowait(held)

    async def _post(self, call: Call, event: str, target: tuple[str, str], params: dict[str, str]) -> None:
        try:
            reply = await self._courier.ask(target[0], target[1], params)
        except Undelivered as fault:
            call.note("callback_failed", event=event, code=fault.code, why=fault.why)
            log.warning("callback %s of %s failed: %s", event, call.sid, fault)
            return
        call.note("callback", event=event, sequence=params.get("SequenceNumber"), answer=reply.status)


async def _work(queue: asyncio.Queue[Delivery | None]) -> None:
    while (deliver := await queue.get()) is not None:
        await deliver()


def _ending(call: Call) -> dict[str, str]:
    if not call.is_final:
        return {}
    facts = {"CallDuration": str(call.duration_s), "Duration": str(-(-call.duration_s // 60))}
    if call.sip_code:
        facts["SipResponseCode"] = str(call.sip_code)
    if call.answered_by:
        facts["AnsweredBy"] = call.answered_by
    return facts
