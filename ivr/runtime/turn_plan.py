"""What a turn without a stream asks for: a plan as JSON, kept in the call's memory, and the document made of it. Pure.

In `record` mode a key ends the <Record> at once and comes alone. Where several digits are wanted the rest is gathered
before the dialogue is told; keys lost between two documents make the question be asked again, for keys alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivr.carrier.twiml import Gather, Hangup, Play, Record, Redirect, Verb
from ivr.dialogue.effects import Effect, HangUp, Listen, Say, Transfer, WakeAt
from ivr.dialogue.memory import clause_to_json
from ivr.runtime import urls
from ivr.runtime.talk import says
from kit.settings import Settings
from kit.vocabulary import MediaMode

RECORD_SILENCE_S = 3
"""A <Record> knows one time-out for the silence before and after speech: shorter than WakeAt, which several make up."""
LONGEST_ANSWER_S = 20
BETWEEN_KEYS_S = 3
REST, WHOLE = "rest", "whole"
"""How keys are gathered after the first one came alone: those that follow it, or all of them anew."""
Plan = dict[str, Any]


def plan_of(before: Plan, effects: Sequence[Effect], ended: HangUp | Transfer | None, *, mode: MediaMode) -> Plan:
    """The next turn. An empty list of effects asks the same question again, without a word."""
    listen = next((effect for effect in effects if isinstance(effect, Listen)), None)
    wake = next((effect for effect in effects if isinstance(effect, WakeAt)), None)
    spoken = [_said(say) for say in says(effects)]
    if listen is None and ended is None:
        return {**before, "n": before["n"] + 1, "says": spoken, "quiet_s": 0, "by_keys": "", "typed": ""}
    after_s = wake.after_s if wake else 5.0
    return {
        "n": before["n"] + 1,
        "says": spoken,
        "question": [{**said, "id": 0} for said in spoken],
        "end": type(ended).__name__ if ended else "",
        "tag": wake.tag if wake else 0,
        "after_s": after_s,
        "timeout_s": math.ceil(after_s) if mode is MediaMode.KEYPAD else RECORD_SILENCE_S,
        "quiet_s": 0,
        "kind": listen.kind.value if listen else "",
        "phrases": list(listen.phrases) if listen else [],
        "max_digits": listen.max_digits if listen else 1,
        "by_keys": "",
        "typed": "",
    }


def listening_on(plan: Plan) -> Plan:
    """The same turn goes on in silence, without a word."""
    return {**plan, "n": plan["n"] + 1, "says": [], "quiet_s": plan["quiet_s"] + plan["timeout_s"]}


@dataclass(frozen=True, slots=True)
class Keyed:
    """What keys amount to: `digits` to tell the dialogue, or the plan by which more are gathered first."""

    digits: str = ""
    more: Plan | None = None


def keyed(plan: Plan, digits: str, *, mode: MediaMode) -> Keyed:
    """What was keyed in this turn so far. Without keys, and without any awaited, nothing."""
    wanted, stage, typed = plan["max_digits"], plan["by_keys"], plan["typed"] + digits
    is_settled = mode is not MediaMode.RECORD or wanted == 1 or stage == WHOLE
    if is_settled or len(typed) >= wanted or typed.endswith("#") or not typed:
        return Keyed(typed)
    following = {**plan, "n": plan["n"] + 1, "quiet_s": 0}
    if stage == REST:
        asked = {"by_keys": WHOLE, "typed": "", "says": plan["question"], "timeout_s": math.ceil(plan["after_s"])}
        return Keyed(more={**following, **asked})
    return Keyed(more={**following, "by_keys": REST, "typed": typed, "says": []})


def document_of(settings: Settings, call_id: str, plan: Plan) -> list[Verb]:
    """The carrier's instructions for this turn."""
    sounds = [Play(urls.clip(settings, f"{call_id}.{plan['n']}.{place}")) for place in range(len(plan["says"]))]
    if plan.get("end") == "HangUp":
        return [*sounds, Hangup()]
    if plan.get("end") == "Transfer":
        return [*sounds, Redirect(urls.hook(settings, "/voice/resume", call_id=call_id))]
    if settings.media_mode is MediaMode.KEYPAD or plan["by_keys"]:
        return _gather(settings, call_id, plan, sounds)
    action = urls.hook(settings, "/voice/turn", call_id=call_id, turn=plan["n"])
    record = Record(action=action, timeout_s=plan["timeout_s"], max_length_s=LONGEST_ANSWER_S)
    return [*sounds, record, Redirect(action)]


def _gather(settings: Settings, call_id: str, plan: Plan, sounds: list[Play]) -> list[Verb]:
    """Keys cut off what may be cut off; the rest is played before they count."""
    first = next((place for place, said in enumerate(plan["says"]) if said["may_cut"]), len(sounds))
    action = urls.hook(settings, "/voice/keys", call_id=call_id, turn=plan["n"])
    gather = Gather(
        action=action,
        num_digits=plan["max_digits"] - len(plan["typed"]),
        timeout_s=BETWEEN_KEYS_S if plan["by_keys"] == REST else plan["timeout_s"],
        inner=sounds[first:],
    )
    return [*sounds[:first], gather, Redirect(action)]


def _said(say: Say) -> dict[str, Any]:
    return {"id": say.say_id, "text": say.text, "may_cut": say.is_interruptible, "pieces": clause_to_json(say.pieces)}
