"""What a call knows of a borrower and a loan before it begins, and what its script cannot do without. Decides nothing else."""

from __future__ import annotations

from ivr.dialogue.lines import missing_facts
from ivr.script.fields import FIELDS, Facts, FactValue
from ivr.script.model import Do, Script
from kit.settings import Settings
from store.models import Borrower, Loan

MISSING_FACTS = "missing_facts"
"""The rule under which a borrower is blocked of whom too little is known; a list that brings it lifts the block."""
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


def verifying_facts(script: Script) -> frozenset[str]:
    """Facts by which the script verifies whom it talks to: one of them is needed, or nobody can ever be verified."""
    steps = script.steps.values()
    routes = (*script.always, *(route for step in steps for route in (*step.routes, *step.keys.values())))
    return frozenset(
        route.when.matches
        for route in routes
        if route.when.matches and any(action.do is Do.VERIFIED for action in route.actions)
    )


def lacking(script: Script, facts: Facts) -> str:
    """What must be known before this borrower is called, in words; empty when nothing is missing."""
    said = [FIELDS[name].label for name in sorted(missing_facts(script, facts))]
    verifying = verifying_facts(script)
    if verifying and not verifying & facts.keys():
        said.append(f"{'或'.join(FIELDS[name].label for name in sorted(verifying))}（核实本人要用）")
    return "、".join(said)
