"""Calls: facts that a call began with, its memory after each turn, its turns and its recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.vocabulary import HangUpReason, Outcome
from store.models.base import BorrowerId, CallId, Code, Digest, Id, Table, Word


class Call(Table):
    """The conversation of one attempt. `facts` is written by store.facts; `state` by store.calls.state_to_text.

    `erased_at`: its sound is deleted and its words are blanked (store.retention).
    """

    __tablename__ = "call"

    id: Mapped[Id]
    attempt_id: Mapped[Code] = mapped_column(ForeignKey("attempt.id"), unique=True)
    borrower_id: Mapped[BorrowerId]
    loan_id: Mapped[Code | None] = mapped_column(ForeignKey("loan.id"))
    script_id: Mapped[Code]
    script_digest: Mapped[Digest]
    facts: Mapped[dict[str, Any]]
    memory: Mapped[dict[str, Any] | None]
    state: Mapped[Code]
    agents_tried: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[Outcome | None] = mapped_column(Word(Outcome))
    hang_up_reason: Mapped[HangUpReason | None] = mapped_column(Word(HangUpReason))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class Turn(Table):
    """One exchange, in the order in which it was saved."""

    __tablename__ = "turn"
    __table_args__ = (UniqueConstraint("call_id", "ordinal"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    ordinal: Mapped[int]
    speaker: Mapped[Code]
    text: Mapped[str]
    step: Mapped[Code]
    started_s: Mapped[float]
    ended_s: Mapped[float]
    heard_whole: Mapped[bool]
    keys: Mapped[Code]
    meaning: Mapped[dict[str, Any] | None]
    confidence: Mapped[float | None]
    engine: Mapped[Code]
    saved_at: Mapped[datetime]


class TurnSave(Table):
    """A save that was done: its digest makes the same save, repeated, change nothing."""

    __tablename__ = "turn_save"

    call_id: Mapped[Code] = mapped_column(ForeignKey("call.id"), primary_key=True)
    digest: Mapped[Digest] = mapped_column(primary_key=True)
    saved_at: Mapped[datetime]


class RecordingPart(Table):
    """One part of a call's sound. A part without `closed_at` belongs to a lost worker; what it kept is readable."""

    __tablename__ = "recording_part"
    __table_args__ = (UniqueConstraint("call_id", "part_no"),)

    id: Mapped[Id]
    call_id: Mapped[CallId]
    part_no: Mapped[int]
    ref: Mapped[str]
    sha256: Mapped[Digest | None]
    frames: Mapped[int | None]
    started_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
