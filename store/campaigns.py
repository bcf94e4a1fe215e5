"""Questions about campaigns and what their lists refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kit.ids import new_id
from kit.vocabulary import Purpose
from store import ledger
from store.models import Campaign, Reject
from store.words import FINAL_CAMPAIGNS, CampaignState


class NameTaken(ValueError):
    """There is a campaign of this name."""


class IllegalStep(ValueError):
    """The campaign cannot go from its state to the wanted one."""


_STEPS: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.STOPPED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.DONE, CampaignState.STOPPED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.STOPPED}),
    CampaignState.DONE: frozenset(),
    CampaignState.STOPPED: frozenset(),
}


def create(session: Session, name: str, *, script_id: str, purpose: Purpose, now: datetime) -> Campaign:
    """A draft. Raises NameTaken."""
    if by_name(session, name) is not None:
        raise NameTaken(name)
    campaign = Campaign(
        id=new_id("campaign"), name=name, script_id=script_id, purpose=purpose, state=CampaignState.DRAFT, created_at=now
    )
    session.add(campaign)
    session.flush()
    ledger.append(session, "campaign.created", campaign.id, {"script": script_id, "purpose": purpose.value}, now=now)
    return campaign


def by_name(session: Session, name: str) -> Campaign | None:
    return session.scalars(select(Campaign).where(Campaign.name == name)).one_or_none()


def get(session: Session, campaign_id: str) -> Campaign:
    """Raises LookupError when there is none."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise LookupError("no such campaign")
    return campaign


def every(session: Session) -> Sequence[Campaign]:
    """All campaigns, the newest first."""
    return session.scalars(select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())).all()


def running(session: Session) -> Sequence[Campaign]:
    return session.scalars(select(Campaign).where(Campaign.state == CampaignState.RUNNING).order_by(Campaign.id)).all()


def keep_running(session: Session, campaign_id: str) -> bool:
    """Whether the campaign runs; if so, nobody pauses or stops it until this transaction ends."""
    query = select(Campaign.state).where(Campaign.id == campaign_id).with_for_update(read=True)
    return session.scalar(query) is CampaignState.RUNNING


def step(session: Session, campaign_id: str, to: CampaignState, *, now: datetime, script_digest: str | None = None) -> Campaign:
    """Move the campaign. `script_digest` is fixed by the first start. Raises IllegalStep."""
    campaign = session.scalars(select(Campaign).where(Campaign.id == campaign_id).with_for_update()).one()
    if to not in _STEPS[campaign.state]:
        raise IllegalStep(f"{campaign.state} -> {to}")
    ledger.append(session, "campaign.moved", campaign.id, {"from": campaign.state.value, "to": to.value}, now=now)
    campaign.state = to
    if to is CampaignState.RUNNING:
        campaign.started_at = campaign.started_at or now
        campaign.script_digest = campaign.script_digest or script_digest
    if to in FINAL_CAMPAIGNS:
        campaign.ended_at = now
    session.flush()
    return campaign


def add_reject(
    session: Session, campaign_id: str, *, source: str, line_no: int, field: str, reason: str, now: datetime
) -> None:
    """Note a refused row: never its values."""
    session.add(
        Reject(
            id=new_id("reject"),
            campaign_id=campaign_id,
            source=source,
            line_no=line_no,
            field=field,
            reason=reason,
            made_at=now,
        )
    )
