"""What each event does to a walk. One function an event; the table at the end names them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ivr.dialogue import edges, events, outcome, risks, routing
from ivr.dialogue.errors import PeerMisbehaved, Refused
from ivr.dialogue.memory import TEXTS_KEPT, Phase, State
from ivr.dialogue.routing import intents_of
from ivr.dialogue.walk import Walk, reworded, silence_of, unclear_of
from ivr.meaning import Meaning, RiskFound, Slot
from ivr.script.model import KEYS, REPEAT, AskKind, Step
from kit.vocabulary import Announcement, HangUpReason, Intent, Order, Outcome, Risk, Severity, SlotName


def _understood(walk: Walk, event: events.Understood) -> None:
    state, meaning = walk.state, event.meaning
    if _may_be_machine(state) and (kind := _announcement(meaning)):
        return _end_for_machine(walk, kind)
    state.texts = [*state.texts, meaning.text][-TEXTS_KEPT:] if meaning.text else state.texts
    found = tuple(_as_can_be(risk, state) for risk in meaning.risk)
    fresh = walk.lasting.tell_risks(found)
    if {risk.category for risk in found} & {Risk.WRONG_PERSON, Risk.THIRD_PARTY}:
        state.is_callee = state.is_verified = False
    walk.lasting.hear(meaning, walk.asking)
    if state.phase in (Phase.TRANSFERRING, Phase.OVER):
        return None
    taken = risks.taken_over_by(walk.script, state, fresh)
    if taken is not None:
        walk.trail.append(edges.risk(taken))
        return walk.enter(walk.script.risk[taken])
    return _route(walk, meaning) if state.phase is Phase.LISTENING else None


def _may_be_machine(state: State) -> bool:
    """Before a person has been identified; also when the carrier said so first and the voice now says which it is."""
    is_open = state.phase is Phase.LISTENING or (state.phase is Phase.ENDING and not state.texts)
    return is_open and not state.is_verified


def _as_can_be(risk: RiskFound, state: State) -> RiskFound:
    """A verified borrower's number is not a wrong one: somebody else speaks now, and the number is not locked."""
    if risk.category is Risk.WRONG_PERSON and state.is_verified:
        return replace(risk, category=Risk.THIRD_PARTY)
    return risk


def _route(walk: Walk, meaning: Meaning) -> None:
    state, step = walk.state, walk.asking
    state.silent = 0
    choice = routing.choose(walk.script, step, meaning, state=state, facts=walk.facts)
    if choice is not None and not walk.goes_in_circles(choice.route, choice.edge):
        return walk.follow(choice.route, choice.edge, is_anywhere=choice.is_anywhere)
    if intents_of(meaning) <= {Intent.BACKCHANNEL}:
        return walk.listen(step)
    return _unclear(walk, step)


def _unclear(walk: Walk, step: Step) -> None:
    patience = unclear_of(walk.script, step)
    walk.state.unclear += 1
    if walk.state.unclear > patience.tries:
        walk.trail.append(edges.unclear(step.id))
        return walk.go(patience.goto)
    return walk.ask_again(step, reworded(step, walk.state.unclear + walk.state.silent))


def _pressed(walk: Walk, event: events.Pressed) -> None:
    if not event.digits or not set(event.digits) <= KEYS or len(event.digits) > events.MAX_KEYS:
        raise PeerMisbehaved("keys that no telephone has")
    if walk.state.phase is not Phase.LISTENING:
        return None
    step = walk.asking
    walk.state.silent = 0
    if event.digits in step.keys:
        return walk.follow(step.keys[event.digits], edges.key(step.id, event.digits))
    digits = event.digits.removesuffix("#")
    if digits and step.ask and (meaning := _keyed(step.ask.kind, digits)):
        walk.meaning = walk.lasting.meaning = meaning
        walk.lasting.hear(meaning, step)
        return _route(walk, meaning)
    first = next((key for key in event.digits if key in step.keys), None)
    return walk.follow(step.keys[first], edges.key(step.id, first)) if first else _unclear(walk, step)


def _keyed(kind: AskKind, digits: str) -> Meaning | None:
    """Digits keyed where digits, a score or an amount in yuan are asked. Keyed digits are not quoted: they identify."""
    if kind is AskKind.DIGITS:
        return Meaning("", Intent.UNCLEAR, slots=(Slot(SlotName.DIGITS, digits, "按键"),))
    if kind is AskKind.SCORE and digits in ("1", "2", "3", "4", "5"):
        return Meaning("", Intent.RATING, slots=(Slot(SlotName.SCORE, int(digits), "按键"),))
    if kind is AskKind.AMOUNT and digits.isdecimal() and len(digits) > 1:
        return Meaning("", Intent.UNCLEAR, slots=(Slot(SlotName.AMOUNT_FEN, int(digits) * 100, "按键"),))
    return None


def _went_silent(walk: Walk, event: events.WentSilent) -> None:
    if event.tag > walk.state.tag:
        raise PeerMisbehaved("a silence that was never waited for")
    if event.tag != walk.state.tag or walk.state.phase is not Phase.LISTENING:
        return None
    step, patience = walk.asking, silence_of(walk.script, walk.asking)
    walk.state.silent += 1
    if walk.state.silent > patience.tries:
        walk.trail.append(edges.silence(step.id))
        return walk.go(patience.goto)
    return walk.ask_again(step, reworded(step, walk.state.unclear + walk.state.silent))


def _played(walk: Walk, event: events.Played) -> None:
    _known_say(walk, event.say_id)
    for spoken in walk.state.spoken:
        if spoken.say_id == event.say_id and spoken.heard is None:
            spoken.heard = spoken.text


def _interrupted(walk: Walk, event: events.Interrupted) -> None:
    _known_say(walk, event.say_id)
    for spoken in walk.state.spoken:
        if spoken.say_id == event.say_id and spoken.heard is None:
            spoken.heard = event.heard
            walk.state.owed = spoken.unheard


def _known_say(walk: Walk, say_id: int) -> None:
    if not 0 < say_id <= walk.state.say_id:
        raise PeerMisbehaved("speech that never began")


def _resumed(walk: Walk, _: events.Resumed) -> None:
    state = walk.state
    if state.phase is Phase.OVER:
        return None
    if state.phase is Phase.TRANSFERRING:
        return walk.hand_over(state.transfer_reason, state.transfer_failed)
    step = walk.script.steps[state.step]
    if state.phase is Phase.ENDING or step.ask is None:
        walk.speak(step, step.say)
        return walk.finish(HangUpReason.SCRIPT_ENDED)
    state.silent = 0  # an answer given into the dead line is nobody's silence
    walk.speak(step, walk.script.resume)
    return walk.ask_again(step, step.say)


def _transfer_done(walk: Walk, _: events.TransferDone) -> None:
    if walk.state.phase is not Phase.OVER:
        walk.state.phase = Phase.OVER
        walk.state.outcomes.append(Outcome.TRANSFERRED)


def _transfer_failed(walk: Walk, _: events.TransferFailed) -> None:
    if walk.state.phase is Phase.TRANSFERRING:
        walk.trail.append(edges.failed(walk.state.step))
        walk.go(walk.state.transfer_failed)


def _machine_answered(walk: Walk, event: events.MachineAnswered) -> None:
    if walk.state.phase is Phase.LISTENING and not walk.state.is_verified:
        _end_for_machine(walk, event.kind)


def _end_for_machine(walk: Walk, kind: Announcement) -> None:
    walk.finish(HangUpReason.MACHINE, outcome.OF_ANNOUNCEMENT[kind])


def _commanded(walk: Walk, event: events.Commanded) -> None:
    if event.order not in (Order.HAND_OVER, Order.HANG_UP):
        raise Refused(f"no order to a dialogue: {event.order}")
    if walk.state.phase is Phase.OVER:
        return None
    if event.order is Order.HANG_UP:
        return walk.finish(HangUpReason.COMMAND, _outcome_if_cut(walk.state))
    if walk.state.phase is not Phase.TRANSFERRING:
        walk.hand_over("commanded", REPEAT)
    return None


def _time_up(walk: Walk, _: events.TimeUp) -> None:
    """Nobody in danger of their life is cut short: the runtime's own cap ends a call that never ends."""
    state = walk.state
    if state.phase is Phase.LISTENING and not state.is_time_up and state.taken_at is not Severity.P0:
        walk.state.is_time_up = True
        walk.trail.append(edges.TIME_UP)
        walk.enter(walk.script.time_up)


def _hung_up(walk: Walk, _: events.HungUp) -> None:
    if walk.state.phase in (Phase.LISTENING, Phase.TRANSFERRING):
        walk.state.outcomes.append(_outcome_if_cut(walk.state))
    walk.state.phase = Phase.OVER


def _outcome_if_cut(state: State) -> Outcome:
    return Outcome.HUNG_UP_DURING if state.is_verified else Outcome.HUNG_UP_EARLY


def _announcement(meaning: Meaning) -> Announcement | None:
    if Intent.ANNOUNCEMENT not in intents_of(meaning):
        return None
    slot = meaning.slot(SlotName.KIND)
    try:
        return Announcement(str(slot.value)) if slot else Announcement.VOICEMAIL
    except ValueError:
        return Announcement.VOICEMAIL


HANDLERS: Mapping[type, Callable[[Walk, Any], None]] = {
    events.Understood: _understood,
    events.Pressed: _pressed,
    events.WentSilent: _went_silent,
    events.Played: _played,
    events.Interrupted: _interrupted,
    events.Resumed: _resumed,
    events.TransferDone: _transfer_done,
    events.TransferFailed: _transfer_failed,
    events.MachineAnswered: _machine_answered,
    events.Commanded: _commanded,
    events.TimeUp: _time_up,
    events.HungUp: _hung_up,
}
