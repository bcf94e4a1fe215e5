"""Telephone numbers: parsing to E.164, masking, and numbers that are safe to use in tests."""

from __future__ import annotations

import phonenumbers


class BadPhone(ValueError):
    """The text is not a telephone number; the message never repeats it whole."""


def parse(text: str, region: str = "CN") -> str:
    """E.164 of a number as typed. `region` reads numbers without a country code. Raises BadPhone."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise BadPhone("不是电话号码") from None
    if not phonenumbers.is_possible_number(number):
        raise BadPhone("电话号码位数不对")
    if number.country_code == 86 and not phonenumbers.is_valid_number(number):
        raise BadPhone("不是有效的中国大陆号码")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_e164(text: str) -> str:
    """E.164 of a number that is written with its country code, as settings hold it. Raises BadPhone."""
    if not text.startswith("+"):
        raise BadPhone("需要 E.164（+ 开头）")
    return parse(text)


def national(e164: str) -> str:
    """The number as people of its country dial it, in groups. Never for logs or pages."""
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)


def mask(e164: str) -> str:
    """Country code and last two digits: `+86*********21`. What pages and logs may show."""
    head = 3 if e164.startswith("+86") else 2
    return e164[:head] + "*" * max(0, len(e164) - head - 2) + e164[-2:]


def is_mainland(e164: str) -> bool:
    """Whether the number belongs to mainland China (+86)."""
    return e164.startswith("+86")


def is_fictional(e164: str) -> bool:
    """Whether the number lies in NANP 555-0100..0199, reserved for fiction."""
    return len(e164) == 12 and e164.startswith("+1") and e164[5:10] == "55501"


def invented_mainland(seed: int) -> str:
    """A +86 mobile number for the simulated carrier only, made from a seed: never typed into files.

    The REST client refuses +86 numbers unless its base URL is loopback, so no invented number can ring anybody.
    """
    if not 0 <= seed < 10_000_000:
        raise ValueError("seed must lie in 0..9999999")
    scrambled = (seed * 7_368_787 + 1_234_577) % 100_000_000
    return f"+86139{scrambled:08d}"


if __name__ == "__main__":
    import sys

    for seed in sys.argv[1:]:
        print(invented_mainland(int(seed)))
