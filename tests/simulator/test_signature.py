"""The signature against the vectors of the carrier's documents and library."""

from __future__ import annotations

import pytest

from simulator.signature import as_signed, sign

_V1 = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}


def test_vector_of_the_document() -> None:
    assert sign("12345", "https://example.com/myapp.php?foo=1&bar=2", _V1.items()) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


def test_vector_of_the_library() -> None:
    params = {**_V1, "Caller": "+14158675309", "From": "+14158675309"}
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", params.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_equal_names_keep_distinct_values_sorted() -> None:
    params = [("Sid", "CA123"), ("SidAccount", "AC123"), *(("Digits", d) for d in ("5678", "1234", "1234"))]
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", params) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("http://127.0.0.1:5000/voice?a=1#rc=2", "http://127.0.0.1:5000/voice?a=1"),
        ("https://127.0.0.1:8443/voice", "https://127.0.0.1/voice"),
        ("https://user:secret@localhost/voice", "https://localhost/voice"),
        ("ws://127.0.0.1:5000/media", "ws://127.0.0.1:5000/media"),
    ],
)
def test_what_is_signed_of_a_url(url: str, signed: str) -> None:
    assert as_signed(url) == signed
