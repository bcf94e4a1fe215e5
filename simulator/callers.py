"""The people behind the numbers: they greet, listen, answer, press keys, talk over, fall silent and hang up."""

from __future__ import annotations

import asyncio
import random
import zlib
from pathlib import Path

from simulator import audio
from simulator.call import Call
from simulator.cast import Act, Cast, Noise, Persona, Rule
from simulator.clock import first
from simulator.ear import Ear
from simulator.hearing import Listener, Utterance
from simulator.line import Line
from simulator.people import Answering

SPEECH_LEVEL = 0.1
"""Root mean square of rendered speech (-20 dBFS); noise is set against it."""
S_PER_CHARACTER = 0.2
LONGEST_CALL_S = 420.0
UNSTOPPED_S = 1.5
"""Who goes on for longer after being talked over has not listened, and is answered again."""
_AMBIENCE_S = 6.0


def ambience(noise: Noise | None, *, seed: int) -> bytes:
    """mu-law of a persona's background, to be repeated."""
    if noise is None:
        return b""
    loudness = SPEECH_LEVEL * 10 ** (-noise.snr_db / 20)
    return audio.to_mulaw(audio.noise(round(_AMBIENCE_S * audio.RATE_HZ), kind=noise.kind, seed=seed) * loudness)


class Callers:
    """Everybody; implements the exchange's People."""

    def __init__(self, cast: Cast, *, clips: Path | None, ear: Ear, has_ear: bool, seed: int = 0) -> None:
        """`has_ear` False: personas with `turns` answer turn by turn."""
        self._cast = cast
        self._clips = clips
        self._ear = ear
        self._has_ear = has_ear
        self._seed = seed
        self._ambience: dict[str, bytes] = {}

    def answering(self, persona: str) -> Answering:
        """How the telephone of a persona behaves."""
        who = self._cast.personas.get(persona)
        if who is None:
            return Answering("invalid")
        if persona not in self._ambience:
            self._ambience[persona] = ambience(who.noise, seed=zlib.crc32(persona.encode()))
        return Answering(
            how=who.telephone.how,
            after_s=who.telephone.after_s,
            is_machine=bool(who.announces),
            greeting_s=len(self.clip(who, who.announces)[0]) / audio.RATE_HZ if who.announces else 0.0,
            ambience=self._ambience[persona],
        )

    def is_known(self, persona: str) -> bool:
        """Whether the cast has such a persona."""
        return persona in self._cast.personas

    def clip(self, persona: Persona, text: str) -> tuple[bytes, bool]:
        """The sound of a line, and whether it is real speech."""
        spoken = persona.spoken(text)
        path = self._clips / persona.clip_name(spoken) if self._clips else None
        if path is not None and path.exists():
            return path.read_bytes(), True
        return audio.babble(max(0.3, len(spoken) * S_PER_CHARACTER), seed=zlib.crc32(persona.key.encode())), False

    async def live(self, call: Call, line: Line) -> None:
        """Be the persona of `call` until the line ends."""
        who = self._cast.personas[call.persona or ""]
        caller = _Caller(self, who, call, line, Listener(call, line, self._ear), has_ear=self._has_ear, seed=self._seed)
        await first(caller.live(), line.hung_up.wait())


class _Caller:
    """One persona on one line."""

    def __init__(
        self, callers: Callers, who: Persona, call: Call, line: Line, listener: Listener, *, has_ear: bool, seed: int
    ) -> None:
        self._callers = callers
        self._who = who
        self._call = call
        self._line = line
        self._listener = listener
        self._turns = list(who.turns) if who.turns and not has_ear else None
        self._chance = random.Random(f"{seed}|{who.key}")
        self._spent: set[Rule] = set()
        self._carried = ""
        self._over_left = who.talks_over_times
        self._nudged = False
        self._hearing: set[asyncio.Task[str]] = set()
        self._bridged = asyncio.Event()
        line.on_bridged = self._on_bridged

    def _on_bridged(self) -> None:
        self._listener.is_deaf = True
        self._bridged.set()

    async def live(self) -> None:
        if self._who.announces:
            await self._announce()
            return
        await first(self._converse(), self._bridged.wait(), self._line.clock.sleep(LONGEST_CALL_S))
        if self._bridged.is_set():
            await self._with_person()
        self._hang_up()

    async def _announce(self) -> None:
        """A recorded voice: it hears nothing, says its text, beeps if it takes messages, and ends."""
        await self._line.clock.sleep(0.6)
        for _ in range(self._who.repeats):
            await self._say(self._who.announces)
            await self._line.clock.sleep(0.8)
        if self._who.beep:
            await self._line.mouth.say(audio.to_mulaw(audio.tone((1000.0,), 0.6, level_rms=0.15)))
            self._call.note("beep")
            await self._line.clock.sleep(20)
        self._hang_up()

    async def _converse(self) -> None:
        if self._who.greets:
            await self._line.clock.sleep(0.5)
            await self._say(self._who.greets)
        while True:
            heard = await self._next()
            if heard is None:
                if await self._lose_patience():
                    return
                continue
            text, from_when = heard
            act = self._choose(text)
            await self._line.clock.until(from_when + self._chance.uniform(0.4, 0.9) + act.after_s)
            if self._listener.is_talking and not self._is_talking_over():
                self._carried = text
                continue
            self._carried = ""
            if await self._do(act):
                return

    def _is_talking_over(self) -> bool:
        """Whether this persona answers in the middle of the prompt on purpose."""
        return self._listener.current is not None and self._listener.current.is_used

    def _is_answered(self, utterance: Utterance) -> bool:
        """Whether it was talked over, and the other side stopped for it."""
        said_until = self._listener.spoke_until
        return utterance.is_used and (said_until is None or utterance.ended < said_until + UNSTOPPED_S)

    async def _next(self) -> tuple[str, float] | None:
        """The next thing to answer and the moment from which a reply is due; None when patience ran out."""
        if self._over_left:
            early = await self._interrupt()
            if early is not None:
                return early
        patience_s = self._who.patience_s or LONGEST_CALL_S
        box: list[Utterance] = []
        await first(self._wait_utterance(box), self._patience(patience_s))
        if not box:
            return None
        while not self._listener.utterances.empty():
            box.append(self._listener.utterances.get_nowait())
        fresh = [one for one in box if not self._is_answered(one)]
        if not fresh:
            return await self._next()
        self._nudged = False
        if self._who.rules and self._turns is None:
            return self._carried + await self._words(fresh), fresh[-1].ended
        task = asyncio.create_task(self._words(fresh))
        self._hearing.add(task)
        task.add_done_callback(self._hearing.discard)
        return "", fresh[-1].ended

    async def _words(self, utterances: list[Utterance]) -> str:
        """What was said; `ear_s` in the timeline is how long the ear kept the persona waiting."""
        texts = []
        for one in utterances:
            text = await one.text()
            texts.append(text)
            facts = {"began": self._at(one.began), "ended": self._at(one.ended), "cut": one.is_cut}
            self._call.note("heard", text=text, **facts, ear_s=round(self._line.clock.now() - one.ended, 3))
        return "".join(texts)

    async def _wait_utterance(self, box: list[Utterance]) -> None:
        box.append(await self._listener.utterances.get())

    async def _patience(self, seconds: float) -> None:
        """Ends after so long without a word from the other side."""
        left = seconds
        while left > 0:
            await self._line.clock.sleep(0.5)
            left = seconds if self._listener.is_talking else left - 0.5

    async def _interrupt(self) -> tuple[str, float] | None:
        """Wait for the other side to start, then answer in the middle if there is something to answer."""
        await first(self._listener.started.wait(), self._patience(self._who.patience_s or LONGEST_CALL_S))
        if not self._listener.is_talking:
            return None
        await self._line.clock.sleep(self._who.talks_over_after_s)
        utterance = self._listener.current
        text = await self._listener.so_far()
        if utterance is None or utterance is not self._listener.current or self._rule(text) is None:
            return None
        utterance.is_used = True
        self._over_left -= 1
        self._call.note("talks_over", text=text)
        return text, self._line.clock.now() - 1.0

    def _rule(self, text: str) -> Rule | None:
        return self._who.rule(text, without=self._spent)

    def _choose(self, text: str) -> Act:
        if self._turns is not None:
            return self._turns.pop(0) if self._turns else Act(stays_silent=True)
        rule = self._rule(text)
        if rule is None:
            return self._who.otherwise
        if rule.once:
            self._spent.add(rule)
        return rule.act

    async def _do(self, act: Act) -> bool:
        """Whether the persona has hung up."""
        if act.says:
            await self._say(act.says)
        for digit in act.presses:
            self._call.note("presses", digit=digit)
            self._line.press(digit)
            await self._line.clock.sleep(0.35)
        if act.hangs_up:
            await self._line.clock.sleep(0.3)
        return act.hangs_up

    async def _say(self, text: str) -> None:
        clip, is_speech = self._callers.clip(self._who, text)
        self._call.note("says", text=self._who.spoken(text), seconds=round(len(clip) / audio.RATE_HZ, 3), speech=is_speech)
        await self._line.mouth.say(clip)
        self._listener.spoke_until = self._line.clock.now()
        self._call.note("said", text=self._who.spoken(text))

    async def _lose_patience(self) -> bool:
        """Ask once whether anybody is there, then hang up."""
        if self._nudged or not self._who.nudge:
            return True
        self._nudged = True
        await self._say(self._who.nudge)
        return False

    async def _with_person(self) -> None:
        """Talk with whoever was joined: the agent begins, each line waits for the other side's."""
        self._line.mouth.hush()
        for place, text in enumerate(self._who.with_person):
            if self._who.is_agent and place == 0:
                await self._line.clock.sleep(0.8)
            else:
                await self._turn_of_other()
            await self._say(text)
        if self._who.is_agent:
            await self._line.clock.sleep(60)
        else:
            await self._turn_of_other()

    async def _turn_of_other(self) -> None:
        while not self._listener.utterances.empty():
            self._listener.utterances.get_nowait()
        await first(self._listener.utterances.get(), self._line.clock.sleep(8))
        await self._line.clock.sleep(self._chance.uniform(0.4, 0.9))

    def _hang_up(self) -> None:
        if not self._line.hung_up.is_set():
            self._call.ended_by = "callee"
            self._call.note("hung_up", by="callee")
            self._line.hung_up.set()

    def _at(self, moment: float) -> float:
        return round(moment - self._call.created_at, 3)
