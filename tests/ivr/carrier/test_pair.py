"""Our translators against the simulator's: two readings of the same documents, which share no code."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simulator.signature
import simulator.twiml
import simulator.wire
from ivr.carrier import signature, stream, twiml

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=5), st.sampled_from(["http", "https"]), st.sampled_from(["", ":8443"]))
@settings(max_examples=50)
def test_what_the_simulator_signs_is_genuine(token: str, form: dict[str, str], scheme: str, port: str) -> None:
    url = f"{scheme}://carrier.example{port}/voice/status?call_id=c"
    signed = simulator.signature.sign(f"k{token}", simulator.signature.as_signed(url), form.items())
    assert signature.is_genuine(f"k{token}", signed, url, form.items())
    assert not signature.is_genuine(f"l{token}", signed, url, form.items())


@given(st.binary(min_size=1, max_size=500))
@settings(max_examples=30)
def test_the_simulator_plays_the_sound_that_we_send(sound: bytes) -> None:
    if sound[:4] == b"RIFF":
        return
    message = simulator.wire._read(stream.media("MZ1", sound), "MZ1")
    assert (message["event"], simulator.wire._payload(message)) == ("media", sound)


def test_the_simulator_reads_marks_and_clears() -> None:
    assert simulator.wire._mark_name(simulator.wire._read(stream.mark("MZ1", "0.1.2"), "MZ1")) == "0.1.2"
    assert simulator.wire._read(stream.clear("MZ1"), "MZ1")["event"] == "clear"
    with pytest.raises(simulator.wire.BadMessage):
        simulator.wire._read(stream.clear("MZ2"), "MZ1")


def test_what_the_simulator_sends_is_understood() -> None:
    for event, body, kind in (
        ("connected", {"protocol": "Call", "version": "1.0.0"}, stream.Connected),
        ("dtmf", {"dtmf": {"track": "inbound_track", "digit": "#"}}, stream.Digit),
        ("mark", {"mark": {"name": "0.1.2"}}, stream.Marked),
        ("stop", {"stop": {"accountSid": "AC1", "callSid": "CA1"}}, stream.Stopped),
    ):
        assert isinstance(stream.parse(json.dumps({"event": event, "streamSid": "MZ1", "sequenceNumber": "3", **body})), kind)


@given(TEXT, st.integers(1, 20))
@settings(max_examples=50)
def test_documents_are_read_as_they_were_meant(text: str, number: int) -> None:
    written = twiml.document(
        twiml.Gather(action=f"http://h/a?b={number}&c=1", num_digits=number, timeout_s=number, inner=[twiml.Say(text)]),
        twiml.ConnectStream("wss://h/media", {"token": "t"}),
        twiml.Dial("+12025550111", "http://h/t", "http://h/w", 8, "+12025550100"),
    )
    gather, connect, dial = simulator.twiml.parse(written.encode(), "text/xml; charset=utf-8")
    assert gather.get("action") == f"http://h/a?b={number}&c=1"
    assert gather.number("numDigits", 0) == number
    assert gather.children[0].text.split() == twiml.clean(text).split()
    assert connect.children[0].get("url") == "wss://h/media"
    assert simulator.wire._parameters(connect.children[0]) == {"token": "t"}
    assert (dial.children[0].text, dial.children[0].get("url")) == ("+12025550111", "http://h/w")
