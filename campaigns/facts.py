"""What a call knows of a borrower and a loan before it begins. Reads; decides nothing."""

from __future__ import annotations

from ivr.script.fields import FactValue
from kit.settings import Settings
from store.models import Borrower, Loan

TAIL = 4
"""Digits of a contract number that are said aloud."""


def call_facts(settings: Settings, borrower: Borrower, loan: Loan | None) -> dict[str, FactValue]:
    """Facts by the names of ivr.script.fields; a name without a value is left out."""
    facts: dict[str, FactValue | None] = {
        "lender": settings.lender,
        "callback_number": settings.callback_number or settings.caller_id,
        "borrower_name": borrower.name,
        "id_last4": borrower.id_last4,
        "birth_md": borrower.birth_md,
    }
    if loan is not None:
        facts |= {
            "amount_fen": loan.amount_due_fen,
            "due_on": loan.due_on,
            "overdue_days": loan.overdue_days,
            "vehicle": loan.vehicle,
            "plate_tail": loan.plate_tail,
            "loan_tail": "".join(filter(str.isdigit, loan.loan_no))[-TAIL:],
        }
    return {name: value for name, value in facts.items() if value not in (None, "")}
