"""The network: what is trained in JAX is what Kaldi's file says, read by a reader that shares no code with it."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from speech.kaldi import reader
from speech.models_zh import SHIPPED
from speech.training.align import DoesNotFit, align, likelihoods
from speech.training.export import export, restored
from speech.training.features import mfcc
from speech.training.fit import Network, fit
from speech.training.network import AROUND, BACK, FAR_BACK, Shape, forward, initial, statistics
from speech.training.spoken import Spoken, save
from speech.training.telephone import telephone

TINY = Shape(hidden=16, bottleneck=16, layers=(AROUND,))
SMALL = Shape(hidden=48, bottleneck=16, layers=(AROUND, BACK, FAR_BACK))


@pytest.fixture(scope="module")
def trained(said: list[Spoken], tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("fit")
    save(folder / "0.npz", said * 5)
    return fit([folder / "0.npz"], folder / "a.net", shape=SMALL, passes=3, seed=1, tell=lambda line: None)


def test_context_is_what_the_layers_reach() -> None:
    assert (SMALL.left, SMALL.right) == (3 + 3 + 3 + 6, 3 + 3)
    assert (Shape().left, Shape().right) == (30, 15)


def test_answers_do_not_depend_on_frames_beyond_the_context() -> None:
    params = initial(SMALL, 0)
    width = SMALL.left + 3 * 9 + 1 + SMALL.right
    features = np.random.default_rng(0).normal(size=(1, width, 40)).astype(np.float32)
    whole, _ = forward(SMALL, params, statistics(SMALL), jnp.asarray(features))
    assert whole.shape == (1, 10, 99)
    first, _ = forward(SMALL, params, statistics(SMALL), jnp.asarray(features[:, : SMALL.left + 1 + SMALL.right]))
    assert np.allclose(whole[0, 0], first[0, 0], atol=1e-4)


def test_kaldis_file_gives_the_trained_networks_outputs(trained: Network, said: list[Spoken], tmp_path: Path) -> None:
    export(trained, tmp_path)
    kaldi = reader.load(tmp_path / "am" / "final.mdl")
    shape = trained.shape
    assert len(said) >= 20
    for one in said[:20]:
        features = mfcc(telephone(one.samples, 20.0, np.random.default_rng(2)))
        padded = np.concatenate([features[:1].repeat(shape.left, 0), features, features[-1:].repeat(shape.right, 0)])
        ours, _ = forward(shape, trained.params, trained.stats, jnp.asarray(padded[None]))
        theirs = kaldi.outputs(features)
        assert np.allclose(jax.nn.log_softmax(ours[0])[: len(theirs)], theirs, atol=1e-3)


def test_an_exported_network_comes_back_whole(trained: Network, tmp_path: Path) -> None:
    export(trained, tmp_path)
    back = restored(tmp_path)
    assert back.shape == trained.shape
    for ours, theirs in ((trained.params, back.params), (trained.stats, back.stats)):
        jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6), ours, theirs)
    np.testing.assert_allclose(back.prior, trained.prior, atol=1e-7)
    export(back, tmp_path / "again")
    features = np.random.default_rng(0).normal(size=(60, 40)).astype(np.float32)
    first, second = (reader.load(folder / "am" / "final.mdl") for folder in (tmp_path, tmp_path / "again"))
    np.testing.assert_allclose(first.outputs(features), second.outputs(features), atol=1e-3)


def test_the_shipped_network_can_be_taught_further() -> None:
    assert restored(SHIPPED).shape == Shape()


def test_a_network_of_another_make_is_told(trained: Network, tmp_path: Path) -> None:
    export(trained, tmp_path)
    file = tmp_path / "am" / "final.mdl"
    file.write_bytes(file.read_bytes().replace(b"tdnnf2.sum", b"tdnnf2.one"))
    with pytest.raises(reader.BadModel, match="another network"):
        restored(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"first.scale", b"other.scale"))
    with pytest.raises(reader.BadModel, match=r"first\.scale"):
        restored(tmp_path)


def test_the_file_loads_in_vosk(trained: Network, tmp_path: Path) -> None:
    from speech.engines.vosk import VoskRecognizer
    from speech.graphs.build import build

    export(trained, tmp_path)
    build(tmp_path, tmp_path)
    heard = VoskRecognizer(tmp_path).transcribe(np.zeros(8000, dtype=np.int16), ("好的", "不是"))
    assert heard.text in {"", "好的", "不是"}


def test_a_killed_training_goes_on_where_it_stopped(said: list[Spoken], tmp_path: Path) -> None:
    save(tmp_path / "0.npz", said * 5)
    lines: list[str] = []

    def kill_after_the_first_pass(line: str) -> None:
        lines.append(line)
        if line.startswith("第 1 遍"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit([tmp_path / "0.npz"], tmp_path / "a.net", shape=TINY, passes=2, seed=1, tell=kill_after_the_first_pass)
    fit([tmp_path / "0.npz"], tmp_path / "a.net", shape=TINY, passes=2, seed=1, tell=lines.append)
    fit([tmp_path / "0.npz"], tmp_path / "a.net", shape=TINY, passes=2, seed=1, tell=lines.append)
    assert passes_of(lines) == ["第 1 遍", "第 2 遍"], "each pass once, and nothing is left for a third run"


def test_other_speech_under_the_same_name_is_trained_from_the_start(said: list[Spoken], tmp_path: Path) -> None:
    lines: list[str] = []
    for spoken in (said, said, said[1:]):
        save(tmp_path / "0.npz", spoken * 5)
        fit([tmp_path / "0.npz"], tmp_path / "a.net", shape=TINY, passes=1, seed=1, tell=lines.append)
    assert passes_of(lines) == ["第 1 遍", "第 1 遍"], "saved anew it is the same job, changed it is another"
    assert "从头训练" in [line for line in lines if line.startswith("a.state")][1]


def passes_of(lines: list[str]) -> list[str]:
    return [line.split("：")[0] for line in lines if line.startswith("第")]


def test_an_alignment_covers_the_recording_in_the_order_of_the_text(trained: Network, said: list[Spoken]) -> None:
    line = telephone(said[2].samples, 30.0, np.random.default_rng(3))
    assert likelihoods(trained, mfcc(line)).shape == (len(mfcc(line)), 99)
    found = align(trained, line, said[2].text, voice="test")
    sounds = [unit.name for unit in found.units if unit.name not in {"SIL", "NSN"}]
    assert sounds == [unit.name for unit in said[2].units if unit.name not in {"SIL", "SP"}]
    assert found.units[-1].end_s == pytest.approx(len(line) / 8000, abs=0.05)


def test_what_cannot_be_aligned_is_refused(trained: Network) -> None:
    with pytest.raises(DoesNotFit, match="太短"):
        align(trained, np.zeros(1600, dtype=np.int16), "这句话放不进半秒钟的录音里", voice="test")
    with pytest.raises(DoesNotFit, match="没有可以对齐的字"):
        align(trained, np.zeros(8000, dtype=np.int16), "。", voice="test")
