"""Brings a person to the line: agents in turn, a whisper, a key to accept. Works by webhooks; keeps its place in SQL.

An answered agent's phone proves nothing (voicemail answers too): only the key does. Until somebody has pressed it the
borrower is never bridged. When no agent takes a P0 call, the duty manager is alerted in writing and rung like an agent;
when nobody accepts, the borrower goes back to the dialogue, which has words for that.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ivr.carrier.rest import CarrierTrouble
from ivr.carrier.twiml import Dial, Gather, Hangup, Play, Redirect, Say, Verb
from ivr.carrier.webhook import DialReport
from ivr.dialogue.events import TransferDone
from ivr.ports import Agent, CallSheet
from ivr.runtime import modes, urls
from ivr.runtime.house_clips import ACCEPT, COMPANY, HELP_LINES, SILENCE
from ivr.runtime.line import Line
from ivr.runtime.talk import Talk, abandon, is_in_danger
from kit.metrics import TRANSFERS, TROUBLES
from kit.vocabulary import CallState, HangUpReason, MediaMode, Severity

LOG = logging.getLogger(__name__)
RING_S = 8
"""How long one agent's phone rings: three of them fit into a P0's half minute."""
MANAGER_RING_S = 15
"""How long the duty manager's phone rings: it is in a pocket, and after it nobody is left."""
ACCEPT_S = 4
ACCEPT_KEY = "1"


def in_turn(agents: Sequence[Agent], severity: Severity) -> list[Agent]:
    """Whom to ring, in order: for the gravest those who may take them, first and alone unless there is nobody."""
    able = [agent for agent in agents if agent.may_take_p0]
    others = [agent for agent in agents if not agent.may_take_p0]
    return [*able, *others] if severity is Severity.P0 else [*others, *able]


def ring_next(line: Line, sheet: CallSheet) -> list[Verb]:
    """Dial the next agent, for P0 the duty manager after them; when all were tried, go back to the dialogue."""
    transfer = transfer_of(sheet)
    severity = Severity[transfer["severity"]]
    agents = in_turn(line.shift.on_shift(), severity)
    place = sheet.agents_tried
    if severity is Severity.P0 and not place:
        line.hearing.submit(_keep_open, line, sheet)
    if place < len(agents):
        return _ring(line, sheet, agents[place].number, RING_S)
    if severity is Severity.P0 and place == len(agents):
        line.shift.alert_duty_manager(sheet.call_id, transfer["reason"], line.clock.now())
        manager = line.shift.duty_manager()
        if manager and all(agent.number != manager.number for agent in agents):
            return _ring(line, sheet, manager.number, MANAGER_RING_S)
    return _nobody(line, sheet)


def _ring(line: Line, sheet: CallSheet, number: str, ring_s: int) -> list[Verb]:
    """Ring one person; from the second on the borrower is told first that we are still at it."""
    place = sheet.agents_tried
    company = [Play(urls.clip(line.settings, COMPANY))] if place else []
    return [
        *company,
        Dial(
            number=number,
            action=urls.hook(line.settings, "/voice/transfer", call_id=sheet.call_id, agent=place),
            whisper_url=urls.hook(line.settings, "/voice/whisper", call_id=sheet.call_id, agent=place),
            timeout_s=ring_s,
            caller_id=line.settings.caller_id,
        ),
    ]


def whisper(line: Line, sheet: CallSheet, place: int) -> list[Verb]:
    """What the agent hears before the bridge: the key first, then who and why; the key cuts it short at any moment.

    Without the key the agent's leg is hung up.
    """
    if not _is_ringing(sheet, place):
        return [Hangup()]
    key = Play(urls.clip(line.settings, ACCEPT))
    inner: list[Play | Say] = [key, Say(transfer_of(sheet)["summary"]), key]
    accept = urls.hook(line.settings, "/voice/accept", call_id=sheet.call_id, agent=place)
    return [Gather(action=accept, num_digits=1, timeout_s=ACCEPT_S, inner=inner), Hangup()]


def _is_ringing(sheet: CallSheet, place: int) -> bool:
    """Whether that person's phone is the one that rings."""
    return sheet.state is CallState.TRANSFERRING and sheet.agents_tried == place and sheet.outcome is None


def accept(line: Line, sheet: CallSheet, place: int, digits: str) -> list[Verb]:
    """The agent's key. An empty document lets the bridge happen."""
    if sheet.state is CallState.ACCEPTED and sheet.agents_tried == place:
        return []
    if digits != ACCEPT_KEY or not _is_ringing(sheet, place):
        return [Hangup()]
    Talk.restore(line, sheet).tell(TransferDone(agent=str(place)))
    line.notebook.set_state(sheet.call_id, CallState.ACCEPTED, place)
    TRANSFERS.labels("accepted").inc()
    line.hearing.submit(_keep_open, line, sheet)
    return []


def _keep_open(line: Line, sheet: CallSheet) -> None:
    """The carrier's limit was for the robot: people talk as long as they need. Takes a while and is waited for by nobody."""
    try:
        line.carrier.keep_open(sheet.carrier_sid or "")
    except CarrierTrouble as trouble:
        TROUBLES.labels("keep_open").inc()
        LOG.warning("the carrier keeps its time limit", extra={"call_id": sheet.call_id, "code": trouble.code})


def rang(line: Line, sheet: CallSheet, place: int, report: DialReport) -> list[Verb]:
    """The <Dial> has ended: the talk with the agent is over, or the next one is rung. A repeated report changes nothing."""
    if sheet.outcome is not None:
        return [Hangup()]
    if sheet.state is CallState.ACCEPTED:
        return _handed_over(line, sheet)
    if _is_ringing(sheet, place):
        TRANSFERS.labels(report.status.replace("-", "_")).inc()
        line.notebook.set_state(sheet.call_id, CallState.TRANSFERRING, place + 1)
        return ring_next(line, line.notebook.open_call(sheet.call_id) or sheet)
    return ring_next(line, sheet) if sheet.state is CallState.TRANSFERRING else modes.carry_on(line, sheet)


def resume(line: Line, sheet: CallSheet) -> list[Verb]:
    """Where the call goes on after its socket was closed, by us or by misfortune."""
    if sheet.outcome is not None:
        return [Hangup()]
    if sheet.state is CallState.ACCEPTED:
        return _handed_over(line, sheet)
    if sheet.state is CallState.TRANSFERRING:
        return ring_next(line, sheet)
    if _is_person_awaited(sheet):
        return _ring_anew(line, sheet)
    if line.settings.media_mode is not MediaMode.STREAM:
        return modes.carry_on(line, sheet)
    in_danger = is_in_danger(line, sheet)
    if sheet.redirects < (MOST_REDIRECTS_IN_DANGER if in_danger else MOST_REDIRECTS):
        line.notebook.set_state(sheet.call_id, CallState.LOST, sheet.agents_tried, redirects=sheet.redirects + 1)
        return [Play(urls.clip(line.settings, SILENCE)), *modes.carry_on(line, sheet)]
    if in_danger:
        return _help(line, sheet)
    abandon(line, sheet)
    return [Hangup()]


MOST_REDIRECTS = 30
"""Each is a second of silence: for half a minute a lost media worker is waited for."""
MOST_REDIRECTS_IN_DANGER = 5


def after_fault(line: Line, sheet: CallSheet, times: int) -> list[Verb]:
    """When a webhook of the call failed in our hands: who is in danger gets people, the others another try, `times` so far."""
    if is_in_danger(line, sheet):
        return _help(line, sheet)
    if times >= MOST_REDIRECTS:
        return [Hangup()]
    again = urls.hook(line.settings, "/voice/resume", call_id=sheet.call_id, again=times + 1)
    return [Play(urls.clip(line.settings, SILENCE)), Redirect(again)]


def _help(line: Line, sheet: CallSheet) -> list[Verb]:
    """For whoever is in danger and cannot be talked with now: the help lines, and people, as P0 whatever was noted before."""
    if transfer_of(sheet)["severity"] != Severity.P0.name:
        Talk.restore(line, sheet).hand_to_people()
    return [Play(urls.clip(line.settings, HELP_LINES)), *_ring_anew(line, sheet)]


def _is_person_awaited(sheet: CallSheet) -> bool:
    """Whether the dialogue had asked for a person when its worker was lost, and nobody was rung yet."""
    transfer = (sheet.memory or {}).get("driver", {}).get("transfer")
    return bool(transfer) and not transfer.get("is_over")


def _ring_anew(line: Line, sheet: CallSheet) -> list[Verb]:
    line.notebook.set_state(sheet.call_id, CallState.TRANSFERRING, 0)
    return ring_next(line, line.notebook.open_call(sheet.call_id) or sheet)


def transfer_of(sheet: CallSheet) -> dict[str, Any]:
    """What the dialogue said about the transfer, from the call's memory."""
    kept = (sheet.memory or {}).get("driver", {}).get("transfer", {})
    return {"reason": "request_human", "severity": Severity.P2.name, "summary": "", **kept}


def _handed_over(line: Line, sheet: CallSheet) -> list[Verb]:
    """A person had the call and it is over."""
    talk = Talk.restore(line, sheet)
    talk.finish(talk.dialogue.outcome, HangUpReason.TRANSFER_DONE)
    return [Hangup()]


def _nobody(line: Line, sheet: CallSheet) -> list[Verb]:
    TRANSFERS.labels("nobody").inc()
    talk = Talk.restore(line, sheet)
    talk.note(transfer={**transfer_of(sheet), "is_over": True})
    talk.save()
    line.notebook.set_state(sheet.call_id, CallState.TRANSFER_FAILED, sheet.agents_tried)
    return modes.carry_on(line, line.notebook.open_call(sheet.call_id) or sheet)
