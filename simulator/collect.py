"""Gather and Record: what the network collects from the subscriber, keys and sound."""

from __future__ import annotations

import asyncio

from simulator import audio
from simulator.call import Source
from simulator.interpreter import Program
from simulator.twiml import Verb, absolute


class _Keys:
    """The keys that were pressed, and when."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.queue: asyncio.Queue[str] = asyncio.Queue()
        program.line.keys.append(self.queue.put_nowait)

    def close(self) -> None:
        self._program.line.keys.remove(self.queue.put_nowait)


async def gather(program: Program, verb: Verb) -> Source | None:
    """Collect keys. Nested Say and Play stop at the first one. Without any, the next verb runs."""
    if "dtmf" not in verb.get("input", "dtmf").split():
        program.error(12200, "only dtmf is gathered")
    keys = _Keys(program)
    try:
        digits = await _digits(program, verb, keys)
    finally:
        keys.close()
    if digits is None:
        return None
    program.call.note("gathered", digits=digits)
    if not digits and not verb.is_set("actionOnEmptyResult", False):
        return None
    extra = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"} if digits else {"Digits": ""}
    return program.action(verb, extra, default_here=True)


async def _digits(program: Program, verb: Verb, keys: _Keys) -> str | None:
    """What was pressed, empty for nothing, None when the subscriber hung up."""
    for child in verb.children:
        if child.name in ("Say", "Play"):
            await program.sound(child)
    got: list[str] = []
    done = await program.or_hung_up(program.line.playout.played(), _move(keys.queue, got))
    program.line.playout.clear()
    if -1 in done:
        return None
    finish, wanted = verb.get("finishOnKey", "#") if "finishOnKey" in verb.attributes else "#", verb.number("numDigits", 0)
    timeout_s = verb.number("timeout", 5)
    pressed = ""
    while True:
        if got:
            key = got.pop()
            if key == finish:
                return pressed
            pressed += key
            if wanted and len(pressed) >= wanted:
                return pressed
        done = await program.or_hung_up(program.call.clock.sleep(timeout_s), _move(keys.queue, got))
        if -1 in done:
            return None
        if not got:
            return pressed


async def _move(queue: asyncio.Queue[str], into: list[str]) -> None:
    into.append(await queue.get())


class _Tape:
    """What the subscriber says, and how long the silence has lasted. The floor follows the background noise."""

    def __init__(self, *, silence_s: float, limit_s: float) -> None:
        self.kept = bytearray()
        self.full = asyncio.Event()
        self._silence_frames = silence_s / 0.02
        self._limit_bytes = limit_s * audio.RATE_HZ
        self._quiet = 0
        self._floor = 1.0
        self.voice_from: int | None = None
        self.voice_to = 0

    def hear(self, frame: bytes) -> None:
        self.kept += frame
        loudness = audio.level(frame)
        self._floor = min(self._floor * 1.005, max(loudness, 0.0005))
        if loudness > max(0.006, 3 * self._floor):
            self._quiet = 0
            self.voice_to = len(self.kept)
            if self.voice_from is None:
                self.voice_from = len(self.kept) - len(frame)
        else:
            self._quiet += 1
        if (self._silence_frames and self._quiet >= self._silence_frames) or len(self.kept) >= self._limit_bytes:
            self.full.set()

    def trimmed(self) -> bytes:
        """The sound without the silence at its ends."""
        if self.voice_from is None:
            return b""
        return bytes(self.kept[max(0, self.voice_from - 800) : self.voice_to + 800])


async def record(program: Program, verb: Verb) -> Source | None:
    """Keep what the subscriber says until silence, a key, the limit or the end of the call; then ask `action`."""
    line, call = program.line, program.call
    if verb.is_set("playBeep", True):
        line.playout.put(audio.to_mulaw(audio.tone((1000.0,), 0.5, level_rms=0.2)))
        if -1 in await program.or_hung_up(line.playout.played()):
            return None
    started = call.clock.wall()
    tape = _Tape(silence_s=verb.number("timeout", 5), limit_s=verb.number("maxLength", 3600))
    ending = await _until_full(program, verb, tape)
    kept = bytes(tape.kept) if verb.get("trim") == "do-not-trim" else tape.trimmed()
    if tape.voice_from is None and not ending and len(tape.kept) < verb.number("maxLength", 3600) * audio.RATE_HZ:
        call.note("nothing_recorded")
        return None
    recording = program.exchange.keep_recording(call, (kept,), source="RecordVerb", started=started)
    url = program.exchange.recording_url(recording.sid)
    target = verb.get("recordingStatusCallback")
    if target:
        where = (absolute(program.base, target), verb.get("recordingStatusCallbackMethod", "POST"))
        program.exchange.callbacks.recording(call, recording, url, where)
    facts = {"RecordingUrl": url, "RecordingSid": recording.sid, "RecordingDuration": str(recording.duration_s)}
    if ending:
        facts["Digits"] = ending
    following = program.action(verb, facts, default_here=True)
    if ending == "hangup" and following is not None:
        await program.last_word(following)
        return None
    return following


async def _until_full(program: Program, verb: Verb, tape: _Tape) -> str:
    """Why the recording ended: a key, `hangup`, or empty for silence or the limit."""
    keys = _Keys(program)
    program.line.listeners.append(tape.hear)
    finish = verb.get("finishOnKey", "1234567890*#")
    try:
        while True:
            got: list[str] = []
            done = await program.or_hung_up(tape.full.wait(), _move(keys.queue, got))
            if -1 in done:
                return "hangup"
            if 0 in done:
                return ""
            if got and got[0] in finish:
                return got[0]
    finally:
        keys.close()
        program.line.listeners.remove(tape.hear)
