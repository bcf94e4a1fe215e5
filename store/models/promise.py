"""Promises to pay and calls that a borrower asked for."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import BorrowerId, Code, Fen, Id, Table, Word
from store.words import PromiseState


class Promise(Table):
    """What was promised. `amount_fen` None: the whole of `due_fen`, which was due when it was made."""

    __tablename__ = "promise"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    loan_id: Mapped[Code | None] = mapped_column(ForeignKey("loan.id"))
    call_id: Mapped[Code | None] = mapped_column(ForeignKey("call.id"), index=True)
    pay_on: Mapped[date]
    amount_fen: Mapped[Fen | None]
    due_fen: Mapped[Fen | None]
    bound: Mapped[Code]
    state: Mapped[PromiseState] = mapped_column(Word(PromiseState))
    quote: Mapped[str]
    made_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    superseded_by: Mapped[Code | None]


class CallbackRequest(Table):
    """A call that the borrower asked for. `wanted_at` None: no time was named."""

    __tablename__ = "callback_request"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    call_id: Mapped[Code | None] = mapped_column(ForeignKey("call.id"))
    wanted_at: Mapped[datetime | None]
    by_person: Mapped[bool]
    quote: Mapped[str]
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
