"""Questions about borrowers and their loans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from kit.ids import new_id
from store.models import Borrower, Loan
from store.session import store_of


@dataclass(frozen=True, slots=True)
class ListedLoan:
    """One good row of a lender's list. `phone_e164` is already E.164; `as_of_on` is the day on which the list was true."""

    name: str
    phone_e164: str
    id_last4: str
    loan_no: str
    amount_due_fen: int
    due_on: date
    overdue_days: int
    as_of_on: date
    vehicle: str | None = None
    plate_tail: str | None = None
    birth_md: str = ""
    external_ref: str | None = None


def get(session: Session, borrower_id: str) -> Borrower:
    """Raises LookupError when there is none."""
    borrower = session.get(Borrower, borrower_id)
    if borrower is None:
        raise LookupError("no such borrower")
    return borrower


def loan(session: Session, loan_id: str) -> Loan:
    """Raises LookupError when there is none."""
    found = session.get(Loan, loan_id)
    if found is None:
        raise LookupError("no such loan")
    return found


def lock(session: Session, borrower_id: str) -> Borrower:
    """The borrower, kept from other writers until the transaction ends: what is checked stays true until it is acted on."""
    found = session.scalars(select(Borrower).where(Borrower.id == borrower_id).with_for_update()).one_or_none()
    if found is None:
        raise LookupError("no such borrower")
    return found


def same_person(session: Session, borrower: Borrower) -> frozenset[str]:
    """Ids of all rows that mean this person: what one list knows of the identity card another may miss or mistype.

    The same name and last four digits at any number, or the same name at the same number; the borrower's own included.
    """
    namesakes = select(Borrower.id).where(Borrower.name == borrower.name)
    found = set(session.scalars(namesakes.where(Borrower.number_digest == borrower.number_digest)))
    if borrower.id_last4:
        found.update(session.scalars(namesakes.where(Borrower.id_last4 == borrower.id_last4)))
    return frozenset(found | {borrower.id})


def bound_together(session: Session, borrower: Borrower, person: frozenset[str]) -> frozenset[str]:
    """Ids of all rows whose wishes and holds bind a call to this borrower; `person` as `same_person` gave it.

    Everybody listed at the number, and these people's rows at other numbers: who rings this number rings all of them.
    """
    here = aliased(Borrower)
    is_same = and_(Borrower.name == here.name, Borrower.id_last4 == here.id_last4, here.id_last4 != "")
    elsewhere = select(Borrower.id).join(here, is_same).where(here.number_digest == borrower.number_digest)
    return person | listed_at(session, borrower.number_digest) | set(session.scalars(elsewhere))


def listed_at(session: Session, number_digest: str) -> frozenset[str]:
    """Ids of all rows that name this number."""
    return frozenset(session.scalars(select(Borrower.id).where(Borrower.number_digest == number_digest)))


def put(session: Session, row: ListedLoan, *, now: datetime) -> tuple[Borrower, Loan]:
    """The borrower and loan of the row, added or brought up to date. Raises LoanOfAnother."""
    borrower = _put_borrower(session, row, now)
    found = session.scalars(select(Loan).where(Loan.loan_no == row.loan_no)).one_or_none()
    if found is None:
        found = Loan(id=new_id("loan"), loan_no=row.loan_no, borrower_id=borrower.id, created_at=now)
        session.add(found)
    elif found.borrower_id != borrower.id:
        raise LoanOfAnother("贷款编号已属于另一位客户")
    _bring_up_to_date(found, row, now)
    session.flush()
    return borrower, found


class LoanOfAnother(ValueError):
    """The list gives a loan to another borrower than the one who has it. The message carries no personal value."""


def _bring_up_to_date(found: Loan, row: ListedLoan, now: datetime) -> None:
    found.amount_due_fen = row.amount_due_fen
    found.due_on = row.due_on
    found.overdue_days = row.overdue_days
    found.as_of_on = row.as_of_on
    found.vehicle = row.vehicle or found.vehicle
    found.plate_tail = row.plate_tail or found.plate_tail
    found.updated_at = now


def _put_borrower(session: Session, row: ListedLoan, now: datetime) -> Borrower:
    found = _listed_before(session, row)
    if found is None:
        found = Borrower(
            id=new_id("borrower"),
            name=row.name,
            phone_e164=row.phone_e164,
            number_digest=store_of(session).digest(row.phone_e164),
            id_last4=row.id_last4,
            birth_md=row.birth_md,
            external_ref=row.external_ref,
            created_at=now,
            updated_at=now,
        )
        session.add(found)
        session.flush()
    return found


def _listed_before(session: Session, row: ListedLoan) -> Borrower | None:
    """The person of this name, number and identity card; a list may know the last four digits where another did not."""
    named = select(Borrower).where(Borrower.phone_e164 == row.phone_e164, Borrower.name == row.name)
    found = session.scalars(named.order_by(Borrower.created_at)).all()
    same = next((one for one in found if one.id_last4 == row.id_last4), None)
    if same is None and not row.id_last4 and len(found) == 1:
        return found[0]
    unknown = next((one for one in found if not one.id_last4), None)
    if same is None and unknown is not None:
        unknown.id_last4 = row.id_last4
        return unknown
    return same
