"""The independent reader gives what Vosk hears by: word for word and frame for frame, with a plain MFCC and search."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from speech.graphs.fst import LexiconLoop
from speech.graphs.lexicon import readings
from speech.hear import load as load_clip
from speech.kaldi import fst, model
from speech.kaldi.reader import BadModel, Nnet, load
from speech.ports import Pcm
from tests.speech.kaldi.plain import mfcc, search
from tests.speech.trial import TRIAL

CLIPS = Path(__file__).parent.parent / "clips"
SAID = ("不可以", "我已经还了", "我下周五还", "我失业了", "你打错了")
ACOUSTIC_SCALE = 0.3


@pytest.fixture(scope="module")
def nnet() -> Nnet:
    return load(TRIAL / "am" / "final.mdl")


@pytest.fixture(scope="module")
def lexicon() -> fst.Fst:
    loop = LexiconLoop()
    for number, phrase in enumerate(SAID, start=1):
        for syllables in readings(phrase):
            loop.word(number, syllables)
    return fst.fst(loop.arcs, {0: 0.0, 1: 0.0}, sort=fst.Sort.OUTPUT)


def by_vosk(pcm: Pcm) -> list[tuple[str, float]]:
    import vosk

    vosk.SetLogLevel(-1)
    decoder = vosk.KaldiRecognizer(vosk.Model(str(TRIAL)), 8000.0, json.dumps(SAID, ensure_ascii=False))
    decoder.SetWords(True)
    decoder.AcceptWaveform(pcm.tobytes())
    return [(word["word"], word["start"]) for word in json.loads(decoder.FinalResult())["result"]]


@pytest.mark.parametrize("voice", ["zf_xiaoyi", "zm_yunyang"])
@pytest.mark.parametrize("said", SAID)
def test_a_plain_search_over_its_outputs_hears_words_and_times_as_vosk_does(
    said: str, voice: str, nnet: Nnet, lexicon: fst.Fst
) -> None:
    pcm = np.concatenate([load_clip(CLIPS / f"{voice}.{said}.wav")[0], np.zeros(2400, np.int16)])
    scores = ACOUSTIC_SCALE * nnet.outputs(mfcc(pcm), is_by_priors=True)
    pdfs = [0, *(pdf for _, _, pdf in nnet.triples for _ in range(2))]
    ((label, frame),) = search(lexicon, scores, pdfs)
    ((word, start),) = by_vosk(pcm)
    assert (SAID[label - 1], word) == (said, said)
    assert frame * 0.03 == pytest.approx(start, abs=0.001)


def test_outputs_are_chances_and_priors_are_subtracted(nnet: Nnet) -> None:
    features = np.random.default_rng(5).normal(size=(20, 40)).astype(np.float32) * 10
    plain = nnet.outputs(features)
    assert plain.shape == (7, 98)
    assert np.allclose(np.exp(plain).sum(axis=1), 1, atol=1e-5)
    assert np.allclose(plain - nnet.outputs(features, is_by_priors=True), np.log(nnet.priors))


def test_edge_frames_are_repeated_outwards(nnet: Nnet) -> None:
    features = np.random.default_rng(6).normal(size=(30, 40)).astype(np.float32)
    padded = np.concatenate([features[:1].repeat(18, axis=0), features, features[-1:].repeat(18, axis=0)])
    assert np.allclose(nnet.outputs(features), nnet.outputs(padded)[6:16], atol=1e-4)


def test_a_two_layer_network_by_hand(tmp_path: Path) -> None:
    network = model.Network(2)
    first = network.add("a", model.affine([[1, 0, 0, 1], [0, 2, 0, 0]], [0, -1]), model.spliced("input", (0, 3)))
    second = network.add("r", model.relu(2), first)
    network.finish(network.add("n", model.no_op(2), model.added(first, second, scale_of_first=0.5)))
    transitions = model.transition_model([model.Hmm((1,), (0.5,))], lambda phone, state: 0)
    model.write(tmp_path / "m.mdl", transitions, network, left_context=0, right_context=3)
    features = np.arange(8, dtype=np.float32).reshape(4, 2)
    a = np.array([[0 + 7, 2 * 1 - 1], [6 + 7, 2 * 7 - 1]])
    assert np.allclose(load(tmp_path / "m.mdl").outputs(features, is_by_priors=True), 0.5 * a + np.maximum(a, 0))


@pytest.mark.parametrize("shape", [(0, 40), (5, 39), (5,)])
def test_features_of_a_wrong_shape_are_refused(shape: tuple[int, ...], nnet: Nnet) -> None:
    with pytest.raises(ValueError, match="features"):
        nnet.outputs(np.zeros(shape, np.float32))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    data = (TRIAL / "am" / "final.mdl").read_bytes()
    for spoiled in (b"", data[:5000], data[:-9], data.replace(b"FixedScale", b"FixedOther"), data.replace(b"Sum(", b"Max(")):
        (tmp_path / "m.mdl").write_bytes(spoiled)
        with pytest.raises(BadModel):
            load(tmp_path / "m.mdl")
