"""Campaigns, their targets, and the import rows that were refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.vocabulary import Outcome, Purpose
from store.models.base import BorrowerId, Code, Digest, Id, Short, Table, Word
from store.words import CampaignState, TargetState


class Campaign(Table):
    """A batch of borrowers and the script that they hear. `script_digest` is fixed when it starts."""

    __tablename__ = "campaign"

    id: Mapped[Id]
    name: Mapped[Short] = mapped_column(unique=True)
    script_id: Mapped[Code]
    script_digest: Mapped[Digest | None]
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose))
    state: Mapped[CampaignState] = mapped_column(Word(CampaignState))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Target(Table):
    """One borrower and loan in one campaign. A lease is a compare-and-set on `state`, `lease_owner`, `lease_until`.

    `prepared_at`: the prompts are rendered; nothing is leased before.
    """

    __tablename__ = "target"
    __table_args__ = (
        UniqueConstraint("campaign_id", "borrower_id", "loan_id"),
        Index("ix_target_due", "campaign_id", "state", "next_try_at"),
    )

    id: Mapped[Id]
    campaign_id: Mapped[Code] = mapped_column(ForeignKey("campaign.id"))
    borrower_id: Mapped[BorrowerId]
    loan_id: Mapped[Code | None] = mapped_column(ForeignKey("loan.id"))
    state: Mapped[TargetState] = mapped_column(Word(TargetState))
    lease_owner: Mapped[Code | None]
    lease_until: Mapped[datetime | None]
    prepared_at: Mapped[datetime | None]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    last_outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    blocked_rule: Mapped[Code | None]
    blocked_reason: Mapped[Short | None]


class Reject(Table):
    """A row of an imported list that was refused. `field` and `reason` only: the row's values are not kept."""

    __tablename__ = "reject"

    id: Mapped[Id]
    campaign_id: Mapped[Code] = mapped_column(ForeignKey("campaign.id"), index=True)
    source: Mapped[Short]
    line_no: Mapped[int]
    field: Mapped[Code]
    reason: Mapped[Short]
    made_at: Mapped[datetime]
