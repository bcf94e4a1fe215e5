"""The table of risks in docs/law.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from desk.responses import RESPONSES, Restraint
from ivr.dialogue.risks import TIMES_TO_P1, usual_severity
from kit.labels import RISKS
from kit.vocabulary import Risk

LAW = Path("docs/law.md")


def row(risk: Risk) -> str:
    response = RESPONSES[risk]
    grave = usual_severity(risk).name + (f"，同一通说 {TIMES_TO_P1[risk]} 次为 P1" if risk in TIMES_TO_P1 else "")
    case = "开工单" if response.opens_case else "不开工单"
    return f"| {RISKS[risk]} `{risk.value}` | {grave} | {_stops(risk)} | {case} |"


STOPS = {Restraint.NONE: "—", Restraint.STOP_ROBOT: "机器不再拨打", Restraint.LOCK_NUMBER: "锁定号码"}


def _stops(risk: Risk) -> str:
    response = RESPONSES[risk]
    if response.restraint is not Restraint.HOLD:
        return STOPS[response.restraint]
    until = "永久" if response.is_permanent else f"{response.hold_days} 日" if response.hold_days else "至办结"
    signed = "，主管签字才恢复" if response.lift_by_manager else ""
    return f"暂停催收（{until}{signed}）"


def test_every_risk_stands_in_the_table_as_it_is() -> None:
    text = LAW.read_text(encoding="utf-8")
    missing = [row(risk) for risk in Risk if row(risk) not in text]
    assert not missing, "\n".join(missing)
