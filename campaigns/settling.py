"""Closes the books: every finished attempt gives its target an end or a next try. Dials nobody.

Asked by the dialler and by the sweep; whichever comes first settles.
"""

from __future__ import annotations

from datetime import datetime

from campaigns.retries import next_call_back, next_try
from kit.vocabulary import Outcome
from store import attempts, campaigns, promises, targets
from store.models import Attempt
from store.session import Session, Store
from store.words import CampaignState, TargetState


def settle_finished(store: Store, now: datetime) -> int:
    """Give every finished attempt's target its end or its next try, and close campaigns in which nothing is left to do.

    The number of targets moved.
    """
    with store.transaction() as session:
        moved = 0
        for attempt in attempts.unsettled(session):
            outcome = attempt.outcome or Outcome.UNKNOWN
            again = _again(session, attempt, outcome, now)
            moved += targets.settle(session, attempt.id, outcome=outcome, next_try_at=again, now=now)
        for campaign in campaigns.running(session):
            if not _is_open(targets.count_by_state(session, campaign.id)):
                campaigns.step(session, campaign.id, CampaignState.DONE, now=now)
    return moved


def _again(session: Session, attempt: Attempt, outcome: Outcome, now: datetime) -> datetime | None:
    """The target's next try. Who booked a call back is called when it was agreed, by the robot if nobody took it over."""
    if outcome is not Outcome.CALLBACK_BOOKED:
        return next_try(outcome, attempt.attempt_no, now)
    request = promises.robots_callback(session, attempts.call_of(session, attempt.id).id)
    booked = attempts.count_of_outcome(session, attempt.target_id, outcome)
    return next_call_back(request.wanted_at, booked, now) if request else None


def _is_open(counts: dict[TargetState, int]) -> bool:
    return any(counts[state] for state in (TargetState.WAITING, TargetState.LEASED, TargetState.CALLING))
