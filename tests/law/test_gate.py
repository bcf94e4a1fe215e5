"""The gate: each rule refuses with its name, in its order, and says when to ask again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier import rest
from kit.clock import SHANGHAI
from kit.vocabulary import Purpose
from law.gate import CAPPED, LONGEST_CALL, GateFacts, Hold, may_call
from law.policy import _COUNTS, _WINDOWS, BadPolicy, read_policy

TEXT = Path("law/policy.yaml").read_text(encoding="utf-8")
POLICY = read_policy(TEXT)
MONDAY_TEN = datetime(2026, 11, 23, 10, 0, tzinfo=SHANGHAI)
FREE = GateFacts(country="86")


def test_a_free_borrower_may_be_called_on_monday_morning() -> None:
    verdict = may_call(POLICY, FREE, Purpose.COLLECTION, now=MONDAY_TEN)
    assert verdict.is_allowed
    assert verdict.policy_digest == POLICY.digest


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FREE, country="1"), "country"),
        (replace(FREE, is_number_locked=True), "number_lock"),
        (replace(FREE, is_all_stopped=True), "do_not_call"),
        (replace(FREE, is_robot_stopped=True), "do_not_call_robot"),
        (replace(FREE, is_settled=True), "settled"),
        (replace(FREE, holds=(Hold("dispute"),)), "hold:dispute"),
        (replace(FREE, holds=(Hold("illness", MONDAY_TEN + timedelta(days=3)),)), "hold:illness"),
        (replace(FREE, promised_until=MONDAY_TEN + timedelta(days=2)), "promise"),
        (replace(FREE, connected_today=1), "connected_per_day"),
        (replace(FREE, unanswered_number_today=2), "unanswered_per_number_per_day"),
        (replace(FREE, dialled_today=4), "dials_per_day"),
        (replace(FREE, connected_7d=5), "connected_per_week"),
        (replace(FREE, last_connected_at=MONDAY_TEN - timedelta(hours=19)), "cooldown_connected"),
        (replace(FREE, last_unanswered_at=MONDAY_TEN - timedelta(minutes=119)), "cooldown_unanswered"),
    ],
)
def test_each_rule_refuses(facts: GateFacts, rule: str) -> None:
    verdict = may_call(POLICY, facts, Purpose.COLLECTION, now=MONDAY_TEN)
    assert not verdict.is_allowed
    assert verdict.rule == rule


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(FREE, connected_today=2, connected_7d=9, dialled_today=9), "allowed"),
        (replace(FREE, last_connected_at=MONDAY_TEN - timedelta(hours=2)), "allowed"),
        (replace(FREE, last_unanswered_at=MONDAY_TEN - timedelta(minutes=2)), "allowed"),
        (replace(FREE, connected_today=3), "connected_per_day"),
        (replace(FREE, unanswered_number_today=6), "unanswered_per_number_per_day"),
        (replace(FREE, holds=(Hold("dispute"),)), "hold:dispute"),
        (replace(FREE, promised_until=MONDAY_TEN + timedelta(days=2)), "promise"),
        (replace(FREE, is_settled=True), "settled"),
        (replace(FREE, is_robot_stopped=True), "do_not_call_robot"),
    ],
)
def test_a_call_that_was_asked_for_is_bound_by_all_but_our_own_caps(facts: GateFacts, rule: str) -> None:
    assert may_call(POLICY, replace(facts, is_requested=True), Purpose.COLLECTION, now=MONDAY_TEN).rule == rule


def test_a_call_that_was_asked_for_at_night_waits_for_the_morning() -> None:
    night = MONDAY_TEN + timedelta(hours=12)
    verdict = may_call(POLICY, replace(FREE, is_requested=True), Purpose.COLLECTION, now=night)
    assert (verdict.rule, verdict.not_before) == ("hours", MONDAY_TEN + timedelta(hours=23))


@pytest.mark.parametrize("rule", ["borrower_deceased", "self_harm"])
def test_no_robot_rings_the_bereaved_or_whoever_is_in_danger(rule: str) -> None:
    held = replace(FREE, holds=(Hold(rule),))
    for purpose in Purpose:
        is_kept = purpose in (Purpose.CARE, Purpose.ANSWER)
        assert may_call(POLICY, held, purpose, now=MONDAY_TEN).is_allowed is is_kept, purpose
    assert may_call(POLICY, replace(held, by_robot=False), Purpose.FOLLOWUP, now=MONDAY_TEN).is_allowed
    assert may_call(POLICY, replace(FREE, holds=(Hold("illness"),)), Purpose.FOLLOWUP, now=MONDAY_TEN).is_allowed


def test_an_expired_hold_does_not_stop() -> None:
    facts = replace(FREE, holds=(Hold("illness", MONDAY_TEN),))
    assert may_call(POLICY, facts, Purpose.COLLECTION, now=MONDAY_TEN).is_allowed


@pytest.mark.parametrize("purpose", [Purpose.CARE, Purpose.ANSWER, Purpose.REQUESTED_BY_BORROWER])
def test_a_hold_never_stops_care(purpose: Purpose) -> None:
    facts = replace(FREE, holds=(Hold("self_harm"),), connected_today=3, by_robot=False)
    assert may_call(POLICY, facts, purpose, now=MONDAY_TEN).is_allowed


def test_a_requested_call_by_a_person_passes_the_stop_on_robots() -> None:
    facts = replace(FREE, is_robot_stopped=True, is_all_stopped=True, by_robot=False)
    assert may_call(POLICY, facts, Purpose.REQUESTED_BY_BORROWER, now=MONDAY_TEN).is_allowed
    assert not may_call(POLICY, facts, Purpose.COLLECTION, now=MONDAY_TEN).is_allowed


@pytest.mark.parametrize(
    ("hour", "minute", "purpose", "is_allowed"),
    [
        (8, 59, Purpose.COLLECTION, False),
        (9, 0, Purpose.COLLECTION, True),
        (19, 59, Purpose.COLLECTION, True),
        (20, 0, Purpose.COLLECTION, False),
        (23, 0, Purpose.COLLECTION, False),
        (12, 30, Purpose.COLLECTION, True),
        (12, 30, Purpose.FOLLOWUP, False),
        (14, 0, Purpose.FOLLOWUP, True),
        (3, 0, Purpose.CARE, False),
        (3, 0, Purpose.REQUESTED_BY_BORROWER, True),
    ],
)
def test_hours(hour: int, minute: int, purpose: Purpose, is_allowed: bool) -> None:
    now = MONDAY_TEN.replace(hour=hour, minute=minute)
    assert may_call(POLICY, FREE, purpose, now=now).is_allowed is is_allowed


def test_a_refusal_by_hours_names_the_next_opening() -> None:
    verdict = may_call(POLICY, FREE, Purpose.COLLECTION, now=MONDAY_TEN.replace(hour=21))
    assert verdict.not_before == MONDAY_TEN.replace(hour=9) + timedelta(days=1)


def test_a_cap_opens_tomorrow_morning() -> None:
    verdict = may_call(POLICY, replace(FREE, dialled_today=4), Purpose.COLLECTION, now=MONDAY_TEN)
    assert verdict.not_before == MONDAY_TEN.replace(hour=9) + timedelta(days=1)


_instants = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))


@given(
    now=_instants,
    purpose=st.sampled_from(list(Purpose)),
    counts=st.tuples(*[st.integers(0, 7)] * 5),
    ago_min=st.none() | st.integers(0, 3000),
)
def test_no_dunning_outside_hours_or_caps_and_every_not_before_is_lawful_by_the_clock(
    now: datetime, purpose: Purpose, counts: tuple[int, ...], ago_min: int | None
) -> None:
    last = None if ago_min is None else now - timedelta(minutes=ago_min)
    facts = replace(
        FREE,
        dialled_today=counts[0],
        connected_today=counts[1],
        unanswered_number_today=counts[2],
        connected_7d=counts[3],
        followup_connected_30d=counts[4],
        last_connected_at=last,
    )
    verdict = may_call(POLICY, facts, purpose, now=now)
    local = now.astimezone(SHANGHAI)
    if verdict.is_allowed and purpose in CAPPED:
        assert 9 <= local.hour < 20
        assert counts[1] < 3
        assert counts[2] < 6
    if verdict.not_before is not None:
        assert verdict.not_before >= now
        fresh = may_call(POLICY, FREE, purpose, now=verdict.not_before)
        assert fresh.is_allowed


@pytest.mark.parametrize(("minute", "is_allowed"), [(39, True), (40, False), (59, False)])
def test_a_call_that_could_last_into_the_quiet_hours_is_not_begun(minute: int, is_allowed: bool) -> None:
    policy = read_policy(TEXT.replace('["09:00-20:00"]', '["09:00-22:00"]'))
    now = MONDAY_TEN.replace(hour=21, minute=minute)
    assert may_call(policy, FREE, Purpose.COLLECTION, now=now).is_allowed is is_allowed
    assert may_call(policy, FREE, Purpose.REQUESTED_BY_BORROWER, now=now).is_allowed


def test_the_gate_and_the_carrier_agree_how_long_a_call_may_last() -> None:
    assert timedelta(seconds=rest.RING_S + rest.MAX_CALL_S) == LONGEST_CALL


def test_every_rule_of_the_file_becomes_the_policys() -> None:
    assert set(POLICY.sources) == {*_COUNTS, *_WINDOWS, "collection_block"}


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        may_call(POLICY, FREE, Purpose.CARE, now=datetime(2026, 11, 23))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("connected_per_day: {value: 1,", "connected_per_day: {value: 4,", "connected_per_day：4 超过法定上限 3"),
        ("number_per_day: {value: 2,", "number_per_day: {value: 7,", "unanswered_per_number_per_day：7 超过法定上限 6"),
        ("connected_per_day: {value: 1,", "connected_per_day: {value: 4, legal: 99,", "connected_per_day：不认识 legal"),
        ("connected_per_day: {value: 1,", "connected_per_day: {value: yes,", "connected_per_day：需要不小于 0 的整数"),
        ('["09:00-20:00"]', '["00:00-23:59"]', "collection_window：不得落入法定静默时段"),
        ('["09:00-20:00"]', '["09:00-20:00", "21:00-22:01"]', "collection_window：不得落入法定静默时段"),
        ('["09:00-20:00"]', '["20:00-09:00"]', "collection_window：不得落入法定静默时段"),
        ('["09:00-20:00"]', "[]", "collection_window：需要形如"),
        ('"09:00-12:00", ', '"07:59-12:00", ', "followup_window：不得落入法定静默时段"),
        ('"22:00-08:00"', '"22:00-07:59:30"', "collection_block：需要形如"),
        ('"22:00-08:00"', '"22:00-22:00"', "collection_block：需要形如"),
        ('"22:00-08:00"', '"20:30-09:30"', "collection_window：09:00-20:00 与静默时段 collection_block 重叠"),
        ('"22:00-08:00"', '"22:00-13:00"', "followup_window：09:00-12:00 与静默时段 collection_block 重叠"),
        (
            "  dials_per_day:",
            "  recording_required: {value: false, source: 自定}\n  dials_per_day:",
            "recording_required：没有这条规则",
        ),
        ('country: "86"', 'country: "1"', "country：没有 1 的法定边界"),
        ("Asia/Shanghai", "America/New_York", "timezone：86 的时段按 Asia/Shanghai 计"),
        ("rules:", "rules: [", "不是合法的 YAML"),
        ("value: 4, source", "value: -4, source", "dials_per_day：需要不小于 0 的整数"),
        ('["09:00-20:00"]', '["nine"]', "collection_window：需要形如"),
        ('source: "自定：接通之后"', 'source: ""', "cooldown_connected_h：缺少出处"),
        ('"22:00-08:00"', '"23:00-08:00"', "collection_block：必须覆盖"),
        ("dials_per_day:", "dials_a_day:", "缺少规则 dials_per_day"),
        ("retention_days: {value: 1827", "retention_days: {value: 365", "retention_days：365 短于法定保存期 1827"),
        ("number_days: {value: 183", "number_days: {value: 29", "retention_wrong_number_days：29 短于法定保存期 30"),
    ],
)
def test_a_bad_policy_is_refused_with_its_fault(old: str, new: str, fault: str) -> None:
    assert old in TEXT
    with pytest.raises(BadPolicy, match=fault):
        read_policy(TEXT.replace(old, new, 1))
