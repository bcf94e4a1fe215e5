"""What a call's lasting effects leave behind: the risk table row by row, restraints, promises, no floods."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from desk.cases import CaseState
from desk.intake import StoredNotebook
from desk.responses import RESPONSES
from desk.shift import BadShift, ConfiguredShift, read_agents, read_duty_manager
from ivr.dialogue.effects import (
    BookCallback,
    Complaint,
    Escalate,
    Lasting,
    LockNumber,
    Note,
    Prefer,
    Promise,
    StopCalling,
    Visit,
    WithdrawPromise,
)
from ivr.meaning import Bound
from ivr.ports import Turn
from kit.clock import SHANGHAI, ManualClock
from kit.settings import Settings
from kit.vocabulary import Outcome, Risk, Severity
from store import attempts, cases, ledger, loose_ends, promises
from store.callbacks import StoredCallbacks
from store.gate_facts import KnownFacts, facts_for_gate
from store.models import Borrower, CallbackRequest, Case, CaseEntry, LedgerEntry, NumberLock
from store.models import Note as NoteRow
from store.models import Promise as PromiseRow
from store.session import Store
from store.words import PromiseState
from tests.store import cast
from tests.store.conftest import MONDAY

US_AGENT, US_SENIOR = "+14155550101", "+14155550102"


def say(store: Store, *lasting: Lasting, seed: int = 1, call_id: str | None = None) -> tuple[str, str]:
    """Save one turn with these effects on a new call (or the given one); borrower id and call id."""
    if call_id is None:
        attempt, call = cast.ready_call(store, seed)
        call_id, borrower_id = call.id, attempt.borrower_id
    else:
        borrower_id = ""
    memory = {"n": store.clock.now().isoformat(), "what": [repr(one) for one in lasting]}
    StoredNotebook(store).save_turn(call_id, [], memory, lasting, store.clock.now())
    return borrower_id, call_id


def gate(store: Store, borrower_id: str) -> KnownFacts:
    with store.reading() as session:
        return facts_for_gate(session, borrower_id, now=store.clock.now())


def case_rows(store: Store) -> list[Case]:
    with store.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.opened_at, Case.id)))


def escalate(risk: Risk, severity: Severity | None = None) -> Escalate:
    return Escalate(risk, RESPONSES[risk].floor if severity is None else severity, "原话", "命中：词")


HOLD_DAYS = {
    Risk.SERIOUS_ILLNESS: 30,
    Risk.INCOME_LOSS: 7,
    Risk.VEHICLE_ACCIDENT: 7,
    Risk.FAMILY_BEREAVEMENT: 14,
    Risk.VULNERABLE: 30,
}
UNTIL_RESOLVED = {
    Risk.SELF_HARM,
    Risk.REGULATOR_COMPLAINT,
    Risk.POLICE_REPORT,
    Risk.LEGAL_ACTION,
    Risk.INSOLVENCY,
    Risk.VEHICLE_SEIZED,
    Risk.IDENTITY_FRAUD,
    Risk.MEDIA_EXPOSURE,
    Risk.VIOLENCE_THREAT,
    Risk.DISPUTE,
    Risk.PRIVACY_BREACH,
    Risk.BORROWER_DECEASED,
}
NO_CASE = {Risk.WRONG_PERSON, Risk.THIRD_PARTY, Risk.SCAM_SUSPICION, Risk.WANTS_HUMAN}


def test_every_risk_has_a_response() -> None:
    assert set(RESPONSES) == set(Risk)


@pytest.mark.parametrize("risk", list(Risk))
def test_the_table_row_by_row(store: Store, risk: Risk) -> None:
    borrower_id, call_id = say(store, escalate(risk))
    opened = case_rows(store)
    assert bool(opened) == (risk not in NO_CASE)
    for case in opened:
        assert (case.risk, case.severity, case.state) == (risk.value, int(RESPONSES[risk].floor), CaseState.OPEN)
        assert (case.quote, case.why, case.call_id) == ("原话", "命中：词", call_id)
        assert case.what_to_do
    held = {hold.rule: hold.until for hold in gate(store, borrower_id).holds}
    if risk in HOLD_DAYS:
        assert held == {risk.value: MONDAY + timedelta(days=HOLD_DAYS[risk])}
    elif risk in UNTIL_RESOLVED:
        assert held == {risk.value: None}
    else:
        assert held == {}


def test_an_adult_student_gets_a_case_and_a_minor_a_hold_too(store: Store) -> None:
    student, _ = say(store, escalate(Risk.MINOR_OR_STUDENT, Severity.P2), seed=1)
    minor, _ = say(store, escalate(Risk.MINOR_OR_STUDENT, Severity.P1), seed=2)
    assert [case.severity for case in case_rows(store)] == [2, 1]
    assert gate(store, student).holds == ()
    assert [hold.rule for hold in gate(store, minor).holds] == ["minor_or_student"]


def test_a_graver_finding_beats_the_floor_and_a_milder_one_does_not(store: Store) -> None:
    say(store, escalate(Risk.DISPUTE, Severity.P1), seed=1)
    say(store, escalate(Risk.LEGAL_ACTION, Severity.P3), seed=2)
    say(store, escalate(Risk.SCAM_SUSPICION, Severity.P1), seed=3)
    assert [case.severity for case in case_rows(store)] == [1, 1, 1]


def test_wrong_numbers_lock_the_number_and_flood_nobody(store: Store) -> None:
    borrower_id, call_id = say(store, escalate(Risk.WRONG_PERSON), LockNumber("打错了"))
    assert gate(store, borrower_id).is_number_locked
    assert case_rows(store) == []
    with store.reading() as session:
        assert [lock.call_id for lock in session.scalars(select(NumberLock))] == [call_id]


def test_a_third_party_leaves_a_note_and_nothing_else(store: Store) -> None:
    borrower_id, _ = say(store, escalate(Risk.THIRD_PARTY))
    facts = gate(store, borrower_id)
    assert (facts.is_number_locked, facts.holds, facts.is_robot_stopped, case_rows(store)) == (False, (), False, [])
    with store.reading() as session:
        assert [note.topic for note in session.scalars(select(NoteRow))] == ["risk:third_party"]


def test_stop_contact_stops_the_robot_only(store: Store) -> None:
    borrower_id, _ = say(store, escalate(Risk.STOP_CONTACT), StopCalling("别再打了"))
    facts = gate(store, borrower_id)
    assert (facts.is_robot_stopped, facts.is_all_stopped, facts.holds) == (True, False, ())
    assert [case.risk for case in case_rows(store)] == ["stop_contact"]


def test_the_same_risk_again_is_one_case_that_only_gets_graver(store: Store, clock: ManualClock) -> None:
    _, call_id = say(store, escalate(Risk.DISPUTE))
    clock.advance(5)
    say(store, escalate(Risk.DISPUTE, Severity.P1), call_id=call_id)
    clock.advance(5)
    say(store, escalate(Risk.DISPUTE, Severity.P2), call_id=call_id)
    (case,) = case_rows(store)
    assert case.severity == 1
    assert case.due_at == datetime(2026, 11, 23, 18, 0, tzinfo=SHANGHAI)
    with store.reading() as session:
        actions = [entry.action for entry in cases.entries(session, case.id)]
        assert session.scalars(select(CaseEntry.ordinal).order_by(CaseEntry.ordinal)).all() == [1, 2, 3]
    assert actions == ["opened", "again", "again"]


def test_a_hold_outlives_a_shorter_one(store: Store, clock: ManualClock) -> None:
    borrower_id, call_id = say(store, escalate(Risk.INCOME_LOSS))
    clock.advance(86_400)
    say(store, escalate(Risk.INCOME_LOSS), call_id=call_id)
    (hold,) = gate(store, borrower_id).holds
    assert hold.until == MONDAY + timedelta(days=8)


def test_a_later_promise_replaces_the_earlier_one(store: Store, clock: ManualClock) -> None:
    first = Promise(date(2026, 11, 25), None, Bound.ON, "后天还")
    second = Promise(date(2026, 11, 27), 100_000, Bound.BY, "周五前还一千")
    borrower_id, call_id = say(store, first)
    clock.advance(10)
    say(store, second, call_id=call_id)
    with store.reading() as session:
        rows = session.scalars(select(PromiseRow).order_by(PromiseRow.made_at)).all()
        open_ones = promises.open_promises(session, borrower_id, rows[0].loan_id)
    assert [row.state for row in rows] == [PromiseState.SUPERSEDED, PromiseState.OPEN]
    assert (rows[0].superseded_by, rows[0].due_fen) == (rows[1].id, 320_000)
    assert [(one.pay_on, one.amount_fen, one.bound) for one in open_ones] == [(date(2026, 11, 27), 100_000, "by")]
    assert gate(store, borrower_id).promised_until == datetime(2026, 11, 28, tzinfo=SHANGHAI)


def test_complaints_visits_and_callbacks_become_work(store: Store) -> None:
    wanted = MONDAY + timedelta(hours=5)
    borrower_id, _ = say(
        store,
        Complaint("你们态度太差"),
        Visit(None, "来吧"),
        BookCallback(wanted, by_person=True, quote="下午三点打给我"),
        BookCallback(None, by_person=False, quote="晚点再打"),
    )
    found = {case.kind: case for case in case_rows(store)}
    assert set(found) == {"complaint", "visit", "callback"}
    assert found["callback"].due_at == wanted
    assert [hold.rule for hold in gate(store, borrower_id).holds] == ["complaint"]
    with store.reading() as session:
        assert len(session.scalars(select(CallbackRequest)).all()) == 2
        assert len(promises.callbacks_due(session, now=MONDAY, by_person=False)) == 1
        assert promises.callbacks_due(session, now=MONDAY, by_person=True) == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Promise(date(2026, 11, 27), None, Bound.ON, "周五还"), Outcome.PROMISE),
        (LockNumber("打错了"), Outcome.WRONG_NUMBER),
        (BookCallback(None, by_person=True, quote="晚点打"), Outcome.CALLBACK_BOOKED),
        (Note("job", "ok"), Outcome.HUNG_UP_DURING),
    ],
)
def test_what_was_agreed_stays_when_the_worker_died_at_the_end(
    store: Store, clock: ManualClock, said: Lasting, outcome: Outcome
) -> None:
    attempt, call = cast.ready_call(store)
    turn = Turn("callee", "嗯", "ask", 0.0, 1.0)
    StoredNotebook(store).save_turn(call.id, [turn], {"n": 1}, [said], clock.now())
    StoredCallbacks(store).call_progressed(call.id, "CA1", "completed", {}, clock.now())
    clock.advance(60)
    with store.transaction() as session:
        assert loose_ends.conclude_silent(session, now=clock.now(), older_than_s=60) == [attempt.id]
        assert attempts.get(session, attempt.id).outcome is outcome
    sheet = StoredNotebook(store).open_call(call.id)
    assert sheet is not None
    assert (sheet.outcome, sheet.state) == (outcome, "ended")


def test_a_promise_taken_back_binds_nobody(store: Store, clock: ManualClock) -> None:
    promised = Promise(date(2026, 11, 27), None, Bound.ON, "周五还")
    attempt, call = cast.ready_call(store)
    notebook = StoredNotebook(store)
    notebook.save_turn(call.id, [Turn("callee", "周五还", "ask", 0.0, 1.0)], {"n": 1}, [promised], clock.now())
    assert gate(store, attempt.borrower_id).promised_until is not None
    notebook.save_turn(call.id, [Turn("callee", "不对", "sure", 2.0, 3.0)], {"n": 2}, [WithdrawPromise("不对")], clock.now())
    assert gate(store, attempt.borrower_id).promised_until is None
    with store.reading() as session:
        (row,) = session.scalars(select(PromiseRow)).all()
    assert (row.state, row.closed_at) == (PromiseState.CANCELLED, clock.now())
    StoredCallbacks(store).call_progressed(call.id, "CA1", "completed", {}, clock.now())
    clock.advance(60)
    with store.transaction() as session:
        loose_ends.conclude_silent(session, now=clock.now(), older_than_s=60)
        assert attempts.get(session, attempt.id).outcome is Outcome.HUNG_UP_DURING


def test_a_promise_of_an_earlier_call_is_not_taken_back_by_silence_about_it(store: Store, clock: ManualClock) -> None:
    _, call = cast.ready_call(store)
    with store.transaction() as session:
        borrower = session.get_one(Borrower, call.borrower_id)
    cast.add_promise(store, borrower)
    StoredNotebook(store).save_turn(call.id, [], {"n": 1}, [WithdrawPromise("不对")], clock.now())
    assert gate(store, call.borrower_id).promised_until is not None


def test_preferences_and_notes_are_kept(store: Store) -> None:
    borrower_id, call_id = say(
        store, Prefer("晚上", None, "晚上打"), Prefer(None, "sms", "发短信"), Note("job", "changed", "换工作了")
    )
    with store.reading() as session:
        borrower = session.get_one(Borrower, borrower_id)
        notes = promises.notes(session, call_id)
    assert (borrower.prefers_hours, borrower.prefers_channel) == ("晚上", "sms")
    assert [(note.topic, note.value, note.quote) for note in notes] == [("job", "changed", "换工作了")]


def test_the_ledger_tells_it_all_and_names_nobody(store: Store) -> None:
    borrower_id, _ = say(store, escalate(Risk.DISPUTE), Promise(date(2026, 11, 27), None, Bound.ON, "周五"))
    with store.reading() as session:
        entries = session.scalars(select(LedgerEntry)).all()
    assert {"attempt.intended", "turn.saved", "risk.found", "case.opened", "hold.put", "promise.made"} <= {
        entry.what for entry in entries
    }
    text = "".join(f"{entry.subject}{entry.payload}" for entry in entries)
    for private in (borrower_id, "原话", "周五", "王合作"):
        assert private not in text
    assert ledger.verify(store) == []


def test_the_shift_is_read_from_the_settings(store: Store) -> None:
    agents = read_agents(f"{US_AGENT}, {US_SENIOR}*,")
    assert [(agent.number, agent.may_take_p0) for agent in agents] == [(US_AGENT, False), (US_SENIOR, True)]
    shift = ConfiguredShift(Store(Settings(agent_numbers=f"{US_SENIOR}*"), store.clock))
    assert [agent.number for agent in shift.on_shift()] == [US_SENIOR]
    assert ConfiguredShift(store).on_shift() == ()


@pytest.mark.parametrize("text", ["555", f"{US_AGENT},+1", "abc*"])
def test_a_bad_shift_is_named_by_place_only(text: str) -> None:
    with pytest.raises(BadShift, match=r"第 \d 项") as fault:
        read_agents(text)
    assert US_AGENT not in str(fault.value)


def test_the_duty_manager_is_read_from_the_settings(store: Store) -> None:
    shift = ConfiguredShift(Store(Settings(duty_manager=f" {US_SENIOR} "), store.clock))
    manager = shift.duty_manager()
    assert manager is not None
    assert (manager.number, manager.may_take_p0) == (US_SENIOR, True)
    assert shift.on_shift() == (), "a duty manager is no agent: nothing is dialled on their account"
    assert ConfiguredShift(store).duty_manager() is None


@pytest.mark.parametrize("text", ["555", "+1", US_AGENT.removeprefix("+")])
def test_a_bad_duty_manager_is_named_without_the_number(text: str) -> None:
    with pytest.raises(BadShift, match="HUILING_DUTY_MANAGER：") as fault:
        read_duty_manager(text)
    assert text not in str(fault.value)


def test_the_duty_manager_is_alerted_durably_and_once_per_open_case(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    _, call = cast.ready_call(store)
    shift = ConfiguredShift(store)
    shift.alert_duty_manager(call.id, "无人接听", MONDAY)
    shift.alert_duty_manager(call.id, "无人接听", MONDAY)
    (case,) = case_rows(store)
    assert (case.kind, case.severity, case.due_at) == ("duty_alarm", 0, MONDAY + timedelta(seconds=60))
    assert caplog.text.count("duty manager alerted") == 1
    assert "王合作" not in caplog.text
