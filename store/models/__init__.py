"""Tables of the house, one module a noun."""

from __future__ import annotations

from store.models.attempt import Attempt, CallbackSeen
from store.models.base import Table
from store.models.borrower import Borrower, Note, Preference
from store.models.call import Call, RecordingPart, Turn, TurnSave
from store.models.campaign import Campaign, Reject, Target
from store.models.case import Case, CaseEntry
from store.models.ledger import LedgerEntry, LedgerSeal
from store.models.loan import Loan
from store.models.promise import CallbackRequest, Promise
from store.models.restraint import DoNotCall, Hold, NumberLock

__all__ = [
    "Attempt",
    "Borrower",
    "Call",
    "CallbackRequest",
    "CallbackSeen",
    "Campaign",
    "Case",
    "CaseEntry",
    "DoNotCall",
    "Hold",
    "LedgerEntry",
    "LedgerSeal",
    "Loan",
    "Note",
    "NumberLock",
    "Preference",
    "Promise",
    "RecordingPart",
    "Reject",
    "Table",
    "Target",
    "Turn",
    "TurnSave",
]
