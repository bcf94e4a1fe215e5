"""Signatures: published vectors, and the ways in which a URL is not what it seems."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier.signature import is_genuine, sign, signed_forms
from tests.ivr.runtime.rig import House
from tests.webhooks.post import BASE, TOKEN, Posts, app_of, signed

CALLER_1, CALLER_2, TO = ("+" + digits for digits in ("1415" + "8675310", "1415" + "8675309", "1800" + "5551212"))


def form(caller: str) -> dict[str, str]:
    return {"CallSid": "CA1234567890ABCDE", "Caller": caller, "Digits": "1234", "From": caller, "To": TO}


@pytest.mark.parametrize(
    ("url", "params", "expected"),
    [
        ("https://example.com/myapp.php?foo=1&bar=2", list(form(CALLER_1).items()), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", list(form(CALLER_2).items()), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
)
def test_published_vectors(url: str, params: list[tuple[str, str]], expected: str) -> None:
    assert sign("12345", url, params) == expected
    assert is_genuine("12345", expected, url, params)
    assert not is_genuine("12346", expected, url, params)
    assert not is_genuine("12345", expected, url, [*params, ("New", "1")])


def test_voice_over_https_is_signed_without_its_port_and_http_with_it() -> None:
    bare = sign("t", "https://h.example/a")
    assert is_genuine("t", bare, "https://user:pass@h.example:8443/a#rc=2")
    assert is_genuine("t", sign("t", "https://h.example:8443/a"), "https://h.example:8443/a")
    assert not is_genuine("t", sign("t", "http://h.example/a"), "http://h.example:8080/a")
    assert is_genuine("t", sign("t", "https://[::1]/a"), "https://[::1]:8443/a")


@pytest.mark.parametrize("path", ["/media", "/media/"])
def test_a_socket_is_signed_with_or_without_a_trailing_slash(path: str) -> None:
    assert is_genuine("t", sign("t", f"wss://h.example{path}"), "wss://h.example/media")
    assert not is_genuine("t", sign("t", f"wss://h.example{path}x"), "wss://h.example/media")


def test_json_is_bound_by_its_hash() -> None:
    body = b'{"property": "value", "boolean": true}'
    assert hashlib.sha256(body).hexdigest().startswith("0a1ff7634d9ab3b95db5c9a2dfe9416e")
    url = f"https://h.example/a?bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert is_genuine("t", sign("t", url), url, json_body=body)
    assert not is_genuine("t", sign("t", url), url, json_body=body + b" ")
    assert not is_genuine("t", sign("t", "https://h.example/a"), "https://h.example/a", json_body=body)


@pytest.mark.parametrize("signature", ["", "x", "汉字", "=" * 400])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not is_genuine("t", signature, "https://h.example/a")
    assert not is_genuine("", sign("", "https://h.example/a"), "https://h.example/a")


@given(st.text(min_size=1, max_size=20), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_every_parameter_counts(token: str, params: dict[str, str]) -> None:
    url = "https://h.example/a?b=%E4%BD%A0"
    good = sign(token, url, params.items())
    assert is_genuine(token, good, url, params.items())
    for name in params:
        changed = {**params, name: params[name] + "!"}
        assert not is_genuine(token, good, url, changed.items())


def test_forms_are_few() -> None:
    assert signed_forms("http://127.0.0.1:5000/a?b=1") == ("http://127.0.0.1:5000/a?b=1",)
    assert signed_forms("https://h:1/a") == ("https://h/a", "https://h:1/a")


@pytest.mark.parametrize(
    "target", ["/voice/status?call_id=%E4%BD%A0", "/voice/status?call_id=a%2Fb", "/voice/status?call_id=%7Ea"]
)
def test_percent_encoding_is_signed_as_sent(target: str) -> None:
    client = app_of(House()).test_client()
    fields = {"CallSid": "CA1", "CallStatus": "ringing"}
    headers = {"X-Twilio-Signature": signed(BASE + target, fields)}
    environ = {"RAW_URI": target, "REQUEST_URI": target}
    assert client.post(target, data=fields, headers=headers, base_url=BASE, environ_overrides=environ).status_code == 204


def test_an_oversized_body_is_refused_before_it_is_read() -> None:
    post = Posts(House())
    assert post("/voice/status", {"CallStatus": "x" * 70_000}).status_code == 413


def test_json_webhooks_need_their_hash() -> None:
    client: Flask = app_of(House())
    body = b'{"CallSid": "CA1"}'
    target = f"/voice/status?call_id=c&bodySHA256={hashlib.sha256(body).hexdigest()}"
    for given_body, status in ((body, 400), (b'{"CallSid": "CA2"}', 403)):
        reply = client.test_client().post(
            target,
            data=given_body,
            content_type="application/json",
            headers={"X-Twilio-Signature": signed(BASE + target, {})},
            base_url=BASE,
        )
        assert reply.status_code == status, "genuine, but no form: malformed"


def test_a_socket_with_a_wrong_signature_is_refused_before_the_upgrade() -> None:
    client = app_of(House()).test_client()
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "X-Twilio-Signature": "AAAA"}
    assert client.get("/media", headers=headers, base_url=BASE.replace("http", "ws")).status_code == 403


def test_a_draining_process_refuses_sockets_and_says_so() -> None:
    house = House()
    client = app_of(house).test_client()
    assert client.get("/readyz").status_code == 200
    house.line.slots.drain()
    assert client.get("/media", headers={"Upgrade": "websocket"}, base_url=BASE.replace("http", "ws")).status_code == 503
    assert client.get("/readyz").json == {"status": "unready", "faults": {"draining": "正在停机：不再接新通话"}}
    assert client.get("/healthz").status_code == 200
    assert TOKEN not in client.get("/metrics").text
