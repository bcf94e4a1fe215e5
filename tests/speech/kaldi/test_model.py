"""`final.mdl` as written: byte for byte what the shipped model is, loaded by stock vosk, with non-speech and without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from speech.graphs import phones
from speech.graphs.fst import LexiconLoop
from speech.kaldi import fst, model
from speech.kaldi.reader import Component, Nnet, load
from tests.speech.trial import TRIAL

Matrix = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def written(component: Component) -> bytes:
    """A component as read, written again."""
    given = component.parameters
    match component.kind:
        case "FixedAffineComponent":
            return model.affine(given["LinearParams"], given["BiasParams"])
        case "FixedScaleComponent":
            return model.scale(given["Scales"])
        case "FixedBiasComponent":
            return model.shift(given["Bias"])
        case "RectifiedLinearComponent":
            return model.relu(int(given["Dim"][0]))
        case "LogSoftmaxComponent":
            return model.log_softmax(int(given["Dim"][0]))
    return model.no_op(int(given["Dim"][0]))


def rebuilt(nnet: Nnet) -> model.Network:
    """The first model's network by its own recipe."""
    network, before, at = model.Network(nnet.input_dim), "input", "input"
    offsets = ((-2, -1, 0, 1, 2), (-1, 0, 1), *[(-3, 0, 3)] * 5)
    for layer, spread in enumerate(offsets):
        source = model.spliced(before, spread)
        for letter in "arsb":
            at = network.add(f"{letter}{layer}", written(nnet.components[f"{letter}{layer}"]), source)
            source = at
        if layer >= 2:
            source = model.added(before, at, scale_of_first=0.66)
            at = network.add(f"n{layer}", written(nnet.components[f"n{layer}"]), source)
        before = at
    at = network.add("out", written(nnet.components["out"]), before)
    network.finish(network.add("ls", written(nnet.components["ls"]), at))
    return network


def test_the_shipped_model_is_written_again_byte_for_byte() -> None:
    path = TRIAL / "am" / "final.mdl"
    nnet = load(path)
    transitions = phones.transition_bytes(has_non_speech=False)
    again = model.to_bytes(transitions, rebuilt(nnet), left_context=18, right_context=18, priors=nnet.priors)
    assert again == path.read_bytes()


def small_network(pdfs: int, seed: int = 3) -> model.Network:
    """Random weights through every kind of component."""
    rng = np.random.default_rng(seed)
    network = model.Network(40)
    at = network.add("a0", model.affine(rng.normal(size=(24, 120)) * 0.05, np.zeros(24)), model.spliced("input", (-1, 0, 1)))
    at = network.add("r0", model.relu(24), at)
    at = network.add("s0", model.scale(np.full(24, 0.5)), at)
    first = network.add("b0", model.shift(rng.normal(size=24)), at)
    at = network.add("a1", model.affine(rng.normal(size=(24, 72)) * 0.05, np.ones(24)), model.spliced(first, (-3, 0, 3)))
    at = network.add("n1", model.no_op(24), model.added(first, at, scale_of_first=0.66))
    at = network.add("out", model.affine(rng.normal(size=(pdfs, 24)), np.zeros(pdfs)), at)
    network.finish(network.add("ls", model.log_softmax(pdfs), at))
    return network


@pytest.mark.parametrize("has_non_speech", [False, True])
def test_stock_vosk_loads_and_decodes_what_is_written(has_non_speech: bool, tmp_path: Path) -> None:
    import vosk

    shutil.copytree(TRIAL / "conf", tmp_path / "conf")
    (tmp_path / "graph" / "phones").mkdir(parents=True)
    pdfs = phones.pdf_count(has_non_speech=has_non_speech)
    transitions = phones.transition_bytes(has_non_speech=has_non_speech)
    priors = np.full(pdfs, 1 / pdfs)
    model.write(tmp_path / "am/final.mdl", transitions, small_network(pdfs), left_context=4, right_context=4, priors=priors)
    loop = LexiconLoop()
    loop.word(1, (("sh", "iii"),))
    fst.write(tmp_path / "graph/HCLr.fst", fst.fst(loop.arcs, {0: 0.0, 1: 0.0}, sort=fst.Sort.OUTPUT))
    fst.write(tmp_path / "graph/Gr.fst", fst.fst([(0, 0, 1, 1, 0.5)], {0: 0.0}, sort=fst.Sort.INPUT))
    (tmp_path / "graph/disambig_tid.int").touch()
    (tmp_path / "graph/words.txt").write_text("<eps> 0\n是 1\n", encoding="utf-8")
    (tmp_path / "graph/phones/word_boundary.int").write_text(phones.word_boundaries(has_non_speech=has_non_speech))
    vosk.SetLogLevel(-1)
    decoder = vosk.KaldiRecognizer(vosk.Model(str(tmp_path)), 8000.0)
    decoder.AcceptWaveform((np.random.default_rng(1).normal(size=8000) * 500).astype("<i2").tobytes())
    assert set(json.loads(decoder.FinalResult())["text"].split()) <= {"是"}
    nnet = load(tmp_path / "am/final.mdl")
    assert nnet.context() == (nnet.left_context, nnet.right_context) == (4, 4)
    assert nnet.outputs(np.ones((7, 40), np.float32)).shape == (3, pdfs)


def test_non_speech_is_appended_so_that_old_numbers_stay() -> None:
    without, having = (phones.phones(has_non_speech=has) for has in (False, True))
    assert list(having)[:-1] == list(without)
    assert having["NSN"] == phones.NON_SPEECH == 238
    assert phones.pdf_of("NSN") == 98
    assert phones.word_boundaries(has_non_speech=True).endswith("237 singleton\n238 nonword\n")


def test_densities_are_numbered_as_in_the_shipped_model() -> None:
    nnet = load(TRIAL / "am" / "final.mdl")
    assert all(pdf == phones.pdf_of(phones.base_of(number), state) for number, state, pdf in nnet.triples)
    assert (phones.pdf_of("SIL"), phones.pdf_of("zh"), phones.pdf_of("s"), phones.pdf_of("a", 1)) == (0, 1, 21, 23)
    with pytest.raises(ValueError):
        phones.pdf_of("xyz")


def test_vectors_and_matrices_have_their_dimensions() -> None:
    with pytest.raises(ValueError, match="two"):
        model.affine(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="one"):
        model.scale(np.zeros((3, 3)))
