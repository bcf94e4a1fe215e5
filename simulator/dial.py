"""Dial: rings other subscribers, lets them hear the whisper, and joins the two legs. Each leg's sound goes to the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from simulator import audio
from simulator.call import Call, Source, Subscription
from simulator.interpreter import Program
from simulator.line import Line
from simulator.twiml import BadTwiml, Verb, absolute

NUMBER_LIMIT = 10
_RING_TONE = audio.to_mulaw(audio.tone((450.0,), 1.0, level_rms=0.05)) + audio.SILENCE * 4 * audio.RATE_HZ


@dataclass(slots=True)
class _Leg:
    """One number that is being dialled."""

    call: Call
    whisper: Source | None
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class _Bridge:
    """What came of a Dial."""

    status: str = "no-answer"
    leg: Call | None = None
    seconds: int = 0
    is_bridged: bool = False
    recording_url: str = ""

    def params(self) -> dict[str, str]:
        facts = {"DialCallStatus": self.status, "DialBridged": str(self.is_bridged).lower()}
        if self.leg is not None:
            facts["DialCallSid"] = self.leg.sid
            facts["DialCallDuration"] = str(self.seconds)
        if self.recording_url:
            facts["RecordingUrl"] = self.recording_url
        return facts


async def dial(program: Program, verb: Verb) -> Source | None:
    """Ring, join, and ask `action` about what came of it; without one the next verb runs."""
    legs = [_leg(program, verb, number) for number in _numbers(verb)]
    tone = None if verb.is_set("answerOnBridge", False) else asyncio.create_task(_ring_tone(program))
    tasks = [asyncio.create_task(_drive(program, leg)) for leg in legs]
    try:
        bridge = await _ring(program, verb, legs, tone)
    finally:
        if tone is not None:
            tone.cancel()
        for leg in legs:
            program.exchange.give_up(leg.call)
        program.line.playout.clear()
        await asyncio.gather(*tasks, return_exceptions=True)
    following = program.action(verb, bridge.params(), default_here=False)
    program.call.note("dialled", **bridge.params())
    if program.line.hung_up.is_set():
        if following is not None:
            await program.last_word(following)
        return None
    return following


def _numbers(verb: Verb) -> list[Verb]:
    numbers = [child for child in verb.children if child.name == "Number"]
    if len(numbers) != len(verb.children):
        raise BadTwiml(12200, "only Number may be dialled")
    if verb.text:
        numbers.append(Verb("Number", {}, verb.text, ()))
    if not 1 <= len(numbers) <= NUMBER_LIMIT:
        raise BadTwiml(12200, f"{len(numbers)} numbers")
    return numbers


def _leg(program: Program, verb: Verb, number: Verb) -> _Leg:
    call = program.exchange.new_child(
        program.call,
        to=number.text,
        from_=verb.get("callerId", program.call.from_),
        timeout_s=verb.number("timeout", 30),
    )
    if number.get("statusCallback"):
        events = tuple(number.get("statusCallbackEvent", "completed").split())
        url = absolute(program.base, number.get("statusCallback"))
        call.subscription = Subscription(url, number.get("statusCallbackMethod", "POST"), events)
    url = number.get("url")
    whisper = Source(absolute(program.base, url), number.get("method", "POST")) if url else None
    program.call.note("dialling", child=call.sid)
    return _Leg(call, whisper)


async def _drive(program: Program, leg: _Leg) -> None:
    async def talk(call: Call, line: Line) -> None:
        leg.answered.set()
        if leg.whisper is None or await Program(program.exchange, call, line, acts=program.acts).whisper(leg.whisper):
            leg.ready.set()
            return
        program.exchange.hang_up(call, by="whisper")

    await program.exchange.drive(leg.call, talk)


async def _ring_tone(program: Program) -> None:
    while True:
        program.line.playout.put(_RING_TONE, "")
        await program.line.playout.played()


async def _ring(program: Program, verb: Verb, legs: list[_Leg], tone: asyncio.Task[None] | None) -> _Bridge:
    done = await program.or_hung_up(_all_over(legs), *(leg.answered.wait() for leg in legs))
    if -1 in done:
        return _Bridge("canceled", legs[0].call)
    chosen = next((leg for leg in legs if leg.answered.is_set()), None)
    if chosen is None:
        return _Bridge(_worst(legs), legs[0].call)
    for leg in legs:
        if leg is not chosen:
            program.exchange.give_up(leg.call)
    done = await program.or_hung_up(chosen.ready.wait(), chosen.call.over.wait())
    if not chosen.ready.is_set() or chosen.call.line is None:
        return _Bridge("canceled" if -1 in done else "completed", chosen.call, chosen.call.duration_s)
    if tone is not None:
        tone.cancel()
    return await _join(program, verb, chosen.call, chosen.call.line)


async def _all_over(legs: list[_Leg]) -> None:
    for leg in legs:
        await leg.call.over.wait()


def _worst(legs: list[_Leg]) -> str:
    statuses = [leg.call.status for leg in legs]
    return next((status for status in ("no-answer", "busy", "failed") if status in statuses), statuses[0])


async def _join(program: Program, verb: Verb, child: Call, far: Line) -> _Bridge:
    call, near, clock = program.call, program.line, program.call.clock
    near.playout.clear()
    started, from_byte = clock.now(), (len(near.tape_said), len(near.tape_played))
    for one, other in ((call, child), (child, call)):
        one.bridged_at, one.bridged_sid = started, other.sid
        one.note("bridged", other=other.sid, other_persona=other.persona)
    near.listeners.append(far.playout.put)
    far.listeners.append(near.playout.put)
    near.on_bridged()
    far.on_bridged()
    star = asyncio.Event()
    near.keys.append(key := lambda digit: star.set() if digit == "*" and verb.is_set("hangupOnStar", False) else None)
    try:
        await program.or_hung_up(far.hung_up.wait(), star.wait(), clock.sleep(verb.number("timeLimit", 14400)))
    finally:
        near.keys.remove(key)
        near.listeners.remove(far.playout.put)
        far.listeners.remove(near.playout.put)
        near.playout.clear()
        program.exchange.hang_up(child, by="bridge")
    seconds = max(1, round(clock.now() - started))
    call.note("unbridged", seconds=seconds)
    return _Bridge("completed", child, seconds, True, _recorded(program, verb, from_byte, started))


def _recorded(program: Program, verb: Verb, from_byte: tuple[int, int], started: float) -> str:
    if not (verb.get("record").startswith("record-from") or verb.is_set("record", False)):
        return ""
    said = bytes(program.line.tape_said[from_byte[0] :])
    played = bytes(program.line.tape_played[from_byte[1] :])
    at = program.call.clock.wall(started)
    recording = program.exchange.keep_recording(program.call, (said, played), source="DialVerb", started=at)
    return program.exchange.recording_url(recording.sid)
