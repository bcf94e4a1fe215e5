"""The one gate: may this borrower be called now, for this purpose? Decides; never dials. There is no way round it.

Asked when a call is scheduled and again in the second of dialling, for robot and person alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from kit.vocabulary import Purpose, Risk
from law.policy import LEGAL_MOST, Policy, Window

DUNNING = frozenset({Purpose.COLLECTION})
"""Purposes that ask for money: a hold stops them."""
NEVER_HELD = frozenset({Purpose.CARE, Purpose.ANSWER})
NO_ROBOT = frozenset({Risk.BORROWER_DECEASED.value, Risk.SELF_HARM.value})
"""Holds under which no robot calls about anything but care: a bereaved family, somebody in danger."""
LONGEST_CALL = timedelta(seconds=30 + 1_200)
"""Ringing and talking together, after which the carrier cuts the call: it must be over before the quiet hours begin."""
CAPPED = frozenset({Purpose.COLLECTION, Purpose.FOLLOWUP})
"""Purposes that we start ourselves: caps count them ("主动" in GB/T 45251-2025). At the moment for which the borrower asked
to be called, of caps and cooldowns only what the law itself sets holds; all else holds as ever."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop on dunning. `until` None means until it is resolved.

    `is_elsewhere`: it was put on another row of the person, or on somebody else at the number; it binds all the same.
    """

    rule: str
    until: datetime | None = None
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate must know of one person (all rows) and one number (all names). Counts include unsettled attempts.

    `country` is the number's calling code. Days, weeks and months are local to the policy's zone; a week is 7 days back,
    a month 30.
    """

    country: str
    by_robot: bool = True
    dialled_today: int = 0
    connected_today: int = 0
    unanswered_number_today: int = 0
    connected_7d: int = 0
    followup_connected_30d: int = 0
    last_connected_at: datetime | None = None
    last_unanswered_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    is_robot_stopped: bool = False
    is_all_stopped: bool = False
    is_number_locked: bool = False
    is_settled: bool = False
    promised_until: datetime | None = None
    is_requested: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `rule` names what decided; `not_before` when asking again may help; None with a refusal means never."""

    is_allowed: bool
    rule: str
    reason: str
    policy_digest: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    rule: str
    reason: str
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    policy: Policy
    facts: GateFacts
    purpose: Purpose
    now: datetime


def may_call(policy: Policy, facts: GateFacts, purpose: Purpose, *, now: datetime) -> Verdict:
    """The verdict for a call placed at `now` (aware). The first rule that refuses decides."""
    if now.tzinfo is None:
        raise ValueError("the gate needs an aware instant")
    case = _Case(policy, facts, purpose, now)
    refusal = next((found for rule in _RULES for found in rule(case)), None)
    if refusal is None:
        return Verdict(True, "allowed", "可以拨打", policy.digest)
    not_before = _inside_hours(case, refusal.not_before) if refusal.not_before else None
    return Verdict(False, refusal.rule, refusal.reason, policy.digest, not_before)


def _country(case: _Case) -> Iterator[_Refusal]:
    if case.facts.country != case.policy.country:
        yield _Refusal("country", "号码所在国家或地区没有合规策略")


def _number(case: _Case) -> Iterator[_Refusal]:
    if case.facts.is_number_locked:
        yield _Refusal("number_lock", "号码已锁定：机主不是借款人，核实前不得拨打")


def _stopped(case: _Case) -> Iterator[_Refusal]:
    if case.purpose is Purpose.REQUESTED_BY_BORROWER and not case.facts.by_robot:
        return
    if case.facts.is_all_stopped:
        yield _Refusal("do_not_call", "借款人或同一号码的人要求停止一切来电")
    if case.facts.by_robot and case.facts.is_robot_stopped:
        yield _Refusal("do_not_call_robot", "借款人或同一号码的人要求停止自动来电，只能人工或书面联系")


def _held(case: _Case) -> Iterator[_Refusal]:
    is_dunning = case.purpose in DUNNING
    is_robot = case.facts.by_robot and case.purpose not in NEVER_HELD
    for hold in case.facts.holds:
        if not (is_dunning or (is_robot and hold.rule in NO_ROBOT)):
            continue
        whose = "（同一号码或同一人的另一条记录）" if hold.is_elsewhere else ""
        if hold.until is None:
            yield _Refusal(f"hold:{hold.rule}", f"已暂停催收，待处理完毕{whose}")
        elif hold.until > case.now:
            yield _Refusal(f"hold:{hold.rule}", f"已暂停催收至指定日期{whose}", hold.until)


def _owed(case: _Case) -> Iterator[_Refusal]:
    if case.purpose not in DUNNING:
        return
    if case.facts.is_settled:
        yield _Refusal("settled", "款项已结清")
    if case.facts.promised_until and case.facts.promised_until > case.now:
        yield _Refusal("promise", "已承诺还款，承诺日次日前不再催收", case.facts.promised_until)


def _hours(case: _Case) -> Iterator[_Refusal]:
    if not _may_ring(case, case.now):
        yield _Refusal("hours", "不在允许拨打的时段", case.now)


def _most(case: _Case, rule: str) -> float:
    """The cap of a rule; for the call that the borrower asked for only the law's own."""
    return LEGAL_MOST.get(rule, math.inf) if case.facts.is_requested else float(getattr(case.policy, rule))


def _caps(case: _Case) -> Iterator[_Refusal]:
    if case.purpose not in CAPPED:
        return
    facts, most = case.facts, partial(_most, case)
    tomorrow = _midnight_after(case, 1)
    if facts.connected_today >= most("connected_per_day"):
        yield _Refusal("connected_per_day", "今日接通次数已达上限", tomorrow)
    if facts.unanswered_number_today >= most("unanswered_per_number_per_day"):
        yield _Refusal("unanswered_per_number_per_day", "今日该号码未接次数已达上限", tomorrow)
    if facts.dialled_today >= most("dials_per_day"):
        yield _Refusal("dials_per_day", "今日拨打次数已达上限", tomorrow)
    if facts.connected_7d >= most("connected_per_week"):
        yield _Refusal("connected_per_week", "七日内接通次数已达上限", tomorrow)
    if case.purpose is Purpose.FOLLOWUP and facts.followup_connected_30d >= most("followup_connected_per_month"):
        yield _Refusal("followup_connected_per_month", "三十日内回访接通次数已达上限", tomorrow)


def _cooldowns(case: _Case) -> Iterator[_Refusal]:
    if case.purpose not in CAPPED or case.facts.is_requested:
        return
    policy, facts = case.policy, case.facts
    if facts.last_connected_at:
        until = facts.last_connected_at + timedelta(hours=policy.cooldown_connected_h)
        if until > case.now:
            yield _Refusal("cooldown_connected", "接通后的间隔未到", until)
    if facts.last_unanswered_at:
        until = facts.last_unanswered_at + timedelta(minutes=policy.cooldown_unanswered_min)
        if until > case.now:
            yield _Refusal("cooldown_unanswered", "未接后的间隔未到", until)


_RULES: tuple[Callable[[_Case], Iterator[_Refusal]], ...] = (
    _country,
    _number,
    _stopped,
    _owed,
    _held,
    _caps,
    _cooldowns,
    _hours,
)


def _may_ring(case: _Case, moment: datetime) -> bool:
    if case.purpose is Purpose.REQUESTED_BY_BORROWER:
        return True
    local, ended = (one.astimezone(case.policy.zone).time() for one in (moment, moment + LONGEST_CALL))
    if case.policy.collection_block.holds(local) or case.policy.collection_block.holds(ended):
        return False
    return any(window.holds(local) for window in _windows(case))


def _windows(case: _Case) -> tuple[Window, ...]:
    if case.purpose is Purpose.FOLLOWUP:
        return case.policy.followup_windows
    return case.policy.collection_windows


def _inside_hours(case: _Case, moment: datetime) -> datetime:
    """The first instant from `moment` on at which the phone may ring."""
    if _may_ring(case, moment):
        return moment
    local = moment.astimezone(case.policy.zone)
    openings = sorted(
        start
        for day in (0, 1)
        for window in _windows(case)
        if (start := datetime.combine(local.date() + timedelta(days=day), window.start, case.policy.zone)) > local
    )
    return openings[0].astimezone(moment.tzinfo) if openings else moment


def _midnight_after(case: _Case, days: int) -> datetime:
    local = case.now.astimezone(case.policy.zone)
    midnight = datetime.combine(local.date() + timedelta(days=days), time.min, case.policy.zone)
    return midnight.astimezone(case.now.tzinfo)
