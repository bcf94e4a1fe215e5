"""Questions about targets: one borrower in one campaign. The lease is a compare-and-set; a lost lease changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, func, select, update
from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.vocabulary import Outcome
from store import ledger
from store.models import Attempt, Campaign, Target
from store.words import FINAL_ATTEMPTS, FINAL_CAMPAIGNS, CampaignState, TargetState


def add(session: Session, campaign_id: str, *, borrower_id: str, loan_id: str | None, now: datetime) -> Target | None:
    """A new target, waiting; None when this borrower and loan already are in the campaign."""
    found = session.scalars(
        select(Target).where(Target.campaign_id == campaign_id, Target.borrower_id == borrower_id, Target.loan_id == loan_id)
    ).one_or_none()
    if found is not None:
        return None
    target = Target(
        id=new_id("target"),
        campaign_id=campaign_id,
        borrower_id=borrower_id,
        loan_id=loan_id,
        state=TargetState.WAITING,
        next_try_at=now,
        tries=0,
    )
    session.add(target)
    session.flush()
    return target


def of_campaign(session: Session, campaign_id: str) -> Sequence[Target]:
    return session.scalars(select(Target).where(Target.campaign_id == campaign_id).order_by(Target.id)).all()


def get(session: Session, target_id: str) -> Target:
    """Raises LookupError when there is none."""
    found = session.get(Target, target_id)
    if found is None:
        raise LookupError("no such target")
    return found


def unprepared(session: Session, campaign_id: str, *, now: datetime, limit: int = 100) -> Sequence[Target]:
    """Targets whose prompts are to be rendered now."""
    query = select(Target).where(*_unprepared(campaign_id, now))
    return session.scalars(query.order_by(Target.next_try_at, Target.id).limit(limit)).all()


def count_unprepared(session: Session, campaign_id: str, *, now: datetime) -> int:
    """How many targets' prompts are to be rendered now."""
    return session.scalar(select(func.count()).select_from(Target).where(*_unprepared(campaign_id, now))) or 0


def _unprepared(campaign_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_waiting = (Target.campaign_id == campaign_id, Target.state == TargetState.WAITING)
    return (*is_waiting, Target.prepared_at.is_(None), Target.next_try_at <= now)


def mark_prepared(session: Session, target_id: str, *, now: datetime) -> None:
    get(session, target_id).prepared_at = now


def postpone(session: Session, target_id: str, *, until: datetime, rule: str, reason: str) -> bool:
    """The law says later: a target that waits is not due before."""
    change = (
        update(Target)
        .where(Target.id == target_id, Target.state == TargetState.WAITING)
        .values(next_try_at=until, blocked_rule=rule, blocked_reason=reason)
    )
    return _changed_one(session, change)


def due(session: Session, campaign_id: str, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of targets that may be leased now: prepared, waiting, their time has come. The longest waiting first."""
    query = select(Target.id).where(
        Target.campaign_id == campaign_id,
        Target.state == TargetState.WAITING,
        Target.prepared_at.is_not(None),
        Target.next_try_at <= now,
    )
    return session.scalars(query.order_by(Target.next_try_at, Target.id).limit(limit)).all()


def lease(session: Session, target_id: str, *, owner: str, now: datetime, for_s: float) -> bool:
    """Take the target if nobody else did and its campaign runs: one of many callers gets True."""
    is_running = select(Campaign.id).where(Campaign.id == Target.campaign_id, Campaign.state == CampaignState.RUNNING)
    change = (
        update(Target)
        .where(Target.id == target_id, Target.state == TargetState.WAITING, Target.next_try_at <= now)
        .where(is_running.exists())
        .values(state=TargetState.LEASED, lease_owner=owner, lease_until=now + timedelta(seconds=for_s))
    )
    return _changed_one(session, change)


def release(session: Session, target_id: str, *, owner: str, next_try_at: datetime, reason: str = "", rule: str = "") -> bool:
    """Give a lease back unused (law says later, no seat): only its owner can, and only before an attempt was made."""
    change = (
        update(Target)
        .where(Target.id == target_id, Target.state == TargetState.LEASED, Target.lease_owner == owner)
        .values(
            state=TargetState.WAITING,
            lease_owner=None,
            lease_until=None,
            next_try_at=next_try_at,
            blocked_rule=rule or None,
            blocked_reason=reason or None,
        )
    )
    return _changed_one(session, change)


def prepare_anew(session: Session, target_id: str, *, owner: str) -> bool:
    """Give a lease back for want of prompts: what is to be said today was not rendered."""
    change = (
        update(Target)
        .where(Target.id == target_id, Target.state == TargetState.LEASED, Target.lease_owner == owner)
        .values(**_ANEW, lease_owner=None, lease_until=None)
    )
    return _changed_one(session, change)


def block(session: Session, target_id: str, *, rule: str, reason: str) -> bool:
    """The law forbids this target for good: no further try in this campaign."""
    change = (
        update(Target)
        .where(Target.id == target_id, Target.state.in_((TargetState.WAITING, TargetState.LEASED)))
        .values(state=TargetState.BLOCKED, lease_owner=None, lease_until=None, blocked_rule=rule, blocked_reason=reason[:255])
    )
    return _changed_one(session, change)


def unblock(session: Session, campaign_id: str, *, borrower_id: str, loan_id: str | None, rule: str) -> bool:
    """What blocked the target under this rule may be gone: it waits again, to be prepared anew."""
    change = (
        update(Target)
        .where(Target.campaign_id == campaign_id, Target.borrower_id == borrower_id, Target.loan_id == loan_id)
        .where(Target.state == TargetState.BLOCKED, Target.blocked_rule == rule)
        .values(**_ANEW)
    )
    return _changed_one(session, change)


def unblock_all(session: Session, borrower_ids: Collection[str], *, rule: str) -> int:
    """What blocked these borrowers under this rule was lifted: where the campaign is not over they wait again; how many.

    The law is asked anew before any of them is dialled.
    """
    is_open = select(Campaign.id).where(Campaign.id == Target.campaign_id, Campaign.state.not_in(FINAL_CAMPAIGNS))
    change = (
        update(Target)
        .where(Target.borrower_id.in_(borrower_ids), Target.state == TargetState.BLOCKED, Target.blocked_rule == rule)
        .where(is_open.exists())
        .values(**_ANEW)
    )
    return cast("CursorResult[object]", session.execute(change)).rowcount


_ANEW: dict[str, Any] = {"state": TargetState.WAITING, "prepared_at": None, "blocked_rule": None, "blocked_reason": None}


def expire_leases(session: Session, *, now: datetime) -> int:
    """Targets whose lease ran out before an attempt was made go back to waiting; how many.

    Nothing was dialled: an attempt is written under a valid lease only (attempts.intend), and it moves the target to
    CALLING. Targets that are CALLING are settled through their attempt, which never goes back.
    """
    change = (
        update(Target)
        .where(Target.state == TargetState.LEASED, Target.lease_until < now)
        .values(state=TargetState.WAITING, lease_owner=None, lease_until=None)
    )
    return cast("CursorResult[object]", session.execute(change)).rowcount


def settle(session: Session, attempt_id: str, *, outcome: Outcome, next_try_at: datetime | None, now: datetime) -> bool:
    """Close the books on an attempt: its target is done, or waits for `next_try_at`. Once only: False when it was done."""
    attempt = session.scalars(select(Attempt).where(Attempt.id == attempt_id).with_for_update()).one()
    if attempt.settled_at is not None or attempt.state not in FINAL_ATTEMPTS:
        return False
    attempt.settled_at = now
    attempt.outcome = attempt.outcome or outcome
    if attempt.target_id is not None:
        found = get(session, attempt.target_id)
        found.last_outcome = outcome
        found.state = TargetState.DONE if next_try_at is None else TargetState.WAITING
        found.next_try_at = next_try_at or found.next_try_at
        found.lease_owner = found.lease_until = None
    ledger.append(
        session,
        "attempt.settled",
        attempt.id,
        {"outcome": outcome.value, "again": next_try_at.isoformat() if next_try_at else None},
        now=now,
    )
    session.flush()
    return True


def count_by_state(session: Session, campaign_id: str) -> dict[TargetState, int]:
    """How many targets are in each state; states that nobody is in are 0."""
    query = select(Target.state, func.count()).where(Target.campaign_id == campaign_id).group_by(Target.state)
    counted = dict(session.execute(query).all())
    return {state: counted.get(state, 0) for state in TargetState}


def _changed_one(session: Session, change: object) -> bool:
    result = cast("CursorResult[object]", session.execute(change))  # type: ignore[call-overload]
    return bool(result.rowcount == 1)
