"""What a call knows of a borrower and a loan before it begins, and what its script cannot do without. Decides nothing else."""

from __future__ import annotations

from datetime import date

from ivr.dialogue.lines import missing_facts
from ivr.script.fields import FIELDS, Facts, FactValue
from ivr.script.model import Do, Due, Script
from kit.settings import Settings
from store.models import Borrower, Loan

UNFIT_FACTS = "unfit_facts"
"""The rule under which a borrower is blocked whose facts the script cannot be said with; a new list lifts the block."""
TAIL = 4
"""Digits of a contract number that are said aloud."""


def call_facts(settings: Settings, borrower: Borrower, loan: Loan | None, *, on: date) -> dict[str, FactValue]:
    """What is true on that day (local), by the names of ivr.script.fields; a name without a value is left out."""
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
            "overdue_days": overdue_days(loan.due_on, on),
            "vehicle": loan.vehicle,
            "plate_tail": loan.plate_tail,
            "loan_tail": "".join(filter(str.isdigit, loan.loan_no))[-TAIL:],
        }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def overdue_days(due_on: date, on: date) -> int | None:
    """Days since the day on which the money was due; None while it is not past."""
    return (on - due_on).days if on > due_on else None


def verifying_facts(script: Script) -> frozenset[str]:
    """Facts by which the script verifies whom it talks to: one of them is needed, or nobody can ever be verified."""
    steps = script.steps.values()
    routes = (*script.always, *(route for step in steps for route in (*step.routes, *step.keys.values())))
    return frozenset(
        route.when.matches
        for route in routes
        if route.when.matches and any(action.do is Do.VERIFIED for action in route.actions)
    )


def unfit(script: Script, facts: Facts) -> str:
    """Why the script cannot be said to this borrower on the day of these facts, in words; empty when it can."""
    is_past = "overdue_days" in facts
    if script.due is Due.PAST and "due_on" in facts and not is_past:
        return "还没有逾期，这份话术说的是逾期的款"
    if script.due is Due.AHEAD and is_past:
        return "还款日已过，这份话术说的是还没到期的款"
    missing = _lacking(script, facts)
    return f"资料不全：{missing}" if missing else ""


def _lacking(script: Script, facts: Facts) -> str:
    said = [FIELDS[name].label for name in sorted(missing_facts(script, facts))]
    verifying = verifying_facts(script)
    if verifying and not verifying & facts.keys():
        said.append(f"{'或'.join(FIELDS[name].label for name in sorted(verifying))}（核实本人要用）")
    return "、".join(said)
