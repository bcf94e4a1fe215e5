"""Socket messages: the documented ones, and everything else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier import stream

START: dict[str, Any] = {
    "event": "start",
    "sequenceNumber": "1",
    "streamSid": "MZ1",
    "start": {
        "accountSid": "AC1",
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "t"},
    },
}


def test_documented_messages() -> None:
    assert stream.parse('{"event":"connected","protocol":"Call","version":"1.0.0"}') == stream.Connected()
    assert stream.parse(json.dumps(START)) == stream.Started("MZ1", "CA1", {"token": "t"})
    payload = base64.b64encode(b"\xff" * 160).decode()
    media = {"event": "media", "media": {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": payload}}
    assert stream.parse(json.dumps(media)) == stream.Media(b"\xff" * 160, 2, 5)
    assert stream.parse('{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"1"}}') == stream.Digit("1")
    assert stream.parse('{"event":"mark","mark":{"name":"m"}}') == stream.Marked("m")
    assert stream.parse('{"event":"stop","stop":{}}') == stream.Stopped()


def test_numbers_may_be_numbers_and_nonsense_in_them_is_nothing() -> None:
    for chunk, expected in ((7, 7), ("7", 7), (None, None), ("-1", None), ("٣", None), (True, None), ("9" * 13, None)):
        media = {"event": "media", "media": {"chunk": chunk, "timestamp": chunk, "payload": "//8="}}
        assert stream.parse(json.dumps(media)) == stream.Media(b"\xff\xff", expected, expected)


@pytest.mark.parametrize("change", [{"encoding": "audio/pcm"}, {"sampleRate": 16000}, {"channels": 2}])
def test_other_sound_is_refused(change: dict[str, Any]) -> None:
    start = {**START["start"], "mediaFormat": {**START["start"]["mediaFormat"], **change}}
    with pytest.raises(stream.BadFrame):
        stream.parse(json.dumps({**START, "start": start}))


@given(
    st.one_of(
        st.text(), st.binary(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps)
    )
)
def test_anything_is_a_message_or_a_bad_frame(text: str | bytes) -> None:
    try:
        stream.parse(text)
    except stream.BadFrame:
        return


NAMES = st.sampled_from(["payload", "name", "digit", "chunk", "track", "mediaFormat", "callSid"])
PARTS = st.dictionaries(NAMES, st.integers() | st.text() | st.none()) | st.text() | st.lists(st.text())


@given(
    st.sampled_from(["media", "mark", "dtmf", "start", "stop", "clear"]),
    st.dictionaries(st.sampled_from(["media", "mark", "dtmf", "start"]), PARTS),
)
def test_events_with_wrong_parts_are_bad_frames_at_worst(event: str, parts: dict[str, Any]) -> None:
    try:
        stream.parse(json.dumps({"event": event, **parts}))
    except stream.BadFrame:
        return


def test_a_message_over_64_kib_is_refused() -> None:
    with pytest.raises(stream.BadFrame):
        stream.parse('{"event":"media","media":{"payload":"' + "A" * 65_536 + '"}}')


def test_what_we_send() -> None:
    assert json.loads(stream.media("MZ1", b"\xff")) == {"event": "media", "streamSid": "MZ1", "media": {"payload": "/w=="}}
    assert json.loads(stream.mark("MZ1", "m")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m"}}
    assert json.loads(stream.clear("MZ1")) == {"event": "clear", "streamSid": "MZ1"}
