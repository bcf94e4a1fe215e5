"""Who is on duty: until the desk keeps a roster, the numbers of HUILING_AGENT_NUMBERS and HUILING_DUTY_MANAGER.

Fits ivr.ports.Shift.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from desk import responses
from desk.opening import open_case
from desk.responses import CaseKind
from ivr.ports import Agent
from kit.metrics import DUTY_ALARMS
from kit.phone import BadPhone, parse_e164
from store import calls, cases, ledger
from store.session import Store

_log = logging.getLogger(__name__)


class BadShift(ValueError):
    """HUILING_AGENT_NUMBERS or HUILING_DUTY_MANAGER cannot be read. The message gives the place, never the number."""


def read_agents(text: str) -> tuple[Agent, ...]:
    """Agents from `NUMBER,NUMBER*`: the suffix says that gravest calls may go there. Raises BadShift."""
    agents = []
    for place, part in enumerate((part.strip() for part in text.split(",")), start=1):
        if not part:
            continue
        number = _number(part.removesuffix("*").strip(), f"HUILING_AGENT_NUMBERS 第 {place} 项")
        agents.append(Agent(number=number, may_take_p0=part.endswith("*")))
    return tuple(agents)


def read_duty_manager(text: str) -> Agent | None:
    """Whom a P0 call rings last; None when the setting is empty. Raises BadShift."""
    number = text.strip()
    return Agent(_number(number, "HUILING_DUTY_MANAGER"), may_take_p0=True) if number else None


def _number(text: str, where: str) -> str:
    try:
        return parse_e164(text)
    except BadPhone as fault:
        raise BadShift(f"{where}：{fault}") from None


class ConfiguredShift:
    """The shift of the settings."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._agents = read_agents(store.settings.agent_numbers)
        self._duty_manager = read_duty_manager(store.settings.duty_manager)

    def on_shift(self) -> Sequence[Agent]:
        return self._agents

    def duty_manager(self) -> Agent | None:
        return self._duty_manager

    def alert_duty_manager(self, call_id: str, reason: str, now: datetime) -> None:
        """A P0 case of its own, in the ledger and the log: durable before the manager's phone rings."""
        with self._store.transaction() as session:
            call = calls.locked(session, call_id)
            earlier = cases.open_of_kind(session, call.borrower_id, kind=CaseKind.DUTY_ALARM.value, risk=None)
            if earlier is not None and earlier.call_id == call.id:
                return
            case = open_case(session, call, CaseKind.DUTY_ALARM, responses.DUTY_ALARM, why=reason, now=now)
            ledger.append(session, "duty_manager.alerted", call.borrower_id, {"case": case.id, "call": call.id}, now=now)
        DUTY_ALARMS.inc()
        _log.error("duty manager alerted: nobody has a P0 call", extra={"call_id": call_id, "case_id": case.id})
