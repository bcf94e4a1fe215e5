"""The REST client against a session that answers as it is told: one post, three possible fates, no numbers in errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from urllib3.exceptions import NewConnectionError

from ivr.carrier.rest import CarrierClient, CarrierTrouble, Placed, Refused, Unknown
from ivr.carrier.webhook import CallStatus
from kit.phone import invented_mainland
from kit.vocabulary import MediaMode
from tests.ivr.runtime.rig import settings

TO = "+12025550123"
SINCE = datetime(2026, 11, 23, tzinfo=UTC)
CALL = {"sid": "CA1", "status": "queued", "date_created": "Mon, 23 Nov 2026 02:00:00 +0000", "duration": None}


def _response(status: int, body: Any) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return response


class Wire:
    """Notes requests; answers or raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: requests.Response | Exception) -> None:
        self.sent: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

        def send(session: requests.Session, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
            self.sent.append(request)
            self.timeouts.append(kwargs.get("timeout"))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(requests.Session, "send", send)


def test_a_call_is_placed_with_everything_that_finds_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch, _response(201, CALL))
    assert CarrierClient(settings()).create_call(TO, call_id="call_1", attempt_id="att_1") == Placed("CA1")
    (request,) = wire.sent
    assert request.url == "http://127.0.0.1:4010/2010-04-01/Accounts/AC1/Calls.json"
    body = dict(_pairs(str(request.body)))
    assert body["Url"] == "http://127.0.0.1:5000/voice/answer?call_id=call_1&attempt_id=att_1"
    assert body["StatusCallback"].endswith("/voice/status?call_id=call_1&attempt_id=att_1")
    assert body["AsyncAmd"] == "true"
    assert [value for name, value in _pairs(str(request.body)) if name == "StatusCallbackEvent"] == [
        "initiated",
        "ringing",
        "answered",
        "completed",
    ]
    assert wire.timeouts == [10.0]


@pytest.mark.parametrize(("mode", "is_asked"), [("stream", False), ("record", True), ("keypad", True)])
def test_where_no_stream_is_recorded_the_carrier_records(
    monkeypatch: pytest.MonkeyPatch, mode: MediaMode, is_asked: bool
) -> None:
    wire = Wire(monkeypatch, _response(201, CALL))
    CarrierClient(settings(media_mode=mode)).create_call(TO, call_id="call_1", attempt_id="att_1")
    body = dict(_pairs(str(wire.sent[0].body)))
    assert (
        body.get("RecordingStatusCallback", "").startswith("http://127.0.0.1:5000/voice/recording?call_id=call_1") is is_asked
    )
    assert (body.get("Record"), body.get("RecordingChannels")) == (("true", "dual") if is_asked else (None, None))


def test_a_call_that_people_talk_in_is_kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch, _response(200, CALL))
    CarrierClient(settings()).keep_open("CA1")
    assert dict(_pairs(str(wire.sent[0].body))) == {"TimeLimit": "14400"}


def _pairs(body: str) -> list[tuple[str, str]]:
    return parse_qsl(body)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (_response(400, {"code": 21211, "message": TO, "status": 400}), Refused(21211, True, "status 400")),
        (_response(429, {"code": 20429, "status": 429}), Refused(20429, False, "status 429")),
        (_response(401, {"code": 20003, "status": 401}), Refused(20003, False, "status 401")),
        (_response(500, "oops"), Unknown("status 500")),
        (_response(503, {"code": 20503}), Unknown("status 503")),
        (_response(302, ""), Unknown("status 302")),
        (_response(201, "<html>"), Unknown("JSONDecodeError")),
        (_response(201, {"sid": None}), Unknown("no sid")),
        (requests.ReadTimeout(), Unknown("ReadTimeout")),
        (requests.ConnectTimeout(), Refused(0, False, "unreachable")),
        (requests.ConnectionError("aborted"), Unknown("connection lost")),
    ],
)  # fmt: skip
def test_fates(answer: requests.Response | Exception, expected: object, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch, answer)
    assert CarrierClient(settings()).create_call(TO, call_id="c", attempt_id="a") == expected
    assert len(wire.sent) == 1, "never posted twice"


def test_a_connection_that_was_never_made_placed_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cause(Exception):
        reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]

    Wire(monkeypatch, requests.ConnectionError(Cause()))
    assert CarrierClient(settings()).create_call(TO, call_id="c", attempt_id="a") == Refused(0, False, "unreachable")


def test_mainland_numbers_are_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch, _response(201, CALL))
    real = settings().model_copy(update={"carrier_api_base_url": "https://api.twilio.com"})
    number = invented_mainland(3)
    refusal = CarrierClient(real).create_call(number, call_id="c", attempt_id="a")
    assert isinstance(refusal, Refused)
    assert refusal.is_permanent
    assert "+86" in refusal.reason
    assert number not in refusal.reason
    assert wire.sent == []
    assert CarrierClient(settings()).create_call(number, call_id="c", attempt_id="a") == Placed("CA1")


def test_the_environment_does_not_choose_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_REGION", "ie1")
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    wire = Wire(monkeypatch, _response(201, CALL))
    real = settings().model_copy(update={"carrier_api_base_url": "https://api.twilio.com"})
    CarrierClient(real).create_call(TO, call_id="c", attempt_id="a")
    assert str(wire.sent[0].url).startswith("https://api.twilio.com/2010-04-01/")


def test_calls_are_found_since_an_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    old = {**CALL, "sid": "CA0", "date_created": "Sun, 22 Nov 2026 02:00:00 +0000"}
    Wire(monkeypatch, _response(200, {"calls": [CALL, old], "next_page_uri": None}))
    (found,) = CarrierClient(settings()).find_calls(TO, since=SINCE)
    assert (found.sid, found.status, found.duration_s) == ("CA1", CallStatus.QUEUED, None)


@pytest.mark.parametrize(
    "answer", [_response(404, {"code": 20404, "status": 404}), _response(400, {"code": 21220, "status": 400})]
)
def test_ending_an_ended_call_is_success(answer: requests.Response, monkeypatch: pytest.MonkeyPatch) -> None:
    Wire(monkeypatch, answer)
    CarrierClient(settings()).complete("CA1")


def test_trouble_names_a_code_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    Wire(monkeypatch, _response(400, {"code": 21211, "message": f"bad {TO}", "status": 400}))
    with pytest.raises(CarrierTrouble) as caught:
        CarrierClient(settings()).redirect("CA1", "http://127.0.0.1:5000/x")
    assert caught.value.code == 21211
    assert TO not in f"{caught.value!r}{caught.value.__cause__}"
    assert caught.value.__suppress_context__


def test_recordings_come_from_the_carrier_only(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(monkeypatch, _response(200, "RIFF"))
    client = CarrierClient(settings())
    assert client.recording("http://127.0.0.1:4010/2010-04-01/Accounts/AC1/Recordings/RE1") == b"RIFF"
    with pytest.raises(CarrierTrouble):
        client.recording("http://127.0.0.1:40100/evil")
    assert len(wire.sent) == 1
