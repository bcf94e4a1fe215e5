"""Cases that people must finish, and every move made on them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import BorrowerId, Code, Id, Table


class Case(Table):
    """Something for a person. `state` is a word of desk.cases; `closed_at` tells the store that nothing is open."""

    __tablename__ = "case"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    call_id: Mapped[Code | None] = mapped_column(ForeignKey("call.id"), index=True)
    kind: Mapped[Code]
    risk: Mapped[Code | None]
    severity: Mapped[int] = mapped_column(index=True)
    state: Mapped[Code] = mapped_column(index=True)
    owner: Mapped[Code | None]
    quote: Mapped[str]
    why: Mapped[str]
    what_to_do: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CaseEntry(Table):
    """One move, kept for ever."""

    __tablename__ = "case_entry"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"),)

    id: Mapped[Id]
    case_id: Mapped[Code] = mapped_column(ForeignKey("case.id"))
    ordinal: Mapped[int]
    at: Mapped[datetime]
    by: Mapped[Code]
    action: Mapped[Code]
    from_state: Mapped[Code | None]
    to_state: Mapped[Code]
    note: Mapped[str]
