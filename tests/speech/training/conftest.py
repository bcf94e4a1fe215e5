"""What the training's tests share. They need the extra `training` (`make ear` installs it)."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy", reason="needs the extra training: make .venv/.training")
pytest.importorskip("jax", reason="needs the extra training: make .venv/.training")

from speech.training.formant_voice import FormantVoice, Throat
from speech.training.spoken import Spoken

TEXTS = (
    "好的",
    "不是我",
    "下周五还三千二",
    "我这个月工资还没发",
    "身份证后四位幺二三四",
    "不知道",
    "没有",
    "可以",
    "打错了",
    "明天",
)


@pytest.fixture(scope="session")
def said() -> list[Spoken]:
    """Twenty utterances of espeak-ng with their alignments."""
    voice = FormantVoice()
    throats = (Throat("+m3", 200, 45, 50), Throat("+f2", 230, 60, 50))
    spoken = [voice.say(text, throat) for throat in throats for text in TEXTS]
    return [one for one in spoken if one is not None]
