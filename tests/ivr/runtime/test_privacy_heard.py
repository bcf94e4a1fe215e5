"""Nobody unverified hears of a debt: the stored recordings are decrypted and an independent ear listens to what we said.

The calls are real but for the line: the real script in the real voice, the real understanding, sealed stereo recordings.
A verified borrower's call is the control: there the same ear must find the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from campaigns.facts import call_facts
from desk.intake import StoredNotebook
from ivr.runtime.pump import carry
from ivr.runtime.voicebox import Voicebox
from ivr.script.load import load_script
from ivr.understanding import understand
from kit.clock import ManualClock, local_date
from kit.settings import Settings, load_settings
from kit.vocabulary import Outcome
from simulator.cast import heard_at
from simulator.demo.judge import PRIVATE
from speech import catalogue
from speech.audio import decode_mulaw
from speech.ports import EngineUnavailable, Recognizer
from speech.prompts import PromptStore, open_prompts
from store import attempts, targets
from store.recordings import StoredRecorder, listen
from store.session import Store
from tests.ivr.runtime.rig import House, Phone, Plot, proves_it
from tests.store import cast
from tests.store.conftest import clock, migrated, store

__all__ = ["clock", "migrated", "store"]
SCRIPT = load_script(Path("scripts_zh"), "overdue_reminder")
AMOUNT = ("三千两百元", "三千二百元", "3200元")
PAUSE = re.compile(rb"\xff{3200,}")
"""0.4 s of digital silence on our side: we said nothing."""
Behaviour = Callable[[Phone], Plot]


class OnDemand:
    """Clips of the real voice, rendered when they are first spoken: a test says a fraction of a script."""

    def __init__(self, prompts: PromptStore) -> None:
        self._prompts = prompts

    def clip(self, text: str) -> bytes:
        self._prompts.render_all([text], is_personal=True)
        return self._prompts.clip(text)

    def joined(self, texts: Sequence[str]) -> bytes:
        self._prompts.render_all(texts, is_personal=True)
        return self._prompts.joined(texts)


@pytest.fixture(scope="module")
def ear() -> Recognizer:
    try:
        return catalogue.recognizer(load_settings(), "whisper")
    except EngineUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def hear(ear: Recognizer) -> Callable[[bytes], str]:
    """What the ear makes of a stretch of mu-law; the same stretch is heard once."""

    @cache
    def heard(mulaw: bytes) -> str:
        return ear.transcribe(decode_mulaw(mulaw)).text

    return heard


@pytest.fixture
def settings(store: Store) -> Settings:
    """The real voice and its cache of public clips; everything personal below the test's own data directory."""
    return load_settings().model_copy(
        update={"data_dir": store.settings.data_dir, "synthesizer": "kokoro", "caller_id": "+12025550100"}
    )


@pytest.fixture
def house(store: Store, clock: ManualClock, settings: Settings) -> House:
    try:
        catalogue.synthesizer(settings)
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    made = House()
    made.clock = clock
    made.line = replace(
        made.line,
        clock=clock,
        notebook=StoredNotebook(store),
        recorder=StoredRecorder(store),
        prompts=Voicebox(OnDemand(open_prompts(settings, store.digest_key))),
        scripts=lambda script_id, digest: SCRIPT,
        understand=understand,
    )
    return made


def placed(store: Store, settings: Settings) -> str:
    """A call to a borrower who owes 3200 yuan; its id."""
    borrower, loan = cast.add_borrower(store, 1, name="王小明", id_last4="3826")
    target = cast.add_target(store, cast.add_campaign(store), borrower, loan)
    now = store.clock.now()
    facts = call_facts(settings, borrower, loan, on=local_date(now))
    intention = replace(cast.intention(), script_id=SCRIPT.id, script_digest=SCRIPT.digest, facts=facts)
    with store.transaction() as session:
        assert targets.lease(session, target.id, owner=cast.OWNER, now=now, for_s=60)
        return attempts.intend(session, target.id, intention, now=now)[1].id


def wrong_number(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("你打错了，我不认识这个人")
    yield from phone.until_quiet()
    yield from phone.wait(3)


def wife_answers(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("他不在，我是他老婆，你找他什么事")
    yield from phone.until_quiet()
    yield from phone.wait(3)


def hangs_up_before_it_is_verified(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    yield from phone.say("是我，你是谁，有什么事")
    yield from phone.until_quiet()
    yield from phone.wait(1)


def cannot_be_verified(phone: Phone) -> Plot:
    yield from phone.until_quiet()
    phone.press("1")
    for _ in range(2):
        yield from phone.until_quiet()
        phone.press("9999")
    yield from phone.until_quiet()
    yield from phone.wait(3)


def is_verified(phone: Phone) -> Plot:
    yield from proves_it(phone, "3826")
    yield from phone.wait(1)


def call(house: House, store: Store, settings: Settings, behaviour: Behaviour) -> tuple[str, Outcome | None]:
    """Carry a whole call; its id and its outcome."""
    call_id = placed(store, settings)
    carry(Phone(house, house.live.issue_token(call_id), behaviour), house.line)
    sheet = house.line.notebook.open_call(call_id)
    assert sheet is not None
    return call_id, sheet.outcome


def told(store: Store, call_id: str, hear: Callable[[bytes], str]) -> str:
    """Everything that the callee heard of us, as the ear makes it out of the stored recording."""
    ours = listen(store, call_id, by="auditor").ours
    return "。".join(hear(part) for part in PAUSE.split(ours) if len(part) > 800)


def secrets_in(text: str) -> set[str]:
    """The words in it that only a verified borrower may hear, compared by sound."""
    return {word for word in (*PRIVATE, *AMOUNT) if heard_at(word, text) >= 0}


@pytest.mark.engines
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (wrong_number, Outcome.WRONG_NUMBER),
        (wife_answers, Outcome.THIRD_PARTY),
        (hangs_up_before_it_is_verified, Outcome.HUNG_UP_EARLY),
        (cannot_be_verified, Outcome.THIRD_PARTY),
    ],
)
def test_the_unverified_hear_nothing_of_a_debt(
    house: House,
    store: Store,
    settings: Settings,
    hear: Callable[[bytes], str],
    behaviour: Behaviour,
    outcome: Outcome,
) -> None:
    call_id, ended = call(house, store, settings, behaviour)
    text = told(store, call_id, hear)
    assert ended is outcome
    assert heard_at("人工智能", text) >= 0, f"the ear did not hear our own notice: {text}"
    assert secrets_in(text) == set()


@pytest.mark.engines
def test_the_same_ear_finds_the_words_where_they_were_said(
    house: House, store: Store, settings: Settings, hear: Callable[[bytes], str]
) -> None:
    call_id, _ = call(house, store, settings, is_verified)
    text = told(store, call_id, hear)
    found = secrets_in(text)
    assert {"逾期", "还款"} <= found, text
    assert found & set(AMOUNT), text


def test_what_is_silent_is_not_heard() -> None:
    """The cut by silence keeps every sound: what is joined again is as long as what was said."""
    sound = b"\x10" * 4000
    parts = [part for part in PAUSE.split(b"\xff" * 8000 + sound + b"\xff" * 3200 + sound) if part]
    assert parts == [sound, sound]
    assert np.abs(decode_mulaw(b"\xff")).max() == 0
