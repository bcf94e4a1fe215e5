"""A conversation on paper: read like a play, performed by the dialogue, written down again. Reads no file.

A play is a list of lines. The callee's: `caller` (words), `press` (keys), `silence`, `interrupt` (what was heard of the
latest speech), `hangs_up`, `line_lost`, `transfer` (done or failed), `machine` (kind), `order` (of ours), `time_up`.
Ours: `bot`, `private` (for the verified borrower only), `effect`, `end`. `either` ends a play in branches by name, each
played from the same moment. Performing keeps the callee's lines and writes ours anew; memory goes through JSON between
all lines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import yaml

from ivr.dialogue import effects as out
from ivr.dialogue import events
from ivr.dialogue.errors import PeerMisbehaved, Refused
from ivr.dialogue.machine import Dialogue
from ivr.meaning import Hints, Meaning, RiskFound, Slot, slot_from_dict
from ivr.script.fields import FIELDS, Facts, FactValue, Kind
from ivr.script.model import Script
from kit.vocabulary import Announcement, Intent, Order, Risk, Severity

Understand = Callable[[str, Hints], Meaning]
PlayLine = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Either:
    """What may happen next, by name: each branch goes on from the same moment."""

    branches: Mapping[str, Sequence[Beat]]


Beat = PlayLine | Either

CUES = ["caller", "press", "silence", "interrupt", "hangs_up", "line_lost", "transfer", "machine", "order", "time_up"]
OURS = ("bot", "private", "effect", "end")
TYPED = "!"
"""Words that begin so are intents, slots and risks as typed: `!promise_to_pay pay_on=2026-11-27 self_harm:P0`."""


class BadPlay(ValueError):
    """The text is no play; the message says what and where."""


@dataclass(slots=True)
class Play:
    """A play as read: `facts` are those that differ from the cast's usual ones.

    `start` begins elsewhere than the script does: for steps that only a fault of ours leads to.
    """

    script: str
    title: str
    now: datetime
    facts: dict[str, FactValue]
    beats: list[Beat]
    start: str = ""


@dataclass(slots=True)
class Performance:
    """What came of a play: its beats with ours written anew, the steps entered and the ways taken."""

    beats: list[Beat]
    trail: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=set)


def read(text: str) -> Play:
    """A play from YAML text. Raises BadPlay."""
    try:
        data = yaml.load(text, Loader=yaml.BaseLoader)
        return Play(
            script=data["script"],
            title=data.get("title", ""),
            now=datetime.fromisoformat(data["now"]),
            facts={name: _fact(name, value) for name, value in (data.get("facts") or {}).items()},
            beats=_beats(data.get("play") or []),
            start=data.get("start", ""),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as fault:
        raise BadPlay(f"不是对话剧本：{fault}") from fault


def write(play: Play, beats: Sequence[Beat]) -> str:
    """The play as YAML text with these beats: one a line, so that a difference can be read."""
    head: dict[str, Any] = {"script": play.script, "title": play.title, "now": play.now.isoformat()}
    if play.start:
        head["start"] = play.start
    if play.facts:
        head["facts"] = {name: str(value) for name, value in play.facts.items()}
    return "".join((_yaml(head), "play:\n", *_written(beats, "")))


def perform(play: Play, script: Script, *, facts: Facts, understand: Understand) -> Performance:
    """Play it: every cue in order, our lines as the dialogue speaks them now."""
    if play.start:
        script = replace(script, start=play.start)
    stage = Stage(script, {**facts, **play.facts}, play.now, understand)
    beats: list[Beat] = [*stage.begin()]
    beats += _performed(play.beats, stage)
    return Performance(beats, stage.trail, stage.steps)


def _performed(beats: Sequence[Beat], stage: Stage) -> list[Beat]:
    done: list[Beat] = []
    for beat in beats:
        if isinstance(beat, Either):
            return [*done, Either({name: _performed(branch, stage.fork()) for name, branch in beat.branches.items()})]
        if beat[0] in CUES:
            done += [beat, *stage.cue(*beat)]
    return done


class Stage:
    """One dialogue being played by typing. Everything said is taken as heard whole unless the cue interrupts it."""

    def __init__(self, script: Script, facts: Facts, now: datetime, understand: Understand) -> None:
        self.script, self.facts, self.now = script, facts, now
        self._understand = understand
        self.trail: set[str] = set()
        self.steps: set[str] = set()
        self.meaning: Meaning | None = None
        self.effects: list[out.Effect] = []
        self._says: list[out.Say] = []
        self._tag = 0

    def begin(self) -> list[PlayLine]:
        """The call is answered."""
        self.dialogue, effects = Dialogue.start(self.script, self.facts, self.now)
        return self._took(effects)

    def cue(self, key: str, text: str) -> list[PlayLine]:
        """One line of the callee or the world, and ours that follow. Raises BadPlay for a cue that does not exist."""
        if key != "interrupt":
            for say in self._says:
                self._receive(events.Played(say.say_id))
            self._says = []
        event = self._event(key, text)
        if isinstance(event, events.Interrupted):
            self._says = []
        return self._took(self._receive(event))

    def fork(self) -> Stage:
        """Another stage at the same moment; ways and steps are gathered together."""
        other = Stage(self.script, self.facts, self.now, self._understand)
        other.dialogue = Dialogue.from_dict(self.dialogue.to_dict(), self.script, self.facts)
        other.trail, other.steps = self.trail, self.steps
        other._says, other._tag = list(self._says), self._tag
        return other

    @property
    def is_done(self) -> bool:
        """Nothing more can happen."""
        return self.dialogue.is_over

    def _receive(self, event: events.Event) -> list[out.Effect]:
        memory = json.loads(json.dumps(self.dialogue.to_dict()))
        self.dialogue = Dialogue.from_dict(memory, self.script, self.facts)
        try:
            return self.dialogue.receive(event, self.now)
        except (Refused, PeerMisbehaved) as refusal:
            raise BadPlay(f"这里不能这样：{refusal}") from None

    def _took(self, effects: list[out.Effect]) -> list[PlayLine]:
        self.effects = effects
        self.trail |= set(self.dialogue.trail)
        self.steps |= set(self.dialogue.entered)
        for effect in effects:
            if isinstance(effect, out.Say):
                self._says.append(effect)
            elif isinstance(effect, out.WakeAt):
                self._tag = effect.tag
        return [line for effect in effects for line in describe(effect)]

    def _event(self, key: str, text: str) -> events.Event:
        self.meaning = None
        if key == "caller":
            hints = self.dialogue.hints(self.now)
            self.meaning = typed(text) if text.startswith(TYPED) else self._understand(text, hints)
            return events.Understood(self.meaning)
        if key == "interrupt":
            if not self._says:
                raise BadPlay("没有正在说的话可以打断")
            return events.Interrupted(self._says[0].say_id, text)
        made = _EVENTS.get(key)
        if made is None:
            raise BadPlay(f"没有“{key}”这种台词")
        try:
            return events.WentSilent(self._tag) if key == "silence" else made(text)
        except ValueError:
            raise BadPlay(f"{key} 没有“{text}”这一种") from None


def typed(text: str) -> Meaning:
    """A meaning as typed after `!`: intents, `slot=value`, `risk:P0`. Raises BadPlay."""
    intents: list[Intent] = []
    slots: list[Slot] = []
    risk: list[RiskFound] = []
    try:
        for word in text.removeprefix(TYPED).split():
            if "=" in word:
                slots.append(_slot(*word.split("=", 1)))
            elif ":" in word:
                category, severity = word.split(":", 1)
                risk.append(RiskFound(Risk(category), Severity[severity], "typed"))
            else:
                intents.append(Intent(word))
    except (KeyError, ValueError) as fault:
        raise BadPlay(f"看不懂“{text}”：{fault}") from fault
    return Meaning(text, intents[0] if intents else Intent.UNCLEAR, tuple(intents), tuple(slots), tuple(risk))


def describe(effect: out.Effect) -> list[PlayLine]:
    """An effect as lines of a play; waiting is not written down."""
    if isinstance(effect, out.Say):
        return [("private" if effect.is_private else "bot", effect.text)]
    if isinstance(effect, out.HangUp):
        return [("end", f"{effect.outcome.value} ({effect.reason.value})")]
    if isinstance(effect, out.Listen | out.WakeAt):
        return []
    return [("effect", " ".join(_words(effect)))]


def _words(effect: out.Effect) -> list[str]:
    """The kind and values of an effect; quotes are the callee's lines and are not repeated."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(effect).__name__).strip("_")
    values = {key: getattr(effect, key) for key in effect.__slots__ if key not in ("quote", "why")}
    if isinstance(effect, out.Note):
        return [name, effect.topic, effect.value]
    return [name, *(f"{key}={_word(value)}" for key, value in values.items() if value is not None)]


def _word(value: object) -> str:
    if isinstance(value, Severity):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return str(value)


def _slot(name: str, value: str) -> Slot:
    problem = None
    if "?" in value:
        value, problem = value.split("?", 1)
    number: Any = int(value) if name in ("amount_fen", "score") and value else value
    return slot_from_dict({"name": name, "value": number or None, "heard": value, "bound": "on", "problem": problem})


def _beats(items: Sequence[object]) -> list[Beat]:
    beats = [_beat(item) for item in items]
    if any(isinstance(beat, Either) for beat in beats[:-1]):
        raise BadPlay("either 只能是最后一条")
    return beats


def _beat(item: object) -> Beat:
    if isinstance(item, str) and item in CUES:
        return item, ""
    if isinstance(item, Mapping) and len(item) == 1:
        key, text = next(iter(item.items()))
        if key in (*CUES, *OURS) and isinstance(text, str):
            return key, text
        if key == "either" and isinstance(text, Mapping):
            return Either({name: _beats(branch) for name, branch in text.items()})
    raise BadPlay(f"台词看不懂：{item!r}")


def _written(beats: Sequence[Beat], indent: str) -> Iterator[str]:
    for beat in beats:
        if isinstance(beat, Either):
            yield f"{indent}- either:\n"
            for name, branch in beat.branches.items():
                yield f"{indent}    {_yaml({name: None}).split(':')[0]}:\n"
                yield from _written(branch, indent + "    ")
        elif beat[1]:
            yield f"{indent}- {_yaml(dict([beat]))}"
        else:
            yield f"{indent}- {beat[0]}\n"


def _fact(name: str, value: str) -> FactValue:
    kind = FIELDS[name].kind
    if kind in (Kind.MONEY, Kind.COUNT):
        return int(value)
    return date.fromisoformat(value) if kind is Kind.DATE else value


def _yaml(item: Mapping[str, Any]) -> str:
    return yaml.safe_dump(item, allow_unicode=True, width=10_000, sort_keys=False)


_EVENTS: Mapping[str, Callable[[str], events.Event]] = {
    "press": events.Pressed,
    "silence": lambda _: events.WentSilent(0),
    "hangs_up": lambda _: events.HungUp(),
    "line_lost": lambda _: events.Resumed(),
    "transfer": lambda how: events.TransferDone("agent") if how == "done" else events.TransferFailed(),
    "machine": lambda kind: events.MachineAnswered(Announcement(kind)),
    "order": lambda order: events.Commanded(Order(order)),
    "time_up": lambda _: events.TimeUp(),
}
