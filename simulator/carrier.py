"""The exchange: takes calls, queues them, rings, answers, runs their instructions and ends them. Speaks no HTTP itself."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from simulator.call import Call, Recording, Source, Subscription, new_sid
from simulator.callbacks import Callbacks
from simulator.clock import Clock, first
from simulator.courier import Courier
from simulator.interpreter import Program
from simulator.line import Line
from simulator.people import Answering, People, detection
from simulator.plan import Plan
from simulator.verbs import ACTS

log = logging.getLogger("simulator")

MAX_RING_S = 600.0
LAST_WORD_S = 20.0
"""How long a finished call may still talk to the web server."""

Talk = Callable[[Call, Line], Awaitable[None]]


class Exchange:
    """All calls of one account."""

    def __init__(
        self,
        *,
        account_sid: str,
        clock: Clock,
        plan: Plan,
        people: People,
        courier: Courier,
        chance: random.Random,
        base_url: str = "",
        cps: float = 1.0,
    ) -> None:
        self.account_sid = account_sid
        self.clock = clock
        self.plan = plan
        self.people = people
        self.courier = courier
        self.chance = chance
        self.base_url = base_url
        self.cps = cps
        self.calls: dict[str, Call] = {}
        self.recordings: dict[str, Recording] = {}
        self.faults: Counter[str] = Counter()
        """REST faults still to be served: http_429, http_500, drop_answer."""
        self.callbacks = Callbacks(courier, chance=chance, mischief=plan.mischief)
        self._programs: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queue: deque[float] = deque(maxlen=1)

    def sid(self, prefix: str) -> str:
        """A fresh name."""
        return new_sid(prefix, self.chance)

    def place(self, *, to: str, from_: str, source: Source, subscription: Subscription, options: dict[str, str]) -> Call:
        """Accept a call into the queue of calls per second."""
        call = self._new(to, from_, subscription=subscription, options=options)

        async def talk(call: Call, line: Line) -> None:
            await self._identify(call, line)
            self.redirect(call, source)

        self._spawn(self._queued(call, talk))
        return call

    def receive(self, *, from_: str, to: str, source: Source) -> Call:
        """A subscriber calls one of the customer's numbers: the leg is live at once, its caller is `from_`."""
        call = self._new(from_, to, direction="inbound")
        call.persona = self._persona(from_)

        async def talk(call: Call, line: Line) -> None:
            self.redirect(call, source)

        self._spawn(self._answered(call, talk, Answering()))
        return call

    def new_child(self, parent: Call, *, to: str, from_: str, timeout_s: float) -> Call:
        """A leg that a Dial makes."""
        options = {"Timeout": str(int(timeout_s))}
        call = self._new(to, from_, direction="outbound-dial", options=options)
        call.parent_sid = parent.sid
        return call

    async def drive(self, call: Call, talk: Talk) -> None:
        """The whole life of a leg, from dialling to its end."""
        try:
            self._progress(call, "initiated")
            answering = await self._ring(call)
            if answering is not None:
                await self._answered(call, talk, answering)
        finally:
            if not call.is_final:
                self._finish(call, "canceled" if call.answered_at is None else "completed")

    def redirect(self, call: Call, source: Source) -> None:
        """Leave whatever the call does, a media stream included, and follow `source`."""
        line = call.line
        if line is None:
            return
        old = self._programs.pop(call.sid, None)
        if old is not None:
            old.cancel()
            line.playout.clear()
        self._programs[call.sid] = asyncio.create_task(Program(self, call, line, acts=ACTS).run(source))

    def hang_up(self, call: Call, *, by: str) -> None:
        """End an answered call; the first to do so is remembered."""
        if call.line is not None and not call.line.hung_up.is_set():
            call.ended_by = by
            call.note("hung_up", by=by)
            call.line.hung_up.set()

    def give_up(self, call: Call) -> None:
        """End a call in whatever state it is: canceled before the answer, completed after."""
        if call.line is not None:
            self.hang_up(call, by="customer")
        elif not call.is_final:
            call.ended_by = "customer"
            self._finish(call, "canceled")

    def keep_recording(self, call: Call, channels: tuple[bytes, ...], *, source: str, started: datetime) -> Recording:
        """Keep sound; mischief may make its media late."""
        late_s = self.plan.mischief(call.to).recording_late_s
        recording = Recording(self.sid("RE"), call.sid, channels, source, started, self.clock.wall(), self.clock.now() + late_s)
        self.recordings[recording.sid] = recording
        call.note("recorded", recording=recording.sid, seconds=recording.duration_s)
        return recording

    def recording_url(self, sid: str) -> str:
        """Where the media of a recording lies."""
        return f"{self.base_url}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}"

    async def close(self) -> None:
        """End everything."""
        for call in self.calls.values():
            self.hang_up(call, by="network")
        tasks = [*self._tasks, *self._programs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.callbacks.close()
        await self.courier.close()

    def _new(
        self,
        to: str,
        from_: str,
        *,
        direction: str = "outbound-api",
        subscription: Subscription | None = None,
        options: dict[str, str] | None = None,
    ) -> Call:
        now = self.clock.now()
        call = Call(self.sid("CA"), self.account_sid, to, from_, self.clock, direction, created_at=now, updated_at=now)
        call.subscription = subscription or Subscription()
        call.options = options or {}
        self.calls[call.sid] = call
        call.note("status", status="queued")
        return call

    def _persona(self, number: str) -> str | None:
        found = self.plan.find(number)
        return found.persona if found else None

    def _spawn(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("a call failed inside the network")

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _queued(self, call: Call, talk: Talk) -> None:
        now = self.clock.now()
        turn = max(now, self._queue[-1] + 1 / self.cps) if self._queue and self.cps > 0 else now
        self._queue.append(turn)
        await self.clock.until(turn)
        if not call.is_final:
            await self.drive(call, talk)

    def _progress(self, call: Call, status: str) -> None:
        if call.move(status):
            self.callbacks.status(call)

    async def _ring(self, call: Call) -> Answering | None:
        """Ring until the answer; None when there is none."""
        call.persona = self._persona(call.to)
        answering = self.people.answering(call.persona) if call.persona else Answering("invalid")
        if answering.how == "invalid":
            await self.clock.sleep(0.5)
            self._finish(call, "failed", sip_code=404)
            return None
        self._progress(call, "ringing")
        patience = min(MAX_RING_S, float(call.options.get("Timeout", "60")))
        wait = {"answers": answering.after_s, "busy": 1.0, "rejects": answering.after_s}.get(answering.how, MAX_RING_S + 1)
        await first(self.clock.sleep(min(wait, patience)), call.over.wait())
        if call.is_final:
            return None
        if wait > patience:
            self._finish(call, "no-answer", sip_code=487)
        elif answering.how == "answers":
            return answering
        else:
            self._finish(call, "busy", sip_code=486 if answering.how == "busy" else 603)
        return None

    async def _answered(self, call: Call, talk: Talk, answering: Answering) -> None:
        line = call.line = Line(self.clock, ambience=answering.ambience)
        self._progress(call, "in-progress")
        helpers = [
            asyncio.create_task(line.run()),
            asyncio.create_task(self.people.live(call, line)),
            asyncio.create_task(self._mishap(call)),
        ]
        try:
            talking = asyncio.ensure_future(talk(call, line))
            helpers.append(talking)
            await line.hung_up.wait()
            await self._settle(call, talking)
        finally:
            for helper in helpers:
                helper.cancel()
            ends = await asyncio.gather(*helpers, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception):
                    log.error("call %s: %r", call.sid, end, exc_info=end)
                    call.note("fault", what_was=repr(end))
        self._keep_whole_call(call, line)
        self._finish(call, "completed")

    async def _settle(self, call: Call, talking: asyncio.Future[None]) -> None:
        """Let the instructions notice the end: a stop message, a last action."""
        program = self._programs.pop(call.sid, None)
        waiting = [task for task in (program, talking) if task is not None and not task.done()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=LAST_WORD_S)
            for task in late:
                task.cancel()
        if program is not None and program.done() and not program.cancelled() and program.exception():
            log.error("call %s: %r", call.sid, program.exception(), exc_info=program.exception())
            call.note("fault", what_was=repr(program.exception()))

    async def _mishap(self, call: Call) -> None:
        """Hang-ups that come from outside: mischief, or the time limit."""
        mischief_s = self.plan.mischief(call.to).hang_up_after_s or math.inf
        began = self.clock.now()
        while (left_s := began + min(mischief_s, _limit_s(call)) - self.clock.now()) > 0:
            await self.clock.sleep(left_s)
        self.hang_up(call, by="callee" if mischief_s < _limit_s(call) else "time_limit")

    def _finish(self, call: Call, status: str, *, sip_code: int | None = None) -> None:
        if call.is_final:
            return
        call.sip_code = sip_code or (200 if status == "completed" else 487)
        self._progress(call, status)
        call.over.set()

    def _keep_whole_call(self, call: Call, line: Line) -> None:
        if call.options.get("Record", "").lower() != "true":
            return
        said, played = bytes(line.tape_said), bytes(line.tape_played)
        started = self.clock.wall(call.answered_at)
        recording = self.keep_recording(call, (said, played), source="OutboundAPI", started=started)
        url = call.options.get("RecordingStatusCallback", "")
        method = call.options.get("RecordingStatusCallbackMethod", "POST")
        self.callbacks.recording(call, recording, self.recording_url(recording.sid), (url, method))

    async def _identify(self, call: Call, line: Line) -> None:
        """Answering machine detection: before the instructions, or beside them when asynchronous."""
        if call.options.get("MachineDetection") not in ("Enable", "DetectMessageEnd"):
            return
        if call.options.get("AsyncAmd", "").lower() == "true":
            self._spawn(self._detect(call, is_async=True))
        else:
            await first(self._detect(call, is_async=False), line.hung_up.wait())

    async def _detect(self, call: Call, *, is_async: bool) -> None:
        answering = self.people.answering(call.persona or "")
        limit_s = float(call.options.get("MachineDetectionTimeout", "30"))
        found, took_s = detection(answering, call.options["MachineDetection"], limit_s)
        await self.clock.sleep(took_s)
        call.answered_by = found
        call.note("machine_detection", answered_by=found)
        if is_async:
            self.callbacks.machine(call, found, round(took_s * 1000))


def _limit_s(call: Call) -> float:
    """The call's time limit as it stands: an update may raise it while people talk."""
    return float(call.options.get("TimeLimit", "14400"))
