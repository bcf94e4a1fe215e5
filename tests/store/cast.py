"""Rows that tests begin with: a borrower with a loan, a campaign, a leased target, an attempt."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.phone import invented_mainland
from kit.vocabulary import Purpose
from store import attempts, borrowers, campaigns, targets
from store.attempts import Intention
from store.borrowers import ListedLoan
from store.models import Attempt, Borrower, Call, Campaign, Loan, Promise, Target
from store.session import Store
from store.words import CampaignState, PromiseState

OWNER = "dialler-1"


def listed(seed: int = 1, **changes: object) -> ListedLoan:
    values: dict[str, object] = {
        "name": f"王合作{seed}",
        "phone_e164": invented_mainland(seed),
        "id_last4": f"{1000 + seed}",
        "loan_no": f"LN{seed:06d}",
        "amount_due_fen": 320_000,
        "due_on": date(2026, 11, 20),
        "overdue_days": 3,
        "as_of_on": date(2026, 11, 23),
    }
    return ListedLoan(**(values | changes))  # type: ignore[arg-type]


def add_borrower(store: Store, seed: int = 1, **changes: object) -> tuple[Borrower, Loan]:
    with store.transaction() as session:
        return borrowers.put(session, listed(seed, **changes), now=store.clock.now())


def add_campaign(store: Store, name: str = "十一月逾期") -> Campaign:
    now = store.clock.now()
    with store.transaction() as session:
        campaign = campaigns.create(session, name, script_id="overdue", purpose=Purpose.COLLECTION, now=now)
        return campaigns.step(session, campaign.id, CampaignState.RUNNING, now=now, script_digest="d" * 64)


def add_target(store: Store, campaign: Campaign, borrower: Borrower, loan: Loan | None) -> Target:
    now = store.clock.now()
    with store.transaction() as session:
        target = targets.add(session, campaign.id, borrower_id=borrower.id, loan_id=loan.id if loan else None, now=now)
        assert target is not None
        targets.mark_prepared(session, target.id, now=now)
        return target


def add_promise(store: Store, borrower: Borrower, pay_on: date = date(2026, 11, 27)) -> None:
    with store.transaction() as session:
        session.add(
            Promise(
                id=new_id("promise"),
                borrower_id=borrower.id,
                pay_on=pay_on,
                bound="on",
                state=PromiseState.OPEN,
                quote="周五还",
                made_at=store.clock.now(),
            )
        )


def intention(purpose: Purpose = Purpose.COLLECTION) -> Intention:
    return Intention(
        purpose=purpose,
        verdict={"is_allowed": True, "rule": "allowed", "policy_digest": "p" * 64},
        script_id="overdue",
        script_digest="d" * 64,
        facts={"borrower_name": "王合作", "amount_fen": 320_000, "due_on": date(2026, 11, 20)},
        owner=OWNER,
    )


def dial(session: Session, target_id: str, *, now: datetime, purpose: Purpose = Purpose.COLLECTION) -> tuple[Attempt, Call]:
    assert targets.lease(session, target_id, owner=OWNER, now=now, for_s=60)
    return attempts.intend(session, target_id, intention(purpose), now=now)


def ready_call(store: Store, seed: int = 1, *, purpose: Purpose = Purpose.COLLECTION) -> tuple[Attempt, Call]:
    """A borrower whose attempt is written and whose call has not begun."""
    borrower, loan = add_borrower(store, seed)
    with store.reading() as session:
        campaign = campaigns.by_name(session, "十一月逾期")
    target = add_target(store, campaign or add_campaign(store), borrower, loan)
    with store.transaction() as session:
        return dial(session, target.id, now=store.clock.now(), purpose=purpose)
