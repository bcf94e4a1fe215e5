"""Small shared things: settings, money, phones, redaction, clocks, logs."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from kit import phone
from kit.clock import ManualClock, SystemClock
from kit.ids import new_id
from kit.log import PrivateFormatter
from kit.money import BadAmount, fen_from_yuan, yuan_text
from kit.redact import redact
from kit.settings import BadSettings, is_loopback, load_settings


def test_defaults_load_without_any_environment() -> None:
    settings = load_settings({})
    assert settings.recognizer == "vosk,vosk-free,whisper"
    assert not settings.is_carrier_loopback


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cr3t\n", encoding="utf-8")
    settings = load_settings({"TWILIO_AUTH_TOKEN_FILE": str(secret)})
    assert settings.twilio_auth_token.get_secret_value() == "s3cr3t"
    assert "s3cr3t" not in repr(settings)


def test_a_missing_secret_file_is_named() -> None:
    with pytest.raises(BadSettings, match="TWILIO_AUTH_TOKEN_FILE"):
        load_settings({"TWILIO_AUTH_TOKEN_FILE": "/nowhere/token"})


def test_production_lists_all_faults_at_once() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings({"HUILING_ENVIRONMENT": "production", "TWILIO_AUTH_TOKEN": "changeme"})
    for name in ("TWILIO_AUTH_TOKEN", "HUILING_BLOB_KEY", "HUILING_DIGEST_KEY", "TWILIO_ACCOUNT_SID", "https://"):
        assert name in str(caught.value)


LIVE = {
    "HUILING_ENVIRONMENT": "production",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "t0ken",
    "HUILING_BLOB_KEY": Fernet.generate_key().decode(),
    "HUILING_DIGEST_KEY": "d1gest",
    "HUILING_PUBLIC_BASE_URL": "https://bot.example.com",
    "HUILING_LENDER": "某某汽车金融",
}


def test_production_takes_what_is_real() -> None:
    assert load_settings(LIVE).environment == "production"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"HUILING_PUBLIC_BASE_URL": "https://127.0.0.1"}, "HUILING_PUBLIC_BASE_URL"),
        ({"HUILING_PUBLIC_BASE_URL": "https://localhost:5000"}, "HUILING_PUBLIC_BASE_URL"),
        ({"HUILING_PUBLIC_BASE_URL": "https://0.0.0.0"}, "HUILING_PUBLIC_BASE_URL"),
        ({"HUILING_MEDIA_BASE_URL": "wss://[::1]:5001"}, "HUILING_MEDIA_BASE_URL"),
        ({"HUILING_MEDIA_BASE_URL": "ws://media.example.com"}, "HUILING_MEDIA_BASE_URL"),
        ({"HUILING_CARRIER_API_BASE_URL": "http://127.0.0.1:4010"}, "HUILING_CARRIER_API_BASE_URL"),
        (
            {"HUILING_CARRIER_API_BASE_URL": "http://127.0.0.1:4010", "HUILING_CLOCK_OFFSET_S": "36000"},
            "HUILING_CLOCK_OFFSET_S",
        ),
        ({"HUILING_LENDER": ""}, "HUILING_LENDER"),
        ({"HUILING_ENVIRONMENT": "producton"}, "HUILING_ENVIRONMENT"),
        ({"HUILING_ENVIRONMENT": "Production"}, "HUILING_ENVIRONMENT"),
    ],
)
def test_production_refuses_this_machine_a_moved_clock_and_a_mistyped_name(change: dict[str, str], name: str) -> None:
    with pytest.raises(BadSettings, match=name):
        load_settings(LIVE | change)


def test_an_empty_value_means_the_default() -> None:
    settings = load_settings({"HUILING_MEDIA_SLOTS": "", "HUILING_LENDER": " ", "HUILING_ENVIRONMENT": ""})
    assert (settings.media_slots, settings.lender, settings.environment) == (20, "安心汽车金融", "development")


def test_an_empty_value_leaves_the_word_to_the_file_of_a_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("d1gest\n", encoding="utf-8")
    settings = load_settings(
        {"HUILING_DIGEST_KEY": "", "HUILING_DIGEST_KEY_FILE": f"{tmp_path}/key", "HUILING_BLOB_KEY_FILE": ""}
    )
    assert settings.digest_key.get_secret_value() == "d1gest"
    with pytest.raises(BadSettings, match="HUILING_DIGEST_KEY_FILE"):
        load_settings({"HUILING_DIGEST_KEY_FILE": f"{tmp_path}/missing"})


def test_what_kubernetes_sets_for_a_service_of_our_name_is_no_setting() -> None:
    load_settings(
        {"HUILING_SERVICE_HOST": "10.0.0.1", "HUILING_SERVICE_PORT_HTTP": "80", "HUILING_PORT_5000_TCP": "tcp://10.0.0.1"}
    )
    with pytest.raises(BadSettings, match="HUILING_LENDR"):
        load_settings({"HUILING_LENDR": "x"})


def test_every_setting_of_the_example_is_known() -> None:
    example = Path(__file__).parents[2] / ".env.example"
    given = dict(re.findall(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", example.read_text(encoding="utf-8"), re.MULTILINE))
    assert load_settings(given) == load_settings({})
    assert "HUILING_POLICY_FILE" in given


def test_a_secret_is_never_repeated() -> None:
    with pytest.raises(BadSettings) as caught:
        load_settings({"HUILING_BLOB_KEY": "k3y-of-mine", "HUILING_DATABASE_URL": "foo://u:s3cr3t@h/x"})
    assert "k3y" not in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_the_clock_cannot_be_moved_for_a_real_carrier() -> None:
    with pytest.raises(BadSettings, match="HUILING_CLOCK_OFFSET_S"):
        load_settings({"HUILING_CLOCK_OFFSET_S": "3600"})
    moved = {"HUILING_CLOCK_OFFSET_S": "3600", "HUILING_CARRIER_API_BASE_URL": "http://127.0.0.1:4010"}
    assert load_settings(moved).clock_offset_s == 3600


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4010", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost", True),
        ("https://api.twilio.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
    ],
)
def test_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "ws://127.0.0.1:5001"),
        ({"HUILING_PUBLIC_BASE_URL": "https://bot.example.com"}, "wss://bot.example.com"),
        ({"HUILING_MEDIA_BASE_URL": "https://media.example.com/"}, "wss://media.example.com"),
    ],
)
def test_the_media_socket_is_where_the_media_process_listens(environment: dict[str, str], url: str) -> None:
    assert load_settings(environment).media_url == url


@given(st.integers(0, 10**12))
def test_money_reads_back_what_it_writes(fen: int) -> None:
    assert fen_from_yuan(yuan_text(fen)) == fen


@pytest.mark.parametrize(
    "text", ["", "abc", "-1", "1.005", "inf", "1e20", "1e5", "1_000", "12,34", "1,2345", "½", "٣", ".5", "5.", "1 000", "一百"]
)
def test_bad_money_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        fen_from_yuan(text)


@given(st.integers(0, 9_999_999))
def test_invented_numbers_are_valid_and_masked(seed: int) -> None:
    number = phone.invented_mainland(seed)
    assert phone.parse(number) == number
    assert phone.is_mainland(number)
    masked = phone.mask(number)
    assert masked.endswith(number[-2:])
    assert number[3:-2] not in masked


def test_invented_numbers_do_not_collide() -> None:
    assert len({phone.invented_mainland(seed) for seed in range(5000)}) == 5000


@pytest.mark.parametrize("text", ["", "12", "号码", "+8612345678901", "++86139"])
def test_bad_phones_are_refused(text: str) -> None:
    with pytest.raises(phone.BadPhone):
        phone.parse(text)


@given(st.integers(0, 9_999_999), st.text(alphabet="abc 你好", max_size=8))
def test_redaction_leaves_no_number(seed: int, around: str) -> None:
    number = phone.invented_mainland(seed)
    cleaned = redact(f"{around}{number}{around} {number[3:]}")
    assert number[3:] not in cleaned


def test_personal_fields_never_reach_the_log() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "call placed", (), None)
    record.__dict__.update({"pii.phone": "secret", "pii": {"a": 1}, "detail": phone.invented_mainland(3)})
    line = json.loads(PrivateFormatter("%(message)s").format(record))
    assert "pii.phone" not in line
    assert "pii" not in line
    assert line["detail"] == "[phone]"


def test_a_manual_clock_moves_forward_only() -> None:
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    clock.advance(1.5)
    assert clock.monotonic() == 1.5
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)


def test_the_system_clock_is_aware_and_shifts() -> None:
    ahead = SystemClock(3600).now() - SystemClock().now()
    assert 3590 < ahead.total_seconds() < 3610


def test_ids_sort_by_time_and_differ() -> None:
    made = [new_id("call") for _ in range(50)]
    assert len(set(made)) == 50
    assert all(one.startswith("call_") for one in made)
