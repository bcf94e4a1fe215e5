"""How the desk's words read in Chinese. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from desk.responses import CaseKind
from kit.labels import RISKS
from kit.vocabulary import Risk

KIND_NAMES: Mapping[CaseKind, str] = {
    CaseKind.RISK: "风险",
    CaseKind.COMPLAINT: "投诉",
    CaseKind.VISIT: "上门走访",
    CaseKind.CALLBACK: "人工回电",
    CaseKind.DUTY_ALARM: "值班告警",
}


def case_name(kind: str, risk: str | None) -> str:
    """What a case is about: the risk's name, or the kind's."""
    return RISKS[Risk(risk)] if risk else KIND_NAMES[CaseKind(kind)]
