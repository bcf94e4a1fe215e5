"""Documents: what a carrier parses, and what it never gets to see."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.twiml import BadDocument, ConnectStream, Dial, Gather, Hangup, Play, Record, Redirect, Say, clean, document

PORTABLE = {
    "Response",
    "Say",
    "Play",
    "Gather",
    "Record",
    "Redirect",
    "Hangup",
    "Dial",
    "Number",
    "Connect",
    "Stream",
    "Parameter",
}


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_text_parses_and_comes_back_clean(text: str, attribute: str) -> None:
    root = ElementTree.fromstring(document(Say(text), Gather(action=attribute, num_digits=1, timeout_s=5, inner=[Play(text)])))
    said = root.find("Say")
    assert said is not None
    assert (said.text or "") == clean(text).replace("\r\n", "\n").replace("\r", "\n")


def test_characters_that_break_xml_are_dropped() -> None:
    assert clean("好\x00的\x1f\ufffe\ud800！\t\n") == "好的！\t\n"


def test_only_the_portable_subset_is_spoken() -> None:
    text = document(
        Say("a"), Play("b"), Gather("c", 1, 5), Record("d", 3, 20), Dial("+12025550111", "e", "f", 8),
        ConnectStream("wss://h/media", {"token": "t"}), Redirect("g"), Hangup(),
    )  # fmt: skip
    assert {element.tag for element in ElementTree.fromstring(text).iter()} <= PORTABLE


def test_a_finish_key_of_nothing_is_said() -> None:
    assert 'finishOnKey=""' in document(Gather("c", 4, 5, finish_on_key=""))


@pytest.mark.parametrize(
    "verb",
    [
        Say("字" * 30_000),
        ConnectStream("wss://h/media?token=x"),
        ConnectStream("https://h/media"),
        ConnectStream("wss://h/media", {"token": "t" * 500}),
    ],
)
def test_what_a_carrier_would_refuse_is_not_sent(verb: Say | ConnectStream) -> None:
    with pytest.raises(BadDocument):
        document(verb)
