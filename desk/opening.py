"""Opens a case about a call: what happened becomes something that a person must do. Decides nothing."""

from __future__ import annotations

from datetime import datetime

from desk import responses
from desk.cases import CaseState
from desk.responses import CaseKind, Response
from kit.vocabulary import Risk, Severity
from store import cases
from store.cases import NewCase
from store.models import Call, Case
from store.session import Session


def open_case(
    session: Session,
    call: Call,
    kind: CaseKind,
    response: Response,
    *,
    why: str,
    now: datetime,
    quote: str = "",
    risk: Risk | None = None,
    severity: Severity | None = None,
    due: datetime | None = None,
) -> Case:
    """The case, or the open one of its kind made graver. As grave as the response's floor, and due by it, unless told."""
    severity = response.floor if severity is None else severity
    new = NewCase(
        borrower_id=call.borrower_id,
        call_id=call.id,
        kind=kind.value,
        risk=risk.value if risk else None,
        severity=int(severity),
        state=CaseState.OPEN.value,
        quote=quote,
        why=why,
        what_to_do=response.what_to_do,
        due_at=due or responses.due_at(severity, now),
    )
    return cases.put(session, new, now=now)
