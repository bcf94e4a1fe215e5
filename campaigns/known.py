"""What is known of a target when the law is asked about it: before its prompts are rendered, and again before it is dialled.

Reads; decides nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from law.gate import GateFacts, Hold
from store import borrowers, gate_facts
from store.gate_facts import KnownFacts
from store.models import Borrower, Loan, Target
from store.session import Session


@dataclass(frozen=True, slots=True)
class Known:
    """A target's borrower and loan, and what the gate asks for."""

    target_id: str
    borrower: Borrower
    loan: Loan | None
    facts: GateFacts


def known(session: Session, target: Target, borrower: Borrower, *, now: datetime) -> Known:
    """The facts at `now`. Whoever dials on them has locked the borrower in this transaction. Raises LookupError."""
    loan = borrowers.loan(session, target.loan_id) if target.loan_id else None
    found = gate_facts.facts_for_gate(session, borrower.id, now=now, loan_id=target.loan_id)
    return Known(target.id, borrower, loan, as_gate_facts(found))


def as_gate_facts(found: KnownFacts, *, by_robot: bool = True) -> GateFacts:
    """What the tables know, as the gate asks for it."""
    same = {name: value for name, value in asdict(found).items() if name != "holds"}
    return GateFacts(
        **same, holds=tuple(Hold(held.rule, held.until, held.is_elsewhere) for held in found.holds), by_robot=by_robot
    )
