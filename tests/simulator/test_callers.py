"""The callers: what they hear and when, what they choose, how they speak over and give up; the ear and the clips."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from simulator import audio, clips
from simulator.callers import SPEECH_LEVEL
from simulator.cast import BadCast, Cast, Persona, heard_at
from simulator.ear import CommandEar
from tests.simulator.world import CALLEE, notes, world

_EAR = """
import json, sys
for line in sys.stdin:
    path = line.strip()
    with open(path + ".asked", "a") as file: file.write("x")
    print("loading", flush=True)
    print(json.dumps({"path": path, "text": "请问是本人吗"}, ensure_ascii=False), flush=True)
"""

_VOICE = """
import json, sys, wave
import numpy as np
for line in open(sys.argv[1], encoding="utf-8"):
    job = json.loads(line)
    seconds = 0.1 * len(job["text"]) / job["speed"]
    tone = np.sin(np.arange(int(seconds * 24000)) / 24000 * 2 * np.pi * 300) * 9000
    with wave.open(job["out"], "wb") as file:
        file.setnchannels(1); file.setsampwidth(2); file.setframerate(24000)
        file.writeframes(np.concatenate([np.zeros(4800), tone, np.zeros(4800)]).astype("<i2").tobytes())
"""


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("本人吗", "请问您是陶立新本人吗？", True),
        ("后四位", "身份证号码的后4位", True),
        ("遇到+困难", "还是遇到了什么困难", True),
        ("遇到+困难", "遇到了一点事", False),
        ("还款", "请问您打算哪一天环款", True),
        ("陪您说话", "请一位同事来赔您说画", True),
        ("转接", "好的，再见", False),
        ("对吗", "对，没错", False),
        ("再见", "您在今天还清", False),
        ("遇到了什么困难", "遇到了十么困蓝", True),
    ],
)
def test_words_are_heard_by_letters_or_by_sound(word: str, text: str, expected: bool) -> None:
    assert (heard_at(word, text) >= 0) is expected


def test_the_cast_is_whole() -> None:
    cast = Cast.load()
    borrowers = [one for one in cast.personas.values() if not one.is_agent]
    assert len(borrowers) >= 14
    voices = {one.voice for one in cast.personas.values()}
    assert len(voices) == 7
    assert "zf_xiaoxiao" not in voices
    assert len({one.facts["seed"] for one in cast.personas.values()}) == len(cast.personas)
    for one in borrowers:
        assert {"name", "id_last4", "loan_no", "amount_yuan", "due_on", "overdue_days"} <= set(one.facts), one.key
        assert one.script in ("due_reminder", "overdue_reminder", "first_followup")
        assert one.expected["outcomes"], one.key


def test_a_wrong_cast_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cast.yaml"
    path.write_text("personas: {one: {voice: x, rules: [{hears: [a], sings: b}]}}", encoding="utf-8")
    with pytest.raises(BadCast, match="one"):
        Cast.load(path)


def _rule_answer(persona: Persona, text: str) -> str:
    rule = persona.rule(text)
    return (rule.act if rule else persona.otherwise).says


@pytest.mark.parametrize(
    ("persona", "heard", "answer"),
    [
        ("pays_today", "您好，本次通话会录音。请问您是陶立新本人吗？", "是的，我就是。"),
        ("pays_today", "请说出或者按键输入身份证号码的后四位。", "{id_last4}。"),
        ("pays_today", "请问这次没有按时还款，是忘记了，还是遇到了什么困难？", "不好意思，我今天下午就还。"),
        ("pays_today", "跟您确认一下，您在十一月二十三号还清本期三千二百元，对吗？", "对的，没错。"),
        ("pays_today", "感谢您的接听，再见。", ""),
        ("forgot", "没关系。请问您打算哪一天还款？", "我明天上午就还。"),
        ("wrong_number", "请问您是苗国栋本人吗", "你打错了，没这个人。"),
        ("pays_today", "请问您是陶立新本人吗？谢谢您。请说出身份证号码的后四位。", "{id_last4}。"),
        ("promises_in_two_turns", "好的，先还这一部分。剩下的部分，您大概什么时候可以还呢？", "剩下的月底还。"),
        ("despair", "请您先不要挂电话，我马上请一位同事来陪您说话。", ""),
        ("already_paid", "请问您是哪一天、用什么方式还的？", "昨天下午用手机银行转的。"),
    ],
)
def test_personas_answer_what_they_are_asked(persona: str, heard: str, answer: str) -> None:
    assert _rule_answer(Cast.load().personas[persona], heard) == answer


def test_a_caller_follows_what_it_hears() -> None:
    async def play() -> None:
        prompts = ("请问您是本人吗", "请说身份证后四位", "再见")
        script = "".join(f"<Say>{prompt}</Say><Gather timeout='4'/>" for prompt in prompts)
        async with world({"/voice": script}, personas={CALLEE: "hears_words"}, ear="cat") as here:
            call = await here.create()
            await here.over(call)
            assert [one["text"] for one in notes(call, "says")] == ["我是", "四，零，七，一", "再见"]
            assert call.ended_by == "callee"
            heard = notes(call, "heard")[0]
            reply = notes(call, "says")[0]["t"] - heard["ended"]
            assert 0.4 <= reply <= 4.0

    asyncio.run(play())


def test_a_caller_answers_turn_by_turn_without_an_ear() -> None:
    async def play() -> None:
        script = (
            "<Say>您好</Say><Gather timeout='4'/><Say>请按键</Say><Gather timeout='3'/><Say>再见</Say><Gather timeout='9'/>"
        )
        async with world({"/voice": script}, personas={CALLEE: "talker"}) as here:
            call = await here.create()
            await here.over(call)
            assert [one["text"] for one in notes(call, "says")] == ["我明天还钱", "再见"]
            assert "".join(one["digit"] for one in notes(call, "presses")) == "12"

    asyncio.run(play())


def test_a_caller_talks_over_the_prompt() -> None:
    async def play() -> None:
        script = "<Say>请问您是本人吗，这里是一段很长很长很长很长很长很长很长很长很长很长的话</Say>"
        async with world({"/voice": script}, personas={CALLEE: "talks_over"}, ear="cat") as here:
            call = await here.create()
            await here.over(call)
            spoke = notes(call, "says")[0]["t"]
            asked = notes(call, "document")[0]["t"]
            assert notes(call, "talks_over")
            assert spoke - asked < 6.0

    asyncio.run(play())


def test_nobody_speaks_and_the_caller_gives_up() -> None:
    async def play() -> None:
        async with world({"/voice": "<Gather timeout='60'/>"}, personas={CALLEE: "greeter"}) as here:
            call = await here.create()
            await here.over(call)
            assert [one["text"] for one in notes(call, "says")] == ["喂你好", "喂？能听到吗？"]
            assert call.ended_by == "callee"

    asyncio.run(play())


def test_a_machine_announces_beeps_and_ends() -> None:
    async def play() -> None:
        async with world({"/voice": "<Gather timeout='60'/>"}, personas={CALLEE: "machine"}) as here:
            call = await here.create()
            await here.over(call)
            assert [one["text"] for one in notes(call, "says")] == ["您好，请在提示音后留言"]
            assert notes(call, "beep")
            assert call.line is not None
            assert audio.level(bytes(call.line.tape_said)[:24000]) > 0.02

    asyncio.run(play())


def test_the_ear_hears_once_and_remembers(tmp_path: Path) -> None:
    program = tmp_path / "ear.py"
    program.write_text(_EAR, encoding="utf-8")

    async def play() -> None:
        sound = audio.babble(0.5)
        first = CommandEar(f"{sys.executable} {program}", cache=tmp_path / "heard")
        assert first.pace_s is None
        await first.warm()
        assert first.pace_s is not None
        await first.close()
        for _ in range(2):
            ear = CommandEar(f"{sys.executable} {program}", cache=tmp_path / "heard")
            texts = await asyncio.gather(ear.hear(sound), ear.hear(sound))
            assert set(texts) == {"请问是本人吗"}
            await ear.close()
        asked = [path for path in (tmp_path / "heard").glob("*.asked") if not path.name.startswith("warm")]
        assert [path.read_text() for path in asked] == ["x"]

    asyncio.run(play())


def test_an_ear_that_dies_gives_nothing_and_is_started_again(tmp_path: Path) -> None:
    async def play() -> None:
        ear = CommandEar("true", cache=tmp_path)
        assert await ear.hear(audio.babble(0.3)) == ""
        assert await ear.hear(audio.babble(0.4)) == ""
        assert not list(tmp_path.glob("*.json"))
        await ear.close()

    asyncio.run(play())


def test_clips_are_rendered_once_with_pitch_level_and_noise(tmp_path: Path) -> None:
    voice = tmp_path / "voice.py"
    voice.write_text(_VOICE, encoding="utf-8")
    cast_file = tmp_path / "cast.yaml"
    noisy = {"voice": "v", "pitch": 1.25, "noise": {"kind": "car", "snr_db": 10}, "greets": "喂你好你好你好", "nudge": ""}
    cast_file.write_text(json.dumps({"personas": {"noisy": noisy}}), encoding="utf-8")
    cast, out = Cast.load(cast_file), tmp_path / "clips"
    command = f"{sys.executable} {voice}"
    assert clips.render(cast, out, command=command) == (1, 1)
    (clip,) = clips.clips(cast, out)
    mulaw = clip.out.read_bytes()
    assert 0.6 < len(mulaw) / audio.RATE_HZ < 0.85
    assert SPEECH_LEVEL < audio.level(mulaw) < SPEECH_LEVEL * 1.15
    assert json.loads((out / "batch.jsonl").read_text(encoding="utf-8"))["speed"] == 0.8
    assert clips.render(cast, out, command="false") == (0, 1)


def test_a_voice_that_fails_is_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert clips.main(["--out", str(tmp_path), "--command", "false"]) == 1
    assert "simulator.clips" in capsys.readouterr().err
