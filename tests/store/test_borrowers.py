"""One person is one row, whichever list knew the last four digits."""

from __future__ import annotations

from store import borrowers
from store.models import Borrower
from store.session import Store
from tests.store import cast


def people(store: Store) -> list[str]:
    with store.reading() as session:
        return [one.id_last4 for one in session.query(Borrower).order_by(Borrower.created_at, Borrower.id)]


def put(store: Store, last4: str) -> Borrower:
    with store.transaction() as session:
        return borrowers.put(session, cast.listed(1, id_last4=last4), now=store.clock.now())[0]


def test_a_later_list_fills_in_the_last_four_digits(store: Store) -> None:
    assert put(store, "").id == put(store, "1234").id
    assert people(store) == ["1234"]


def test_a_list_without_them_means_the_one_person_who_is_known(store: Store) -> None:
    assert put(store, "1234").id == put(store, "").id
    assert people(store) == ["1234"]


def test_namesakes_at_one_number_stay_apart(store: Store) -> None:
    first = put(store, "1234")
    with store.transaction() as session:
        second = borrowers.put(session, cast.listed(1, id_last4="5678", loan_no="LN2"), now=store.clock.now())[0]
        third = borrowers.put(session, cast.listed(1, id_last4="", loan_no="LN3"), now=store.clock.now())[0]
    assert len({first.id, second.id, third.id}) == 3, "of two it is not known which is meant"
