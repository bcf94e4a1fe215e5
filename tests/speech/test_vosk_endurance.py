"""A long stream neither drifts nor leaks, and many ears at once hear what one hears; graphs may be built meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from speech.engines.vosk import VoskListener, VoskRecognizer
from speech.graphs.build import build
from speech.hear import load as load_clip
from speech.models_zh import SHIPPED
from speech.ports import LINE_RATE_HZ, Pcm
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent / "clips"
VOICES = ("zf_xiaoyi", "zm_yunyang")
SAID = ("不可以", "我已经还了", "我下周五还", "我失业了", "你打错了")
PHRASES = (*SAID, "是的", "不是", "可以", "没有", "转人工", "我要投诉", "我没钱")
MINUTES = 30
BLOCK_SAMPLES = 240
"""Three frames: repeats of a whole number of them fall on the network's output frames alike."""


def clip(voice: str, text: str) -> Pcm:
    return load_clip(CLIPS / f"{voice}.{text}.wav")[0]


def block() -> Pcm:
    """All clips of one voice, a second and a half of silence after each: about 15 s."""
    pause = np.zeros(LINE_RATE_HZ * 3 // 2, np.int16)
    sound = np.concatenate([part for text in SAID for part in (clip("zf_xiaoyi", text), pause)])
    return np.pad(sound, (0, -len(sound) % BLOCK_SAMPLES))


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.fixture(scope="module")
def ear() -> VoskRecognizer:
    return VoskRecognizer(SHIPPED)


@pytest.mark.engines
def test_thirty_minutes_in_one_stream_are_heard_alike_and_cost_no_memory(ear: VoskRecognizer) -> None:
    sound = block()
    repeats = MINUTES * 60 * LINE_RATE_HZ // len(sound) + 1
    listener = VoskListener(ear)
    listener.expect(PHRASES)
    sizes = []
    for repeat in range(repeats):
        for start in range(0, len(sound), LINE_RATE_HZ // 5):
            listener.take(sound[start : start + LINE_RATE_HZ // 5])
        if repeat >= repeats // 5:
            sizes.append(resident_bytes())
    assert listener.finish().text == "".join(SAID) * repeats
    assert max(sizes) - sizes[0] < 8 << 20


@pytest.mark.engines
def test_a_thousand_answers_of_one_ear_cost_no_memory(ear: VoskRecognizer) -> None:
    listener = ear.open()
    sizes = []
    for answer in range(1000):
        listener.expect((*PHRASES, "$date"))
        listener.feed(clip("zm_yunyang", SAID[answer % len(SAID)]))
        assert listener.finish().text == SAID[answer % len(SAID)]
        sizes.append(resident_bytes())
    assert sizes[-1] - sizes[200] < 8 << 20


@pytest.mark.engines
def test_sixteen_threads_hear_what_one_hears_while_graphs_are_built(ear: VoskRecognizer, tmp_path: Path) -> None:
    jobs = [(voice, text) for voice in VOICES for text in SAID]
    alone = {job: ear.transcribe(clip(*job), PHRASES).text for job in jobs}

    def hear(thread: int) -> list[str]:
        listener = ear.open()
        found = []
        for job in jobs[thread % len(jobs) :] + jobs[: thread % len(jobs)]:
            listener.expect(PHRASES)
            sound = clip(*job)
            for start in range(0, len(sound), 160):
                listener.feed(sound[start : start + 160])
            found.append(listener.finish().text)
        listener.close()
        return found

    with ThreadPoolExecutor(17) as pool:
        building = pool.submit(build, tmp_path / "ear", TRIAL)
        together = list(pool.map(hear, range(16)))
    for thread, found in enumerate(together):
        order = jobs[thread % len(jobs) :] + jobs[: thread % len(jobs)]
        assert found == [alone[job] for job in order]
    assert building.result().words > 7000
