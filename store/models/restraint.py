"""What stops calls: holds on a borrower, do-not-call wishes, locks on a number. Nothing is deleted; it is lifted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import BorrowerId, Code, Digest, Id, Short, Table, Word
from store.words import DoNotCallScope


class Hold(Table):
    """Nobody duns this borrower. `until_at` None: until somebody lifts it. `lift_by`: who may (manager, or anyone)."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_open", "borrower_id", "lifted_at"),)

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    rule: Mapped[Code]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    is_permanent: Mapped[bool]
    lift_by: Mapped[Code]
    case_id: Mapped[Code | None] = mapped_column(ForeignKey("case.id"), index=True)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[Code | None]
    """Who lifted it, or, where a sign-off was needed, who signed it off: it then ends on its day."""

    @property
    def needs_sign_off(self) -> bool:
        """Whether it binds beyond its day until somebody who may lifts it or signs it off."""
        return bool(self.lift_by) and self.lifted_by is None


class DoNotCall(Table):
    """The borrower wants no more calls: by the robot, or at all."""

    __tablename__ = "do_not_call"

    id: Mapped[Id]
    borrower_id: Mapped[BorrowerId]
    scope: Mapped[DoNotCallScope] = mapped_column(Word(DoNotCallScope))
    call_id: Mapped[Code | None] = mapped_column(ForeignKey("call.id"))
    quote: Mapped[str]
    since_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[Code | None]


class NumberLock(Table):
    """A number that belongs to somebody else: not dialled for anybody until re-verified."""

    __tablename__ = "number_lock"

    id: Mapped[Id]
    number_digest: Mapped[Digest] = mapped_column(index=True)
    reason: Mapped[Short]
    call_id: Mapped[Code | None] = mapped_column(ForeignKey("call.id"))
    since_at: Mapped[datetime]
    reverified_at: Mapped[datetime | None]
    reverified_by: Mapped[Code | None]
