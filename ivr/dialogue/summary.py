"""Two sentences for the person who takes the call over: who and why, then what was said. Digits are masked."""

from __future__ import annotations

import re
from datetime import date

from ivr.dialogue.lines import written
from ivr.dialogue.memory import State
from ivr.script.fields import Facts, Kind
from kit.labels import RISKS
from kit.vocabulary import Severity

REASONS = {
    "request_human": "要求人工服务",
    "not_understood": "机器人没能听懂对方的话",
    "commanded": "值班人员要求接管",
    "complaint": "要投诉",
    "fault": "系统出了故障",
    "self_harm": "流露轻生念头，请先关心安抚，不谈欠款",
    "risk": "情况紧急，请先稳定对方情绪",
}
QUOTE_LENGTH = 40
_LONG_DIGITS = re.compile(r"\d{3,}[\dXx]*|[零〇一二三四五六七八九幺两]{6,}")


def summary(state: State, facts: Facts, reason: str) -> str:
    """What the whisper says and the desk shows. Never a number of three digits or more, never an identity factor."""
    name = str(facts.get("borrower_name", "")) if state.is_callee or state.is_verified else ""
    who = f"{name or '接听人'}（{'已核实本人' if state.is_verified else '未核实身份'}）"
    why = "，".join((REASONS.get(reason, reason), *_risks(state, reason)))
    return f"{who}{why}。{_said(state)}。"


def _risks(state: State, reason: str) -> list[str]:
    """The grave risks of the call that the reason does not name already."""
    grave = [risk for risk, severity in state.risks.items() if severity < Severity.P3 and risk.value != reason]
    return ["涉及：" + "、".join(RISKS[risk] for risk in grave)] if grave else []


def _said(state: State) -> str:
    parts = []
    if state.texts:
        quote = _LONG_DIGITS.sub("＊＊＊", state.texts[-1])[:QUOTE_LENGTH]
        parts.append(f"对方刚才说：“{quote.rstrip('。')}”")
    if state.promised:
        parts.append(f"已答应{written(Kind.DATE, date.fromisoformat(state.promised.pay_on))}还款")
    return "，".join(parts) or "对方还没有说话"
