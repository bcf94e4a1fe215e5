"""The tables of moves: who may do what, property by property; and the desk's command line."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from desk import commands, inbox, promises, responses
from desk.cases import MOVES, CaseAction, CaseNow, CaseState, IllegalMove, Person, move
from desk.inbox import NoSuchCase
from desk.intake import StoredNotebook
from desk.promises import PromiseAction, judge
from desk.wording import KIND_NAMES
from ivr.dialogue.effects import Escalate, Lasting
from ivr.ports import Turn
from kit.clock import SHANGHAI, ManualClock
from kit.vocabulary import Risk, Severity
from store.gate_facts import facts_for_gate
from store.session import Store
from store.words import PromiseState
from tests.store import cast
from tests.store.conftest import MONDAY

ZHOU, WU, ZHENG = Person("zhou"), Person("wu"), Person("zheng", is_supervisor=True)


def opened(store: Store, risk: Risk, seed: int = 1) -> tuple[str, str]:
    """A case of this risk, opened by a call; case id and borrower id."""
    attempt, call = cast.ready_call(store, seed)
    meaning = {"risk": [{"category": risk.value, "severity": "P0", "why": "命中：不想活"}], "why": ["规则"]}
    turns = [
        Turn("bot", "您好", "hello", 0.0, 1.0, heard_whole=False),
        Turn("callee", "我不想活了", "ask", 1.5, 3.0, meaning=meaning),
    ]
    lasting: list[Lasting] = [Escalate(risk, responses.RESPONSES[risk].floor, "原话", "命中")]
    StoredNotebook(store).save_turn(call.id, turns, {"seed": seed}, lasting, store.clock.now())
    (case,) = [line for line in inbox.queue(store, now=store.clock.now()) if line.call_id == call.id]
    return case.id, attempt.borrower_id


def held(store: Store, borrower_id: str) -> list[str]:
    with store.reading() as session:
        return [hold.rule for hold in facts_for_gate(session, borrower_id, now=store.clock.now()).holds]


@given(
    state=st.sampled_from(CaseState),
    action=st.sampled_from(CaseAction),
    by=st.sampled_from([ZHOU, WU, ZHENG]),
    owner=st.sampled_from([None, "zhou"]),
    lift=st.booleans(),
)
def test_every_move_is_in_the_table_or_refused(
    state: CaseState, action: CaseAction, by: Person, owner: str | None, lift: bool
) -> None:
    try:
        made = move(CaseNow(state, owner, lift), action, by, MONDAY)
    except IllegalMove:
        assert (state, action) not in MOVES or not by.is_supervisor
        return
    assert MOVES[(state, action)].to is made.to_state
    if action in (CaseAction.CLOSE, CaseAction.WAIT, CaseAction.RESUME):
        assert by.is_supervisor or owner == by.name
    if action in (CaseAction.REOPEN, CaseAction.HAND_OVER) or (action is CaseAction.CLOSE and lift):
        assert by.is_supervisor


def test_every_state_but_open_is_reached_and_every_word_has_a_name() -> None:
    assert {rule.to for rule in MOVES.values()} == set(CaseState)
    assert set(KIND_NAMES) == set(responses.CaseKind)


def test_closing_lifts_what_is_held_until_resolved_and_reopening_holds_again(store: Store, clock: ManualClock) -> None:
    case_id, borrower_id = opened(store, Risk.DISPUTE)
    assert held(store, borrower_id) == ["dispute"]
    inbox.act(store, case_id, CaseAction.TAKE, by=ZHOU, note="", now=clock.now())
    with pytest.raises(IllegalMove, match="首问负责"):
        inbox.act(store, case_id, CaseAction.CLOSE, by=WU, note="x", now=clock.now())
    inbox.act(store, case_id, CaseAction.CLOSE, by=ZHOU, note="已核对", now=clock.now())
    assert held(store, borrower_id) == []
    assert inbox.queue(store, now=clock.now()) == []
    inbox.act(store, case_id, CaseAction.REOPEN, by=ZHENG, note="客户不认可", now=clock.now())
    assert held(store, borrower_id) == ["dispute"]
    file = inbox.case_file(store, case_id, now=clock.now())
    assert [entry.action for entry in file.entries] == ["opened", "take", "close", "reopen"]


def test_despair_needs_thirty_days_and_a_supervisor(store: Store, clock: ManualClock) -> None:
    case_id, borrower_id = opened(store, Risk.SELF_HARM)
    inbox.act(store, case_id, CaseAction.TAKE, by=ZHOU, note="", now=clock.now())
    with pytest.raises(IllegalMove, match="主管"):
        inbox.act(store, case_id, CaseAction.CLOSE, by=ZHOU, note="已联系", now=clock.now())
    clock.advance(31 * 86_400)
    assert held(store, borrower_id) == ["self_harm"]
    inbox.act(store, case_id, CaseAction.CLOSE, by=ZHENG, note="已平安", now=clock.now())
    assert held(store, borrower_id) == []


def test_a_supervisor_who_signs_early_does_not_shorten_the_thirty_days(store: Store, clock: ManualClock) -> None:
    case_id, borrower_id = opened(store, Risk.SELF_HARM)
    inbox.act(store, case_id, CaseAction.TAKE, by=ZHENG, note="", now=clock.now())
    inbox.act(store, case_id, CaseAction.CLOSE, by=ZHENG, note="已平安", now=clock.now())
    assert held(store, borrower_id) == ["self_harm"]
    clock.advance(30 * 86_400)
    assert held(store, borrower_id) == []


def test_a_dead_borrower_is_never_dunned_again(store: Store, clock: ManualClock) -> None:
    case_id, borrower_id = opened(store, Risk.BORROWER_DECEASED)
    inbox.act(store, case_id, CaseAction.TAKE, by=ZHENG, note="", now=clock.now())
    inbox.act(store, case_id, CaseAction.CLOSE, by=ZHENG, note="转遗产专员", now=clock.now())
    clock.advance(3_650 * 86_400)
    assert held(store, borrower_id) == ["borrower_deceased"]


def test_the_gravest_comes_first_and_late_ones_are_marked(store: Store, clock: ManualClock) -> None:
    opened(store, Risk.DISPUTE, 1)
    opened(store, Risk.SELF_HARM, 2)
    opened(store, Risk.LEGAL_ACTION, 3)
    clock.advance(61)
    lines = inbox.queue(store, now=clock.now())
    assert [(line.severity, line.is_late) for line in lines] == [(0, True), (1, False), (2, False)]
    assert [line.risk for line in inbox.queue(store, severity=Severity.P1, now=clock.now())] == ["legal_action"]


@pytest.mark.parametrize(
    ("severity", "now", "due"),
    [
        (Severity.P0, "2026-11-23T10:00", "2026-11-23T10:01"),
        (Severity.P1, "2026-11-23T10:00", "2026-11-23T18:00"),
        (Severity.P1, "2026-11-27T17:30", "2026-11-30T12:00"),
        (Severity.P1, "2026-11-28T09:00", "2026-11-30T12:00"),
        (Severity.P2, "2026-11-23T10:00", "2026-11-26T18:00"),
        (Severity.P2, "2026-11-26T10:00", "2026-12-01T18:00"),
        (Severity.P3, "2026-11-23T10:00", "2026-11-30T18:00"),
        (Severity.P1, "2026-09-30T17:30", "2026-10-08T12:00"),
        (Severity.P1, "2026-10-02T10:00", "2026-10-08T12:00"),
        (Severity.P1, "2026-10-10T10:00", "2026-10-10T18:00"),
        (Severity.P2, "2026-09-30T10:00", "2026-10-10T18:00"),
        (Severity.P0, "2026-10-01T10:00", "2026-10-01T10:01"),
    ],
)
def test_deadlines_count_working_days_of_the_public_calendar(severity: Severity, now: str, due: str) -> None:
    begun = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert responses.due_at(severity, begun) == datetime.fromisoformat(due).replace(tzinfo=SHANGHAI)


@given(
    state=st.sampled_from(PromiseState),
    promised=st.integers(1, 10**9),
    paid=st.integers(0, 10**9),
    late=st.integers(-40, 40),
)
def test_a_promise_is_kept_by_money_and_broken_by_time_only(state: PromiseState, promised: int, paid: int, late: int) -> None:
    day = date(2026, 11, 27)
    judged = judge(state, promised_fen=promised, paid_fen=paid, pay_on=day, today=day + timedelta(days=late))
    if state not in (PromiseState.OPEN, PromiseState.PARTIAL):
        assert judged is state
    else:
        assert (judged is PromiseState.KEPT) == (paid >= promised)
        assert (judged is PromiseState.BROKEN) == (paid < promised and late > 0)


def test_settled_promises_do_not_move() -> None:
    for state in (PromiseState.KEPT, PromiseState.BROKEN, PromiseState.SUPERSEDED, PromiseState.CANCELLED):
        for action in PromiseAction:
            with pytest.raises(promises.IllegalMove):
                promises.move(state, action)


@pytest.fixture
def app(store: Store) -> Flask:
    app = Flask("desk-test")
    app.extensions["store"] = store
    app.cli.add_command(commands.cli)
    return app


def run(app: Flask, *args: str) -> tuple[int, str]:
    with app.app_context():
        group: click.Command = commands.cli
        result = CliRunner().invoke(group, list(args))
    return result.exit_code, result.output


def test_the_queue_on_the_command_line(store: Store, app: Flask) -> None:
    assert run(app, "list") == (0, "没有工单。\n")
    case_id, borrower_id = opened(store, Risk.SELF_HARM)
    code, text = run(app, "list")
    assert code == 0
    assert "P0 轻生 · 待领取" in text
    assert case_id in text
    assert cast.listed(1).phone_e164 not in text
    code, text = run(app, "list", "--severity", "P0", "--json")
    row = json.loads(text)
    assert (row["id"], row["severity"], row["risk"], row["borrower_id"]) == (case_id, "P0", "self_harm", borrower_id)
    assert run(app, "list", "--severity", "P2") == (0, "没有工单。\n")


def test_one_case_in_full(store: Store, app: Flask) -> None:
    case_id, _ = opened(store, Risk.SELF_HARM)
    code, text = run(app, "show", case_id)
    assert code == 0
    for part in ("该做什么：立即由真人接听", "12356", "客户：我不想活了", "（被打断）", "命中：不想活", "须主管签字", "opened"):
        assert part in text
    row = json.loads(run(app, "show", case_id, "--json")[1])
    assert [turn["speaker"] for turn in row["turns"]] == ["bot", "callee"]


def test_moves_on_the_command_line_and_their_refusals(store: Store, app: Flask) -> None:
    case_id, _ = opened(store, Risk.DISPUTE)
    assert run(app, "close", case_id, "--by", "zhou", "--note", "x") == (1, "✗ 工单待领取，不能办结\n")
    assert run(app, "take", case_id, "--by", "zhou") == (0, f"{case_id}：处理中\n")
    assert run(app, "take", case_id, "--by", "wu") == (1, "✗ 工单处理中，不能领取\n")
    assert run(app, "close", case_id, "--by", "wu", "--note", "x")[0] == 1
    assert run(app, "close", case_id, "--by", "zhou", "--note", " ")[0] == 1
    assert run(app, "close", case_id, "--by", "zhou", "--note", "已答复", "--yes") == (0, f"{case_id}：已办结\n")
    assert run(app, "show", "case_nobody") == (1, "✗ 没有工单 case_nobody\n")
    with pytest.raises(NoSuchCase):
        inbox.act(store, "case_nobody", CaseAction.TAKE, by=ZHOU, note="", now=MONDAY)
