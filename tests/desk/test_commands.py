"""The desk's command line: every move of a case, and a locked number given back."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from desk import commands
from desk.cases import CaseAction
from desk.intake import StoredNotebook
from ivr.dialogue.effects import LockNumber
from kit.vocabulary import Risk
from store import calls, cases, ledger, restraints
from store.models import DoNotCall, LedgerEntry
from store.session import Store
from store.words import DoNotCallScope
from tests.desk.test_cases import held, opened
from tests.store import cast
from tests.store.conftest import MONDAY

NAMES = {CaseAction.HAND_OVER: "hand-over"}


@pytest.fixture
def app(store: Store) -> Flask:
    app = Flask("desk-test")
    app.extensions["store"] = store
    return app


def run(app: Flask, *args: str, typed: str = "") -> tuple[int, str]:
    with app.app_context():
        group: click.Command = commands.cli
        result = CliRunner().invoke(group, list(args), input=typed)
    return result.exit_code, result.output


def test_every_move_has_a_command() -> None:
    assert {NAMES.get(action, action.value) for action in CaseAction} <= set(commands.cli.commands)


def test_a_case_goes_all_its_ways(store: Store, app: Flask) -> None:
    case_id, borrower_id = opened(store, Risk.DISPUTE)
    for command, by, note, state in (
        ("take", "zhou", "", "处理中"),
        ("wait", "zhou", "等财务核对利息", "等待中"),
        ("note", "wu", "财务说周三回复", "等待中"),
        ("resume", "zhou", "", "处理中"),
        ("hand-over", "zheng", "周休假，请吴接", "待领取"),
        ("take", "wu", "", "处理中"),
        ("close", "wu", "已更正并致歉", "已办结"),
        ("reopen", "zheng", "客户说还不对", "待领取"),
    ):
        words = ["--note", note] if note else []
        extra = ["--supervisor"] if by == "zheng" else ["--yes"] if command == "close" else []
        assert run(app, command, case_id, "--by", by, *words, *extra) == (0, f"{case_id}：{state}\n")
    with store.reading() as session:
        kept = [(entry.by, entry.action) for entry in cases.entries(session, case_id)][1:]
    assert kept[4] == ("zheng", "hand_over")
    assert len(kept) == 8
    assert held(store, borrower_id) == ["dispute"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("hand-over", "--by", "zhou", "--note", "换人"), "只有主管可以这样做"),
        (("resume", "--by", "zhou"), "工单处理中，不能恢复处理"),
        (("wait", "--by", "wu", "--note", "等"), "首问负责：此工单由 zhou 处理"),
        (("note", "--by", "wu", "--note", " "), "请写明（--note）"),
        (("reopen", "--by", "zheng", "--note", "再看", "--supervisor"), "工单处理中，不能重开"),
    ],
)
def test_what_may_not_be_done_is_said(store: Store, app: Flask, args: tuple[str, ...], why: str) -> None:
    case_id, _ = opened(store, Risk.DISPUTE)
    run(app, "take", case_id, "--by", "zhou")
    assert run(app, args[0], case_id, *args[1:]) == (1, f"✗ {why}\n")


def test_closing_asks_first_when_it_lifts_a_hold(store: Store, app: Flask) -> None:
    case_id, borrower_id = opened(store, Risk.DISPUTE)
    run(app, "take", case_id, "--by", "zhou")
    close = ("close", case_id, "--by", "zhou", "--note", "已答复")
    code, text = run(app, *close, typed="n\n")
    assert (code, held(store, borrower_id)) == (1, ["dispute"])
    assert "解除暂停催收（dispute）" in text
    assert run(app, *close, typed="y\n")[0] == 0
    assert held(store, borrower_id) == []


def locked_call(store: Store) -> str:
    _, call = cast.ready_call(store)
    StoredNotebook(store).save_turn(call.id, [], {}, [LockNumber("打错了")], MONDAY)
    return call.id


def is_locked(store: Store, call_id: str) -> bool:
    with store.reading() as session:
        found = calls.find(session, call_id)
        assert found is not None
        return restraints.number_lock(session, found[1].number_digest) is not None


def test_a_locked_number_is_given_back_on_a_persons_word_without_being_shown(store: Store, app: Flask) -> None:
    call_id = locked_call(store)
    code, text = run(app, "reverify", call_id, "--by", "zhou", typed="n\n")
    assert (code, is_locked(store, call_id)) == (1, True)
    code, more = run(app, "reverify", call_id, "--by", "zhou", typed="y\n")
    assert (code, is_locked(store, call_id)) == (0, False)
    phone = cast.listed(1).phone_e164
    assert phone not in text + more
    assert phone.removeprefix("+86") not in text + more
    assert f"已解锁：{cast.listed(1).name}" in more
    assert ledger.verify(store) == []


def test_a_case_names_the_number_that_was_dialled(store: Store, app: Flask) -> None:
    case_id, _ = opened(store, Risk.DISPUTE)
    assert run(app, "reverify", case_id, "--by", "zhou", "--yes") == (1, f"✗ {case_id} 的号码没有锁定\n")
    with store.transaction() as session:
        filed = cases.find(session, case_id)
        assert filed is not None
        restraints.lock_number(session, filed[1].number_digest, reason="wrong_person", call_id=None, now=MONDAY)
    assert run(app, "reverify", case_id, "--by", "zhou", "--yes")[0] == 0


def test_a_call_that_does_not_exist_has_no_number(app: Flask) -> None:
    assert run(app, "reverify", "call_nobody", "--by", "zhou", "--yes") == (1, "✗ 没有通话或工单 call_nobody\n")


def test_who_has_to_call_back_sees_the_whole_number_and_is_remembered(store: Store, app: Flask) -> None:
    case_id, _ = opened(store, Risk.DISPUTE)
    code, text = run(app, "number", case_id, "--by", "zhou")
    assert (code, "".join(filter(str.isdigit, text))) == (0, cast.listed(1).phone_e164.removeprefix("+86"))
    assert "zhou unmasked" in run(app, "show", case_id)[1]
    with store.reading() as session:
        assert session.scalars(select(LedgerEntry.what).where(LedgerEntry.what == "number.unmasked")).all() == [
            "number.unmasked"
        ]
    assert ledger.verify(store) == []


def test_a_number_is_shown_to_nobody_without_name_or_open_case(store: Store, app: Flask) -> None:
    case_id, _ = opened(store, Risk.DISPUTE)
    assert run(app, "number", case_id, "--by", " ")[0] == 1
    assert run(app, "number", "case_nobody", "--by", "zhou") == (1, "✗ 没有工单 case_nobody\n")
    run(app, "take", case_id, "--by", "zhou")
    run(app, "close", case_id, "--by", "zhou", "--note", "已回电", "--yes")
    code, text = run(app, "number", case_id, "--by", "zhou")
    assert (code, "已办结" in text) == (1, True)


def test_a_number_that_no_person_may_dial_is_shown_to_nobody(store: Store, app: Flask) -> None:
    """As the gate sees it: the lock is the number's, the wish binds through everybody who shares it."""
    case_id, _ = opened(store, Risk.DISPUTE)
    sharer, _ = cast.add_borrower(store, 2, name="李四", phone_e164=cast.listed(1).phone_e164)
    with store.transaction() as session:
        wish = restraints.stop_calling(session, sharer.id, scope=DoNotCallScope.ALL, call_id=None, quote="别打了", now=MONDAY)
    assert "停止一切来电" in run(app, "number", case_id, "--by", "zhou")[1]
    with store.transaction() as session:
        session.get_one(DoNotCall, wish.id).lifted_at = MONDAY
        restraints.lock_number(session, sharer.number_digest, reason="wrong_person", call_id=None, now=MONDAY)
    assert "号码已锁定" in run(app, "number", case_id, "--by", "zhou")[1]
