"""Attempts: every try to reach a borrower, written down before the carrier is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.vocabulary import Outcome, Purpose
from store.models.base import BorrowerId, Code, Digest, Id, Table, Word
from store.words import AttemptState


class Attempt(Table):
    """One try. `verdict` is what law said, with the policy's digest. `settled_at`: its target was moved on."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("target_id", "attempt_no"),
        Index("ix_attempt_open", "state", "created_at"),
        Index("ix_attempt_number", "number_digest", "created_at"),
    )

    id: Mapped[Id]
    target_id: Mapped[Code | None] = mapped_column(ForeignKey("target.id"))
    campaign_id: Mapped[Code | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    borrower_id: Mapped[BorrowerId]
    attempt_no: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(Word(AttemptState))
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose))
    number_digest: Mapped[Digest]
    owner: Mapped[Code]
    verdict: Mapped[dict[str, Any]]
    carrier_sid: Mapped[Code | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    rang_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    answered_by: Mapped[Code | None]
    carrier_status: Mapped[Code | None]
    fault_code: Mapped[Code | None]
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))


class CallbackSeen(Table):
    """A callback of the carrier that was taken in: the key makes repetition visible."""

    __tablename__ = "callback_seen"

    source: Mapped[Code] = mapped_column(primary_key=True)
    key: Mapped[Digest] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
