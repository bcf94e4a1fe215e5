"""Risk over a whole call: each category told once and again only when graver; the gravest decides who takes over.

Nothing here ever lowers a severity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ivr.dialogue.effects import Escalate
from ivr.dialogue.memory import State
from ivr.meaning import RiskFound
from ivr.script.model import Script
from kit.vocabulary import Risk, Severity

_P1 = frozenset(
    {
        Risk.REGULATOR_COMPLAINT,
        Risk.POLICE_REPORT,
        Risk.LEGAL_ACTION,
        Risk.INSOLVENCY,
        Risk.VEHICLE_DISPOSED,
        Risk.VEHICLE_SEIZED,
        Risk.IDENTITY_FRAUD,
        Risk.WRONG_PERSON,
        Risk.THIRD_PARTY,
        Risk.MEDIA_EXPOSURE,
        Risk.PRIVACY_BREACH,
        Risk.MINOR_OR_STUDENT,
        Risk.BORROWER_DECEASED,
    }
)
_P3 = frozenset({Risk.SCAM_SUSPICION, Risk.WANTS_HUMAN})


def usual_severity(risk: Risk) -> Severity:
    """How grave a category is when a script raises it without saying so (docs/law.md)."""
    if risk in (Risk.SELF_HARM, Risk.VIOLENCE_THREAT):
        return Severity.P0
    if risk in _P1:
        return Severity.P1
    return Severity.P3 if risk in _P3 else Severity.P2


TIMES_TO_P1 = {Risk.STOP_CONTACT: 2, Risk.DISPUTE: 3}
"""What is P2 when said once and P1 when it is said in so many turns of a call (docs/law.md).

The second word of a dispute answers our own question what is wrong; the second demand to be left alone is one too many.
"""


def news(state: State, found: Sequence[RiskFound]) -> list[RiskFound]:
    """What was not told yet, or is graver than told, gravest first; remembers it. What is said again may be graver."""
    fresh: list[RiskFound] = []
    for risk in sorted((_said_again(state, one) for one in found), key=lambda one: one.severity):
        known = state.risks.get(risk.category)
        if known is None or risk.severity < known:
            state.risks[risk.category] = risk.severity
            fresh.append(risk)
    return fresh


def _said_again(state: State, risk: RiskFound) -> RiskFound:
    """The risk, graver where it has been said in so many turns; remembers that it was said in this one."""
    if risk.category not in TIMES_TO_P1:
        return risk
    state.insisted.append(risk.category.value)
    times = state.insisted.count(risk.category.value)
    if times < TIMES_TO_P1[risk.category] or risk.severity <= Severity.P1:
        return risk
    return replace(risk, severity=Severity.P1, why=f"{risk.why}；同一通电话里第{times}次说起")


def escalation(risk: RiskFound, quote: str) -> Escalate:
    """The effect that tells people."""
    return Escalate(risk.category, risk.severity, quote, risk.why)


def taken_over_by(script: Script, state: State, fresh: Sequence[RiskFound]) -> Risk | Severity | None:
    """The entry of `script.risk` that takes over because of what is new, or None. Remembers it.

    A category's own step comes before its severity's. A lesser risk never takes over from a graver one, P3 never
    takes over, and a step that has already taken over for the same gravity is not entered twice.
    """
    for risk in fresh:
        entry: Risk | Severity = risk.category if risk.category in script.risk else risk.severity
        step = script.risk.get(entry)
        if step is None or risk.severity is Severity.P3:
            continue
        is_graver = state.taken_at is None or risk.severity < state.taken_at
        if not is_graver and (risk.severity != state.taken_at or step == state.taken_by):
            continue
        state.taken_by, state.taken_at = step, risk.severity
        return entry
    return None


def gravest(state: State) -> Severity | None:
    """The gravest severity of the call so far."""
    return min(state.risks.values(), default=None)
