"""The contract of a Notebook, on the fake and on SQL; then what SQL alone promises: all or nothing, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from desk.intake import StoredNotebook
from ivr.dialogue.effects import Lasting, Note, Promise
from ivr.meaning import Bound
from ivr.ports import CallSheet, Notebook, Turn
from ivr.script.fields import Facts
from kit.vocabulary import CallState, HangUpReason, Outcome
from store import calls, ledger
from store.models import Attempt
from store.session import Store
from tests.fakes.notebook import FakeNotebook
from tests.store import cast
from tests.store.conftest import MONDAY

PROMISE = Promise(pay_on=date(2026, 11, 27), amount_fen=None, bound=Bound.ON, quote="周五还")
MEMORY = {"version": 1, "step": "ask_when", "tries": {"ask_when": 1}}


def turn(text: str = "我周五还", speaker: str = "callee", at_s: float = 3.0) -> Turn:
    return Turn(speaker=speaker, text=text, step="ask_when", started_s=at_s, ended_s=at_s + 1)


FACTS: Facts = {"borrower_name": "王合作", "amount_fen": 320_000, "due_on": date(2026, 11, 20)}


@pytest.fixture(params=["fake", "sql"])
def opened(request: pytest.FixtureRequest) -> tuple[Notebook, str]:
    if request.param == "fake":
        sheet = CallSheet("call_1", "attempt_1", "overdue", "d" * 64, FACTS, None, None, CallState.NEW)
        return FakeNotebook(sheet), "call_1"
    store: Store = request.getfixturevalue("store")
    _, call = cast.ready_call(store)
    return StoredNotebook(store), call.id


class TestContract:
    """What every Notebook does."""

    def test_a_fresh_sheet_has_facts_and_no_memory(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert (dict(sheet.facts), sheet.memory, sheet.state, sheet.outcome) == (FACTS, None, "new", None)
        assert sheet.script_id == "overdue"

    def test_no_such_call(self, opened: tuple[Notebook, str]) -> None:
        assert opened[0].open_call("call_nobody") is None

    def test_memory_comes_back_as_saved(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        notebook.save_turn(call_id, [turn()], MEMORY, [PROMISE], MONDAY)
        newer = MEMORY | {"step": "close"}
        notebook.save_turn(call_id, [turn("再见", at_s=8.0)], newer, [], MONDAY)
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert sheet.memory == newer

    def test_what_is_changed_after_saving_is_not_saved(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        memory = {"steps": ["one"]}
        notebook.save_turn(call_id, [], memory, [], MONDAY)
        memory["steps"].append("two")
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert sheet.memory == {"steps": ["one"]}

    def test_state_survives(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        notebook.set_state(call_id, CallState.TRANSFERRING, agents_tried=2)
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert (sheet.state, sheet.agents_tried) == ("transferring", 2)

    def test_how_often_the_carrier_found_nobody_is_kept_until_somebody_is_there(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        for state, redirects in ((CallState.LOST, 3), (CallState.TALKING, 0)):
            notebook.set_state(call_id, state, redirects=redirects)
            sheet = notebook.open_call(call_id)
            assert sheet is not None
            assert (sheet.state, sheet.redirects) == (state, redirects)

    def test_the_first_outcome_stands_unless_it_was_unknown(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        for outcome, expected in (
            (Outcome.UNKNOWN, Outcome.UNKNOWN),
            (Outcome.PROMISE, Outcome.PROMISE),
            (Outcome.REFUSED, Outcome.PROMISE),
        ):
            notebook.finish(call_id, outcome, HangUpReason.SCRIPT_ENDED, MONDAY)
            sheet = notebook.open_call(call_id)
            assert sheet is not None
            assert sheet.outcome is expected

    def test_an_older_save_repeated_does_not_bring_old_memory_back(self, opened: tuple[Notebook, str]) -> None:
        notebook, call_id = opened
        newer = MEMORY | {"step": "close"}
        notebook.save_turn(call_id, [turn()], MEMORY, [PROMISE], MONDAY)
        notebook.save_turn(call_id, [turn("好", at_s=9.0)], newer, [], MONDAY)
        notebook.save_turn(call_id, [turn()], MEMORY, [PROMISE], MONDAY)
        sheet = notebook.open_call(call_id)
        assert sheet is not None
        assert sheet.memory == newer


def test_saving_the_same_turn_twice_changes_nothing(store: Store) -> None:
    _, call = cast.ready_call(store)
    notebook = StoredNotebook(store)
    lasting: list[Lasting] = [PROMISE, Note("reason", "forgot", "忘了")]
    notebook.save_turn(call.id, [turn("您好", "bot", 0.0), turn()], MEMORY, lasting, MONDAY)
    before = _everything(store)
    notebook.save_turn(call.id, [turn("您好", "bot", 0.0), turn()], MEMORY, lasting, MONDAY + timedelta(seconds=5))
    assert _everything(store) == before


def _everything(store: Store) -> dict[str, int]:
    with store.engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names}


def test_turns_keep_their_order_and_meaning(store: Store) -> None:
    _, call = cast.ready_call(store)
    notebook = StoredNotebook(store)
    heard = Turn("callee", "我周五还", "ask_when", 3.0, 4.0, False, "1", {"intent": "promise_to_pay"}, 0.9, "vosk")
    notebook.save_turn(call.id, [turn("您好", "bot", 0.0), heard], MEMORY, [], MONDAY)
    notebook.save_turn(call.id, [turn("好的", "bot", 5.0)], MEMORY, [], MONDAY)
    with store.reading() as session:
        rows = calls.transcript(session, call.id)
    assert [(row.ordinal, row.text) for row in rows] == [(1, "您好"), (2, "我周五还"), (3, "好的")]
    kept = rows[1]
    assert (kept.heard_whole, kept.keys, kept.meaning, kept.confidence, kept.engine) == (
        False,
        "1",
        {"intent": "promise_to_pay"},
        0.9,
        "vosk",
    )


def test_finishing_gives_the_attempt_its_outcome_and_stays_in_the_ledger(store: Store) -> None:
    attempt, call = cast.ready_call(store)
    StoredNotebook(store).finish(call.id, Outcome.PROMISE, HangUpReason.SCRIPT_ENDED, MONDAY)
    with store.reading() as session:
        assert session.get_one(Attempt, attempt.id).outcome is Outcome.PROMISE
    assert ledger.verify(store) == []


@pytest.mark.parametrize("act", ["save_turn", "set_state", "finish"])
def test_a_call_that_does_not_exist_is_named(store: Store, act: str) -> None:
    notebook = StoredNotebook(store)
    acts: dict[str, Callable[[datetime], None]] = {
        "save_turn": lambda now: notebook.save_turn("call_nobody", [], {}, [], now),
        "set_state": lambda now: notebook.set_state("call_nobody", CallState.TALKING),
        "finish": lambda now: notebook.finish("call_nobody", Outcome.SILENT, HangUpReason.SILENCE, now),
    }
    with pytest.raises(LookupError):
        acts[act](MONDAY)
