"""How the desk's words read in Chinese. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from desk.responses import CaseKind
from kit.vocabulary import Risk

RISK_NAMES: Mapping[Risk, str] = {
    Risk.REGULATOR_COMPLAINT: "监管投诉",
    Risk.POLICE_REPORT: "报警",
    Risk.LEGAL_ACTION: "诉讼/律师",
    Risk.SELF_HARM: "轻生",
    Risk.SERIOUS_ILLNESS: "重病",
    Risk.INCOME_LOSS: "失去收入",
    Risk.INSOLVENCY: "资不抵债",
    Risk.VEHICLE_DISPOSED: "车辆已处置",
    Risk.VEHICLE_ACCIDENT: "车辆事故",
    Risk.VEHICLE_SEIZED: "车辆被扣",
    Risk.IDENTITY_FRAUD: "冒名贷款",
    Risk.WRONG_PERSON: "号码非本人",
    Risk.THIRD_PARTY: "第三人接听",
    Risk.STOP_CONTACT: "要求停止联系",
    Risk.MEDIA_EXPOSURE: "媒体曝光",
    Risk.VIOLENCE_THREAT: "暴力威胁",
    Risk.DISPUTE: "金额争议",
    Risk.PRIVACY_BREACH: "隐私泄露",
    Risk.MINOR_OR_STUDENT: "未成年/学生",
    Risk.BORROWER_DECEASED: "借款人身故",
    Risk.FAMILY_BEREAVEMENT: "亲人离世",
    Risk.VULNERABLE: "特殊困难",
    Risk.SCAM_SUSPICION: "疑为诈骗",
    Risk.WANTS_HUMAN: "要求人工",
}
KIND_NAMES: Mapping[CaseKind, str] = {
    CaseKind.RISK: "风险",
    CaseKind.COMPLAINT: "投诉",
    CaseKind.VISIT: "上门走访",
    CaseKind.CALLBACK: "人工回电",
    CaseKind.DUTY_ALARM: "值班告警",
}


def case_name(kind: str, risk: str | None) -> str:
    """What a case is about: the risk's name, or the kind's."""
    return RISK_NAMES[Risk(risk)] if risk else KIND_NAMES[CaseKind(kind)]
