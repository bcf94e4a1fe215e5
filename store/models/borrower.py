"""Borrowers: who may be called, on which number, and how they want it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import BorrowerId, Code, Digest, Id, Short, Table


class Borrower(Table):
    """A person who owes. `number_digest` is keyed: it outlives the number and names it in proofs and locks."""

    __tablename__ = "borrower"
    __table_args__ = (
        UniqueConstraint("phone_e164", "name", "id_last4"),
        Index("ix_borrower_name_id_last4", "name", "id_last4"),
    )

    id: Mapped[Id]
    external_ref: Mapped[Code | None]
    name: Mapped[Short]
    phone_e164: Mapped[Code]
    number_digest: Mapped[Digest] = mapped_column(index=True)
    id_last4: Mapped[Code]
    birth_md: Mapped[Code]
    pay_day: Mapped[int | None]
    prefers_hours: Mapped[Short | None]
    prefers_channel: Mapped[Code | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Preference(Table):
    """What a borrower asked for, every time anew; the borrower's row holds the latest."""

    __tablename__ = "preference"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    call_id: Mapped[Code | None]
    hours: Mapped[Short | None]
    channel: Mapped[Code | None]
    quote: Mapped[str]
    made_at: Mapped[datetime]


class Note(Table):
    """An answer worth keeping: topic and value, with the words that were said."""

    __tablename__ = "note"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    call_id: Mapped[Code | None]
    topic: Mapped[Code]
    value: Mapped[str]
    quote: Mapped[str]
    made_at: Mapped[datetime]
