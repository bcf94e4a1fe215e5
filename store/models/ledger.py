"""The ledger's two tables. Append-only: triggers made by the migration refuse UPDATE and DELETE."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped

from store.models.base import Code, Digest, Number, Serial, Table


class LedgerEntry(Table):
    """One fact. `subject` is a keyed digest, `payload` canonical JSON without personal values, `mac` keyed over all of it."""

    __tablename__ = "ledger_entry"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 -- SQLAlchemy reads it from the class

    number: Mapped[Serial]
    at: Mapped[datetime]
    what: Mapped[Code]
    subject: Mapped[Digest]
    payload: Mapped[str]
    mac: Mapped[Digest]


class LedgerSeal(Table):
    """One batch, chained: `digest` is keyed over the previous seal and every entry from `first` to `last`."""

    __tablename__ = "ledger_seal"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 -- SQLAlchemy reads it from the class

    number: Mapped[Serial]
    at: Mapped[datetime]
    first: Mapped[Number]
    last: Mapped[Number]
    count: Mapped[int]
    previous: Mapped[Digest]
    digest: Mapped[Digest]
