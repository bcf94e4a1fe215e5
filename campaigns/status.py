"""A campaign as people and scripts read it: one outcome a borrower, figures with fixed denominators. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from kit.labels import OUTCOMES, RISKS
from kit.money import yuan_text
from kit.vocabulary import RIGHT_PARTY, Outcome, Risk, Severity
from store import campaign_report, campaigns
from store.campaign_report import TargetReport
from store.session import Store
from store.words import CampaignState, TargetState

UNREACHED = frozenset(
    {
        Outcome.BUSY,
        Outcome.NO_ANSWER,
        Outcome.OFF,
        Outcome.UNREACHABLE,
        Outcome.INVALID_NUMBER,
        Outcome.SUSPENDED,
        Outcome.CARRIER_ERROR,
    }
)
STATES = {
    TargetState.WAITING: "等待",
    TargetState.LEASED: "占用",
    TargetState.CALLING: "通话中",
    TargetState.DONE: "完成",
    TargetState.BLOCKED: "不可拨",
}
CAMPAIGN_STATES = {
    CampaignState.DRAFT: "草稿",
    CampaignState.RUNNING: "进行中",
    CampaignState.PAUSED: "已暂停",
    CampaignState.DONE: "已完成",
    CampaignState.STOPPED: "已停止",
}


class NoSuchCampaign(LookupError):
    """There is no campaign of this name; the message names those that are there."""


@dataclass(frozen=True, slots=True)
class Status:
    """What has come of a campaign so far."""

    campaign_id: str
    name: str
    script_id: str
    state: CampaignState
    rows: Sequence[TargetReport]

    def is_busy(self, now: datetime) -> bool:
        """Whether somebody is being called, or may be called now."""
        if self.state is not CampaignState.RUNNING:
            return False
        return any(_is_busy(row, now) for row in self.rows)


def status_of(store: Store, name: str) -> Status:
    """The campaign of that name. Raises NoSuchCampaign."""
    with store.reading() as session:
        campaign = campaigns.by_name(session, name)
        if campaign is None:
            known = "、".join(one.name for one in campaigns.every(session)) or "（还没有批次）"
            raise NoSuchCampaign(f"没有名为“{name}”的批次；现有：{known}")
        rows = campaign_report.report(session, campaign.id)
        return Status(campaign.id, campaign.name, campaign.script_id, campaign.state, rows)


def figures(status: Status) -> list[tuple[str, str]]:
    """Figures for people; every rate says its denominator."""
    rows = status.rows
    tried = [row for row in rows if row.tries]
    answered = [row for row in tried if row.outcome and row.outcome not in UNREACHED]
    right = [row for row in tried if row.outcome in RIGHT_PARTY]
    promised = [row for row in rows if row.promised_on]
    return [
        ("名单", str(len(rows))),
        ("已拨", str(len(tried))),
        ("接通 / 已拨", _share(len(answered), len(tried))),
        ("本人 / 已拨", _share(len(right), len(tried))),
        ("承诺 / 本人", _share(len(promised), len(right))),
        ("承诺金额", yuan_text(sum(row.promised_fen or 0 for row in promised))),
        ("转人或开单", str(sum(bool(row.case_ids) for row in rows))),
    ]


def as_json(status: Status) -> dict[str, Any]:
    """For programs: codes, masked phones, no names."""
    return {
        "campaign": status.name,
        "script": status.script_id,
        "state": status.state.value,
        "targets": [_row_json(row) for row in status.rows],
    }


def outcome_text(row: TargetReport) -> str:
    """The outcome for people; without one, the state and why."""
    if row.state is TargetState.BLOCKED:
        return f"不可拨：{row.blocked_reason}"
    if row.outcome is not None:
        return OUTCOMES[row.outcome]
    return f"{STATES[row.state]}（{row.blocked_reason}）" if row.blocked_reason else STATES[row.state]


def promise_text(row: TargetReport) -> str:
    """The promise for people, or nothing."""
    if row.promised_on is None:
        return ""
    amount = yuan_text(row.promised_fen) if row.promised_fen else ""
    return f"{row.promised_on.month}月{row.promised_on.day}日 {amount}".strip()


def risk_text(row: TargetReport) -> str:
    """The gravest risk for people, or nothing."""
    if row.severity is None or row.risk is None:
        return ""
    return f"{Severity(row.severity).name} {RISKS.get(cast(Risk, row.risk), row.risk)}"


def masked_name(name: str) -> str:
    """The family name alone: 王*."""
    return name[:1] + "*" * max(1, len(name) - 1)


def _is_busy(row: TargetReport, now: datetime) -> bool:
    if row.state in (TargetState.CALLING, TargetState.LEASED):
        return True
    return row.state is TargetState.WAITING and row.next_try_at <= now


def _share(part: int, whole: int) -> str:
    return f"{part} / {whole}" if whole else "0"


def _row_json(row: TargetReport) -> dict[str, Any]:
    return {
        "loan_no": row.loan_no,
        "phone": row.phone_masked,
        "state": row.state.value,
        "outcome": row.outcome.value if row.outcome else None,
        "tries": row.tries,
        "call_id": row.call_id,
        "seconds": row.seconds,
        "promise": {"pay_on": row.promised_on.isoformat(), "amount_fen": row.promised_fen} if row.promised_on else None,
        "risk": {"category": row.risk, "severity": Severity(row.severity).name} if row.severity is not None else None,
        "cases": list(row.case_ids),
        "blocked": {"rule": row.blocked_rule, "reason": row.blocked_reason} if row.blocked_rule else None,
        "next_try_at": row.next_try_at.isoformat() if row.state is TargetState.WAITING else None,
    }
