"""Laws that hold in every call: the real scripts against random events, with memory reloaded at each point."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr import terminal
from ivr.dialogue import effects as out
from ivr.dialogue import events
from ivr.dialogue.effects import Effect
from ivr.dialogue.errors import DialogueMisuse, PeerMisbehaved
from ivr.dialogue.lines import personal_pieces, static_pieces
from ivr.dialogue.machine import Dialogue
from ivr.dialogue.memory import Phase
from ivr.meaning import Bound, Meaning, RiskFound, Slot, SlotProblem
from ivr.script.fields import Facts
from ivr.script.load import load_script, script_ids
from ivr.script.model import Do, Route, Script
from kit.vocabulary import Announcement, Intent, Order, Risk, Severity, SlotName
from tests.ivr.dialogue.small import NOW

FOLDER = Path(__file__).parents[3] / "scripts_zh"
FACTS: Facts = terminal.invented_facts(NOW.date())
PRIVATE_WORDS = ("3200", "逾期", "车贷")
MOST_EFFECTS = 40


@cache
def script_of(script_id: str) -> Script:
    return load_script(FOLDER, script_id)


@cache
def rendered(script_id: str) -> frozenset[str]:
    return static_pieces(script_of(script_id)) | personal_pieces(script_of(script_id), FACTS)


def _values(name: SlotName) -> st.SearchStrategy[int | str | date | datetime | None]:
    if name in (SlotName.PAY_ON, SlotName.PAID_ON):
        return st.integers(-40, 40).map(lambda days: NOW.date() + timedelta(days=days))
    if name in (SlotName.CALLBACK_AT, SlotName.VISIT_AT):
        return st.integers(-40, 400).map(lambda hours: NOW + timedelta(hours=hours))
    if name is SlotName.AMOUNT_FEN:
        return st.sampled_from((0, 1, 100_000, 320_000, 99_000_000))
    return st.sampled_from(("1234", "5678", "voicemail", "off", "3", "sold"))


def _slot(name: SlotName) -> st.SearchStrategy[Slot]:
    return st.builds(
        Slot,
        name=st.just(name),
        value=st.one_of(st.none(), _values(name)),
        heard=st.just("听到的"),
        bound=st.sampled_from(Bound),
        problem=st.one_of(st.none(), st.none(), st.sampled_from(SlotProblem)),
    )


INTENTS = st.sampled_from([intent for intent in Intent if intent is not Intent.ANNOUNCEMENT])
SLOTS = st.sampled_from(SlotName).flatmap(_slot)
RISKS = st.builds(RiskFound, category=st.sampled_from(Risk), severity=st.sampled_from(Severity))
MEANINGS = st.builds(
    Meaning,
    text=st.sampled_from(("我说的话", "", "周五还", "身份证110101199001011234")),
    intent=INTENTS,
    intents=st.lists(INTENTS, max_size=2).map(tuple),
    slots=st.lists(SLOTS, max_size=2).map(tuple),
    risk=st.one_of(st.just(()), st.just(()), st.lists(RISKS, max_size=2).map(tuple)),
)
VERIFYING = st.sampled_from((events.Pressed("1"), events.Pressed("1234")))
EVENTS = st.one_of(
    VERIFYING,
    st.builds(events.Understood, MEANINGS),
    st.builds(events.Understood, MEANINGS),
    st.builds(events.Understood, MEANINGS),
    st.text(alphabet="0123456789*#", min_size=1, max_size=5).map(events.Pressed),
    st.integers(-1, 30).map(events.WentSilent),
    st.integers(-1, 40).map(events.Played),
    st.builds(events.Interrupted, st.integers(-1, 40), st.sampled_from(("", "您好", "您好，这里是安行"))),
    st.just(events.Resumed()),
    st.just(events.TransferDone("zhou")),
    st.just(events.TransferFailed()),
    st.sampled_from(Announcement).map(events.MachineAnswered),
    st.sampled_from(Order).map(events.Commanded),
    st.just(events.TimeUp()),
    st.just(events.HungUp()),
    st.just(events.Pressed("no key")),
)
OPENING = [events.Pressed("1"), events.Pressed("1234")]
CALLS = st.tuples(st.sampled_from(script_ids(FOLDER)), st.booleans(), st.lists(EVENTS, max_size=14))


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(CALLS)
def test_laws_of_every_call(call: tuple[str, bool, list[events.Event]]) -> None:
    script_id, is_verified_first, happened = call
    script = script_of(script_id)
    dialogue, effects = Dialogue.start(script, FACTS, NOW)
    watch = _Watch(script_id)
    watch.see(dialogue, effects)
    for event in [*(OPENING if is_verified_first else ()), *happened]:
        before = dialogue.to_dict()
        reloaded = Dialogue.from_dict(json.loads(json.dumps(before)), script, FACTS)
        assert reloaded.to_dict() == before
        try:
            effects = dialogue.receive(event, NOW)
        except PeerMisbehaved:
            assert dialogue.to_dict() == before
            continue
        except DialogueMisuse:
            assert dialogue.to_dict() == before
            assert event in (events.Commanded(Order.LISTEN_IN), events.Commanded(Order.MACHINE_ANSWERED))
            continue
        assert reloaded.receive(event, NOW) == effects
        assert reloaded.to_dict() == dialogue.to_dict()
        watch.see(dialogue, effects)


class _Watch:
    """What must be true after every event."""

    def __init__(self, script_id: str) -> None:
        self.script_id = script_id
        self.waits: Effect | None = None
        self.told: dict[Risk, Severity] = {}

    def see(self, dialogue: Dialogue, effects: list[Effect]) -> None:
        assert len(effects) <= MOST_EFFECTS
        self._order(effects)
        self._waits_or_ends(dialogue, effects)
        for effect in effects:
            if isinstance(effect, out.Say):
                self._says(dialogue, effect)
            elif isinstance(effect, out.Escalate):
                assert effect.severity < self.told.get(effect.risk, Severity(3) + 1)
                self.told[effect.risk] = effect.severity
            elif isinstance(effect, out.Transfer):
                assert effect.severity == min(self.told.values(), default=Severity.P3)
                assert "11010119" not in effect.summary
            elif isinstance(effect, out.Note):
                assert effect.topic != "fault", effect.value

    def _order(self, effects: list[Effect]) -> None:
        """Lasting, then speech, then at most one of Listen + WakeAt, Transfer, HangUp."""
        kinds = [2 if isinstance(effect, _WAITS) else 1 if isinstance(effect, out.Say) else 0 for effect in effects]
        assert kinds == sorted(kinds)
        waits = [type(effect) for effect in effects if isinstance(effect, _WAITS)]
        assert waits in ([], [out.Listen, out.WakeAt], [out.Transfer], [out.HangUp])

    def _waits_or_ends(self, dialogue: Dialogue, effects: list[Effect]) -> None:
        found = [effect for effect in effects if isinstance(effect, out.Listen | out.Transfer | out.HangUp)]
        self.waits = found[0] if found else self.waits
        assert dialogue.is_over or self.waits is not None
        if any(isinstance(effect, out.Say) for effect in effects):
            assert found
        if not dialogue.is_over:
            assert (dialogue.to_dict()["phase"] == Phase.ENDING) is isinstance(self.waits, out.HangUp)
            assert dialogue.is_transferring is isinstance(self.waits, out.Transfer)

    def _says(self, dialogue: Dialogue, say: out.Say) -> None:
        assert say.pieces
        assert all(piece.value is not None or piece.text in rendered(self.script_id) for piece in say.pieces)
        if say.is_private:
            assert dialogue.is_verified
        if not dialogue.is_verified:
            assert not any(word in say.text for word in PRIVATE_WORDS)


_WAITS = (out.Listen, out.WakeAt, out.Transfer, out.HangUp)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(script_ids(FOLDER)), st.lists(EVENTS, max_size=8))
def test_duplicates_and_late_comers_change_nothing(script_id: str, happened: list[events.Event]) -> None:
    dialogue, effects = Dialogue.start(script_of(script_id), FACTS, NOW)
    said, tags = [], []
    for event in happened:
        said += [effect.say_id for effect in effects if isinstance(effect, out.Say)]
        tags += [effect.tag for effect in effects if isinstance(effect, out.WakeAt)]
        try:
            effects = dialogue.receive(event, NOW)
        except (PeerMisbehaved, DialogueMisuse):
            effects = []
    said += [effect.say_id for effect in effects if isinstance(effect, out.Say)]
    late: list[events.Event] = [events.Played(say_id) for say_id in (*said, *said)]
    late += [events.WentSilent(tag) for tag in tags[:-1]]
    for event in late:
        before = dialogue.to_dict()
        assert dialogue.receive(event, NOW) == []
        after = dialogue.to_dict()
        assert {**after, "spoken": []} == {**before, "spoken": []}


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(script_ids(FOLDER)), st.lists(EVENTS, max_size=14))
def test_a_script_that_forgets_to_ask_who_it_is_still_tells_nothing(script_id: str, happened: list[events.Event]) -> None:
    script = forgetful(script_id)
    dialogue, effects = Dialogue.start(script, FACTS, NOW)
    for event in happened:
        for say in effects:
            if isinstance(say, out.Say) and not dialogue.is_verified:
                assert not say.is_private
                assert not any(word in say.text for word in PRIVATE_WORDS)
        try:
            effects = dialogue.receive(event, NOW)
        except (PeerMisbehaved, DialogueMisuse):
            effects = []


@cache
def forgetful(script_id: str) -> Script:
    """The script with every question for verification struck out and every identity step leading on."""

    def careless(route: Route) -> Route:
        goto = "purpose" if route.goto.startswith("identity.") else route.goto
        return replace(route, when=replace(route.when, is_verified=None, matches=None), goto=goto)

    script = script_of(script_id)
    steps = {
        name: replace(
            step,
            routes=tuple(careless(route) for route in step.routes),
            keys={key: careless(route) for key, route in step.keys.items()},
            actions=tuple(action for action in step.actions if action.do is not Do.VERIFIED),
        )
        for name, step in script.steps.items()
    }
    return replace(script, steps=steps, always=tuple(careless(route) for route in script.always))


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(script_ids(FOLDER)), st.lists(EVENTS, max_size=10))
def test_a_p0_word_brings_a_person_whatever_came_before(script_id: str, happened: list[events.Event]) -> None:
    dialogue, _ = Dialogue.start(script_of(script_id), FACTS, NOW)
    told: set[tuple[Risk, Severity]] = set()
    for event in happened:
        try:
            effects = dialogue.receive(event, NOW)
        except (PeerMisbehaved, DialogueMisuse):
            continue
        told |= {(effect.risk, effect.severity) for effect in effects if isinstance(effect, out.Escalate)}
    was_told = any(severity is Severity.P0 for _, severity in told)
    was_busy = dialogue.is_over or dialogue.is_transferring
    despair = Meaning("我不想活了", Intent.UNCLEAR, risk=(RiskFound(Risk.SELF_HARM, Severity.P0),))
    effects = dialogue.receive(events.Understood(despair), NOW)
    if (Risk.SELF_HARM, Severity.P0) not in told:
        assert any(isinstance(effect, out.Escalate) for effect in effects)
    if not was_busy and not was_told:
        assert isinstance(effects[-1], out.Transfer)
        assert effects[-1].severity is Severity.P0
