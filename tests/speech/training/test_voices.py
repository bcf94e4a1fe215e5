"""Whose voices are drawn, and what a drawn one is made of."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from speech.engines import kokoro
from speech.training.spoken import load
from speech.training.teacher_voice import HELD_OUT, NATIVE, Blend, TeacherVoice, Timbre, draw_stranger, draw_timbre
from speech.training.voices import Place, speak

FOREIGN = ("am_one", "bf_two", "jm_three")


def test_the_exams_voices_are_never_drawn() -> None:
    random = Random(1)
    for _ in range(500):
        for timbre in (draw_timbre(random, FOREIGN), draw_stranger(random, FOREIGN)):
            blends = [timbre.throat, *([timbre.manner] if timbre.manner else [])]
            assert not {voice for blend in blends for voice in (blend.voice, blend.other)} & set(HELD_OUT)


def test_a_strangers_throat_may_be_anyones_but_the_manner_is_mostly_native() -> None:
    drawn = [draw_stranger(Random(seed), FOREIGN) for seed in range(300)]
    assert {timbre.throat.voice for timbre in drawn} == {*NATIVE, *FOREIGN}
    manners = [timbre.manner for timbre in drawn if timbre.manner]
    assert len(manners) == 300
    assert all(manner.voice in NATIVE and manner.share >= 0.5 for manner in manners)
    assert 0.1 < np.mean([timbre.throat.share > 1 for timbre in drawn]) < 0.4


def test_without_foreign_voices_the_native_ones_do() -> None:
    assert draw_stranger(Random(3), ()).throat.voice in NATIVE


def test_the_throat_colours_the_sound_and_the_manner_decides_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    styles = {"a": 1.0, "b": 3.0, "c": 10.0}
    for name in styles:
        (tmp_path / f"{name}.bin").touch()
    monkeypatch.setattr(kokoro, "style", lambda path: np.full((2, 256), styles[path.stem], np.float32))
    monkeypatch.setattr("speech.training.teacher_voice.onnxruntime.InferenceSession", lambda *given, **options: None)
    style = TeacherVoice(tmp_path / "model.onnx", tmp_path)._style
    blended = style(Timbre(Blend("a", "b", 1.5), Blend("c")))
    assert np.all(blended[:, :128] == 0.0)
    assert np.all(blended[:, 128:] == 10.0)
    assert np.all(style(Timbre(Blend("a", "b", 0.5))) == 2.0)


def test_only_missing_shards_are_spoken_and_every_training_sits_the_same_exam(tmp_path: Path) -> None:
    places = [Place(tmp_path / str(seed), tmp_path / "unused.onnx", seed=seed, utterances=2) for seed in (1, 2)]
    shards = {"espeak": 1, "espeak-exam": 2}
    for place in places:
        speak(place, shards, workers=1)
    exams, learnt = ([load(place.shard(kind, 0)) for place in places] for kind in ("espeak-exam", "espeak"))
    assert [one.text for one in exams[0]] == [one.text for one in exams[1]]
    assert [one.text for one in learnt[0]] != [one.text for one in learnt[1]]
    kept, gone = (places[0].shard("espeak-exam", number) for number in (0, 1))
    before = kept.stat().st_mtime_ns
    gone.unlink()
    speak(places[0], shards, workers=1)
    assert gone.exists()
    assert kept.stat().st_mtime_ns == before


def test_a_shard_that_fails_keeps_nobody_waiting_for_the_others(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "gone.onnx", utterances=2)
    with pytest.raises(Exception, match="kokoro-with-durations"):
        speak(place, {"kokoro": 1, "espeak": 50}, workers=1)
    assert len([*tmp_path.rglob("*.npz")]) < 10
