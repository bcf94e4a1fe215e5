"""What a risk calls for: who must act by when, what stops meanwhile, and what to do. A table; decides nothing else.

Sources and the same table for people: docs/law.md. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from desk.workdays import is_workday, workday_after
from kit.clock import SHANGHAI
from kit.vocabulary import Risk, Severity


class CaseKind(StrEnum):
    """Why a person must act."""

    RISK = "risk"
    COMPLAINT = "complaint"
    VISIT = "visit"
    CALLBACK = "callback"
    DUTY_ALARM = "duty_alarm"


class Restraint(StrEnum):
    """What stops by itself when the risk is found."""

    NONE = "none"
    HOLD = "hold"
    STOP_ROBOT = "stop_robot"
    LOCK_NUMBER = "lock_number"


@dataclass(frozen=True, slots=True)
class Response:
    """`hold_days` None with HOLD means until resolved; `holds_from`: less grave findings do not hold.

    `opens_case` False: a tag, or a restraint that works alone.
    """

    floor: Severity
    restraint: Restraint
    what_to_do: str
    hold_days: int | None = None
    is_permanent: bool = False
    holds_from: Severity = Severity.P2
    lift_by_manager: bool = False
    opens_case: bool = True


def _held(floor: Severity, what_to_do: str, days: int | None = None) -> Response:
    return Response(floor, Restraint.HOLD, what_to_do, hold_days=days)


RESPONSES: Mapping[Risk, Response] = {
    Risk.REGULATOR_COMPLAINT: _held(
        Severity.P1, "停止催收；首问责任人当日回电，听清诉求并书面记录；15 日内答复（12378 转办同此时限）。"
    ),
    Risk.POLICE_REPORT: _held(Severity.P1, "停止催收；当日由主管与合规核实通话录音，配合核查，不与客户争辩。"),
    Risk.LEGAL_ACTION: _held(Severity.P1, "停止催收；当日转法务；有律师代理的只与代理人联系。"),
    Risk.SELF_HARM: Response(
        Severity.P0,
        Restraint.HOLD,
        "立即由真人接听，不谈欠款；陪伴并告知 12356、110、120；必要时联系紧急联系人或报警；主管签字后方可恢复联系。",
        hold_days=30,
        lift_by_manager=True,
    ),
    Risk.SERIOUS_ILLNESS: _held(Severity.P2, "暂停催收 30 日；人工问候，了解能否展期或分期，不索要病历原件。", 30),
    Risk.INCOME_LOSS: _held(Severity.P2, "暂停催收 7 日；人工了解收入情况，提出展期或分期方案供审批。", 7),
    Risk.INSOLVENCY: _held(Severity.P1, "停止个别催收；转法务核实破产受理、冻结或执行情况。"),
    Risk.VEHICLE_DISPOSED: Response(Severity.P1, Restraint.NONE, "转资产保全核实车辆下落、GPS 与权属；由其决定是否继续联系。"),
    Risk.VEHICLE_ACCIDENT: _held(Severity.P2, "暂停催收 7 日；先问人是否平安，再了解事故、出险与理赔；有伤亡的按 P1 处理。", 7),
    Risk.VEHICLE_SEIZED: _held(Severity.P1, "停止催收；核实车辆被谁、依据什么扣押，转资产保全与法务。"),
    Risk.IDENTITY_FRAUD: _held(Severity.P1, "停止催收；核查签约影像与放款记录，向客户说明异议流程；必要时协助报案。"),
    Risk.WRONG_PERSON: Response(Severity.P1, Restraint.LOCK_NUMBER, "号码已自动锁定；核实新号码前不得拨打。", opens_case=False),
    Risk.THIRD_PARTY: Response(Severity.P1, Restraint.NONE, "不透露任何信息；本次通话到此为止。", opens_case=False),
    Risk.STOP_CONTACT: Response(
        Severity.P2, Restraint.STOP_ROBOT, "机器人不再拨打；人工联系前先问客户接受的时间与方式，或改用书面。"
    ),
    Risk.MEDIA_EXPOSURE: _held(Severity.P1, "停止催收；当日由主管回电听取诉求，知会合规与公关，不回应威胁。"),
    Risk.VIOLENCE_THREAT: _held(Severity.P1, "停止催收；主管复核录音，提醒外访与门店人员；有明确对象或凶器的立即报警。"),
    Risk.DISPUTE: _held(Severity.P2, "停止催收；3 个工作日内核对金额、利息与费用明细并书面答复，属我方差错的更正并致歉。"),
    Risk.PRIVACY_BREACH: _held(Severity.P1, "停止催收；当日查清谁联系了何人、说了什么，停止不当联系并向客户说明。"),
    Risk.MINOR_OR_STUDENT: Response(
        Severity.P2,
        Restraint.HOLD,
        "核实年龄与签约能力；未成年人的停止催收，由监护人与合规处理；成年学生的了解还款来源。",
        holds_from=Severity.P1,
    ),
    Risk.BORROWER_DECEASED: Response(
        Severity.P1,
        Restraint.HOLD,
        "永久停止催收；向家属致哀，转遗产处理专员，仅以遗产价值为限，不向家属施压。",
        is_permanent=True,
    ),
    Risk.FAMILY_BEREAVEMENT: _held(Severity.P2, "暂停催收 14 日；人工致哀，到期后先问候再谈还款安排。", 14),
    Risk.VULNERABLE: _held(Severity.P2, "暂停催收 30 日；人工了解困难（孕产、灾害、残疾、高龄），提供适合的方案。", 30),
    Risk.SCAM_SUSPICION: Response(
        Severity.P3, Restraint.NONE, "请客户挂断后拨打官方客服核实；已向他人转账的当日核查并提示 96110。"
    ),
    Risk.WANTS_HUMAN: Response(Severity.P3, Restraint.NONE, "转人工或预约人工回电。"),
}
COMPLAINT = _held(Severity.P2, "1 个工作日内确认受理；首问责任人跟到底；15 日内答复，复杂的不超过 30 日。")
COMPLAINT_HOLD = "complaint"
VISIT = Response(Severity.P3, Restraint.NONE, "安排上门走访：确认时间、地点与两名人员；遵守隐私与安全规定。")
CALLBACK = Response(Severity.P3, Restraint.NONE, "客户预约人工回电：按其指定时间回拨，先核对身份。")
DUTY_ALARM = Response(Severity.P0, Restraint.NONE, "高危来电无人接听：值班经理立即联系客户，确认安全，并补排当班坐席。")

_P0_S = 60
_DAY_ENDS = time(18, 0)
_LATEST_FOR_SAME_DAY = time(17, 0)
_NOON = time(12, 0)
_WORKDAYS_P2 = 3
_WORKDAYS_P3 = 5


def severity_of(risk: Risk, found: Severity) -> Severity:
    """The severity that counts: what was found, never less grave than the table's floor."""
    return graver(RESPONSES[risk].floor, found)


def graver(one: Severity, other: Severity) -> Severity:
    """The graver of the two: risk is never lowered."""
    return min(one, other)


def due_at(severity: Severity, now: datetime, zone: ZoneInfo = SHANGHAI) -> datetime:
    """By when a person must act. P0: a minute. P1: the same working day's end, or noon of the next after 17:00.
    P2: the end of the third working day; P3: of the fifth. Weekends and public holidays do not count (desk.workdays).
    """
    if severity is Severity.P0:
        return now + timedelta(seconds=_P0_S)
    local = now.astimezone(zone)
    if severity is Severity.P1:
        if is_workday(local.date()) and local.time() < _LATEST_FOR_SAME_DAY:
            return datetime.combine(local.date(), _DAY_ENDS, zone)
        return datetime.combine(workday_after(local.date(), 1), _NOON, zone)
    days = _WORKDAYS_P2 if severity is Severity.P2 else _WORKDAYS_P3
    return datetime.combine(workday_after(local.date(), days), _DAY_ENDS, zone)
