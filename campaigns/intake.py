"""Takes a read roster into a campaign: borrowers, loans, targets and rejects, one transaction a chunk. Dials nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.facts import UNFIT_FACTS, overdue_days
from campaigns.roster import Reject, Roster, Row
from kit.clock import local_date
from store import borrowers, campaigns, targets
from store.session import Store

CHUNK = 500
LATE_LIST_DAYS = 3
"""A list may be so many days old: its count of overdue days is behind by as many."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: targets added, rows that were in the campaign already, and all rejects in order of line."""

    added: int
    known: int
    rejects: tuple[Reject, ...]


def take_roster(
    store: Store,
    campaign_id: str,
    roster: Roster,
    *,
    source: str,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Add the roster to the campaign. Repeating an import changes nothing but brings loans up to date."""
    added = known = 0
    rejects = list(roster.rejects)
    for start in range(0, len(roster.rows), CHUNK):
        chunk = roster.rows[start : start + CHUNK]
        new, refused = _take_chunk(store, campaign_id, chunk, now)
        added += new
        known += len(chunk) - new - len(refused)
        rejects += refused
        if progress is not None:
            progress(start + len(chunk), len(roster.rows))
    rejects.sort(key=lambda reject: reject.line)
    with store.transaction() as session:
        for reject in rejects:
            campaigns.add_reject(
                session, campaign_id, source=source, line_no=reject.line, field="row", reason=reject.reason, now=now
            )
    return Imported(added, known, tuple(rejects))


def _take_chunk(store: Store, campaign_id: str, rows: Sequence[Row], now: datetime) -> tuple[int, list[Reject]]:
    added, rejects = 0, []
    today = local_date(now)
    with store.transaction() as session:
        for row in rows:
            if fault := _overdue_fault(row, today):
                rejects.append(Reject(row.line, fault))
                continue
            try:
                with session.begin_nested():
                    borrower, loan = borrowers.put(session, _listed(row, today), now=now)
                    target = targets.add(session, campaign_id, borrower_id=borrower.id, loan_id=loan.id, now=now)
                    if target is None:
                        targets.unblock(session, campaign_id, borrower_id=borrower.id, loan_id=loan.id, rule=UNFIT_FACTS)
            except borrowers.LoanOfAnother as error:
                rejects.append(Reject(row.line, str(error)))
            else:
                added += target is not None
    return added, rejects


def _overdue_fault(row: Row, today: date) -> str:
    """What is wrong when the row counts other overdue days than its due date tells; borrowers are told what the date tells."""
    told = overdue_days(row.due_on, today) or 0
    if not row.overdue_days or 0 <= told - row.overdue_days <= LATE_LIST_DAYS:
        return ""
    return f"逾期天数与应还日期不符：按应还日期，今天逾期 {told} 天"


def _listed(row: Row, today: date) -> borrowers.ListedLoan:
    return borrowers.ListedLoan(
        name=row.name,
        phone_e164=row.phone,
        id_last4=row.id_last4,
        loan_no=row.loan_no,
        amount_due_fen=row.amount_fen,
        due_on=row.due_on,
        overdue_days=row.overdue_days,
        as_of_on=today,
    )
