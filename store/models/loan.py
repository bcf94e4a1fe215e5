"""Loans: what is due, as the lender's list said it on `as_of_on`."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import BorrowerId, Code, Fen, Id, Short, Table


class Loan(Table):
    """One loan. `overdue_days` as imported, true on `as_of_on`. `settled_at`: nothing is due any more."""

    __tablename__ = "loan"

    id: Mapped[Id]
    loan_no: Mapped[Code] = mapped_column(unique=True)
    borrower_id: Mapped[BorrowerId]
    amount_due_fen: Mapped[Fen]
    due_on: Mapped[date]
    overdue_days: Mapped[int]
    as_of_on: Mapped[date]
    vehicle: Mapped[Short | None]
    plate_tail: Mapped[Code | None]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
