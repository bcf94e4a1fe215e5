"""The machine on a small script: routes, ladders, risk, silence, transfer, ends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar

import pytest

from ivr.dialogue import effects as out
from ivr.dialogue import events
from ivr.dialogue.effects import Effect
from ivr.dialogue.errors import DialogueMisuse, PeerMisbehaved
from ivr.dialogue.machine import Dialogue
from ivr.meaning import Meaning, RiskFound, Slot, SlotProblem
from ivr.script.model import Route, Script
from kit.vocabulary import Announcement, HangUpReason, Intent, Order, Outcome, Risk, Severity, SlotName
from tests.ivr.dialogue.small import FACTS, NOW, said, small_script, when

FRIDAY = Slot(SlotName.PAY_ON, date(2026, 11, 27), "周五")
DIGITS = Slot(SlotName.DIGITS, "123X", "一二三叉")
DESPAIR = RiskFound(Risk.SELF_HARM, Severity.P0, "不想活")
SUES = RiskFound(Risk.LEGAL_ACTION, Severity.P1, "起诉")

E = TypeVar("E")


class Call:
    """A call under test: memory goes through JSON between all events."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or small_script()
        self.dialogue, self.last = Dialogue.start(self.script, FACTS, NOW)
        self.all: list[Effect] = list(self.last)

    def on(self, event: events.Event) -> list[Effect]:
        memory = json.loads(json.dumps(self.dialogue.to_dict()))
        self.dialogue = Dialogue.from_dict(memory, self.script, FACTS)
        self.last = self.dialogue.receive(event, NOW)
        self.all += self.last
        return self.last

    def says(self, text: str, *intents: Intent, slots: tuple[Slot, ...] = (), risk: tuple[RiskFound, ...] = ()) -> list[Effect]:
        return self.on(events.Understood(said(text, *intents, slots=slots, risk=risk)))

    def silence(self) -> list[Effect]:
        return self.on(events.WentSilent(self.last_of(out.WakeAt).tag))

    def verify(self) -> list[Effect]:
        self.says("是我", Intent.IS_CALLEE)
        return self.on(events.Pressed("123*"))

    def of(self, kind: type[E]) -> list[E]:
        return [effect for effect in self.all if isinstance(effect, kind)]

    def last_of(self, kind: type[E]) -> E:
        return self.of(kind)[-1]

    @property
    def spoken(self) -> str:
        return "".join(effect.text for effect in self.last if isinstance(effect, out.Say))


def test_a_promise_is_kept_at_once_and_read_back() -> None:
    call = Call()
    call.verify()
    assert call.spoken == "您的车贷3200元，应在11月20日前还。请问您什么时候方便还款？"
    effects = call.says("周五还", Intent.PROMISE_TO_PAY, slots=(FRIDAY,))
    assert [type(effect) for effect in effects] == [out.Promise, out.Say, out.Listen, out.WakeAt]
    assert call.spoken == "好的，您会在11月27日还款，对吗？"
    call.says("对", Intent.AFFIRM)
    assert call.last_of(out.HangUp) == out.HangUp(HangUpReason.SCRIPT_ENDED, Outcome.PROMISE)
    assert len(call.of(out.Promise)) == 1
    call.on(events.HungUp())
    assert call.dialogue.is_over
    assert call.dialogue.outcome is Outcome.PROMISE


def test_a_promise_outlives_a_dropped_line() -> None:
    call = Call()
    call.verify()
    call.says("周五还", Intent.PROMISE_TO_PAY, slots=(FRIDAY,))
    call.on(events.HungUp())
    assert call.dialogue.outcome is Outcome.PROMISE


def test_a_promise_taken_back_is_withdrawn_and_no_outcome() -> None:
    call = Call()
    call.verify()
    call.says("周五还", Intent.PROMISE_TO_PAY, slots=(FRIDAY,))
    call.says("不对", Intent.DENY)
    assert out.WithdrawPromise("不对") in call.last
    call.on(events.HungUp())
    assert call.dialogue.outcome is Outcome.HUNG_UP_DURING


def test_a_correction_supersedes_the_promise() -> None:
    call = Call()
    call.verify()
    call.says("周五还", Intent.PROMISE_TO_PAY, slots=(FRIDAY,))
    call.says("不对", Intent.DENY)
    call.says("周六", slots=(Slot(SlotName.PAY_ON, date(2026, 11, 28), "周六"),))
    assert [promise.pay_on.day for promise in call.of(out.Promise)] == [27, 28]


def test_what_nobody_said_is_no_answer_however_wide_the_question() -> None:
    script = small_script()
    wide = replace(script.steps["ask"], routes=(*script.steps["ask"].routes, Route(when(), "bye")))
    call = Call(replace(script, steps={**script.steps, "ask": wide}))
    call.verify()
    call.says("")
    assert call.spoken == "大概哪一天可以还？"
    call.says("再说吧")
    assert call.spoken == "感谢您的接听，再见。"


def test_nobody_unverified_makes_a_promise() -> None:
    call = Call()
    call.says("我周五还", Intent.PROMISE_TO_PAY, slots=(FRIDAY,))
    assert not call.of(out.Promise)


def test_keyed_digits_verify_and_are_not_quoted() -> None:
    call = Call()
    call.verify()
    assert call.dialogue.is_verified
    assert "123" not in "".join(note.quote for note in call.of(out.Note))


def test_wrong_digits_do_not_verify() -> None:
    call = Call()
    call.says("是我", Intent.AFFIRM)
    call.on(events.Pressed("0000"))
    assert not call.dialogue.is_verified
    call.says("一二三叉", slots=(DIGITS,))
    assert call.dialogue.is_verified


def test_self_service_is_closed_before_verification() -> None:
    call = Call()
    call.says("我欠多少", Intent.ASK_AMOUNT)
    assert "3200" not in call.spoken
    call.verify()
    call.says("我欠多少", Intent.ASK_AMOUNT)
    assert call.spoken == "您应还3200元。请问您什么时候方便还款？"


def test_a_script_that_leaks_lands_in_its_fault_step() -> None:
    script = small_script()
    leaky = small_script(risk={**script.risk, Severity.P2: "debt"})
    call = Call(leaky)
    call.says("失业了", risk=(RiskFound(Risk.INCOME_LOSS, Severity.P2),))
    assert call.spoken == "抱歉，系统出了点问题，稍后由同事联系您。"
    assert call.last_of(out.Note).topic == "fault"
    assert call.of(out.Escalate)


def test_a_side_question_leads_back() -> None:
    call = Call()
    call.says("你是谁", Intent.ASK_WHO)
    assert (
        call.spoken
        == "这里是安行汽车金融。" + "您好，这里是安行汽车金融，我是人工智能语音助手，本次通话会录音。请问您是王小明吗？"
    )
    assert call.last_of(out.Listen).step == "hello"


def test_the_same_side_question_again_and_again_is_an_answer_not_understood() -> None:
    call = Call()
    call.verify()
    for _ in range(2):
        call.says("我欠多少", Intent.ASK_AMOUNT)
        assert call.spoken.startswith("您应还3200元。")
    call.says("你是谁", Intent.ASK_WHO)
    assert call.spoken.startswith("这里是安行汽车金融。"), "another question is answered"
    asked = 0
    while call.last_of(out.Listen) in call.last and asked < 10:
        call.says("我欠多少", Intent.ASK_AMOUNT)
        assert "您应还" not in call.spoken
        asked += 1
    assert asked == 3, "reworded twice, then it leaves"


def test_whoever_wants_a_person_in_danger_is_never_put_off() -> None:
    call = Call(small_script(always=(Route(when(Intent.REQUEST_HUMAN), "care"),)))
    call.says("不想活了", risk=(DESPAIR,))
    for _ in range(6):
        call.on(events.TransferFailed())
        call.says("转人工", Intent.REQUEST_HUMAN)
        assert call.last_of(out.Transfer) in call.last, "asked again, tried again"


def test_a_side_question_may_be_asked_again_at_the_next_question() -> None:
    call = Call()
    for _ in range(2):
        call.says("你是谁", Intent.ASK_WHO)
    call.verify()
    call.says("你是谁", Intent.ASK_WHO)
    assert call.spoken.startswith("这里是安行汽车金融。")


def test_repeat_says_everything_of_the_last_turn() -> None:
    call = Call()
    call.verify()
    call.says("再说一遍", Intent.ASK_REPEAT)
    assert call.spoken == "您的车贷3200元，应在11月20日前还。请问您什么时候方便还款？"


def test_hold_on_says_nothing() -> None:
    call = Call()
    call.verify()
    call.says("等一下", Intent.HOLD_ON)
    assert [type(effect) for effect in call.last] == [out.Listen, out.WakeAt]


def test_unclear_is_reworded_twice_then_leaves() -> None:
    call = Call()
    texts = []
    for _ in range(3):
        call.says("啦啦啦")
        texts.append(call.spoken)
    assert texts == ["喂，您好，请问是王小明吗？", "请您回答是或者不是。", "正在为您转接人工。"]
    assert call.last_of(out.Transfer).severity is Severity.P3


def test_silence_is_reworded_twice_then_ends() -> None:
    call = Call()
    for _ in range(3):
        call.silence()
    assert call.last_of(out.HangUp) == out.HangUp(HangUpReason.SILENCE, Outcome.SILENT)


def test_a_stale_silence_changes_nothing() -> None:
    call = Call()
    stale = call.last_of(out.WakeAt).tag
    call.says("是我", Intent.AFFIRM)
    before = call.dialogue.to_dict()
    assert call.on(events.WentSilent(stale)) == []
    assert call.dialogue.to_dict() == before


@pytest.mark.parametrize("event", [events.Pressed("12a"), events.WentSilent(99), events.Played(99), events.Interrupted(0, "x")])
def test_what_a_peer_may_not_send_leaves_no_trace(event: events.Event) -> None:
    call = Call()
    before = call.dialogue.to_dict()
    with pytest.raises(PeerMisbehaved):
        call.on(event)
    assert call.dialogue.to_dict() == before


def test_orders_that_are_not_for_the_dialogue_are_refused() -> None:
    call = Call()
    with pytest.raises(DialogueMisuse):
        call.on(events.Commanded(Order.LISTEN_IN))
    with pytest.raises(DialogueMisuse):
        call.dialogue.receive(events.TimeUp(), datetime(2026, 11, 23, 10, 0))


def test_despair_brings_a_person_from_anywhere() -> None:
    for prepare in (lambda call: None, Call.verify, lambda call: call.says("打错了", Intent.WRONG_PERSON)):
        call = Call()
        prepare(call)
        call.says("我不想活了", risk=(DESPAIR,))
        assert [type(effect) for effect in call.last] == [out.Escalate, out.Say, out.Transfer]
        assert call.last_of(out.Transfer).severity is Severity.P0
        assert call.dialogue.is_transferring


def test_nobody_takes_a_p0_call_and_the_help_lines_are_said() -> None:
    call = Call()
    call.says("我不想活了", risk=(DESPAIR,))
    call.on(events.TransferFailed())
    assert call.spoken == "您可以拨打12356。"
    call.says("公司也倒闭了，我要起诉", risk=(SUES,))
    assert call.last_of(out.Escalate).risk is Risk.LEGAL_ACTION
    assert call.dialogue.step == "lines"


def test_a_risk_is_told_once_and_again_only_when_graver() -> None:
    call = Call()
    call.verify()
    p2 = RiskFound(Risk.DISPUTE, Severity.P2)
    p1 = RiskFound(Risk.DISPUTE, Severity.P1)
    for risk in (p2, p2, p1, p2):
        call.says("利息不对", risk=(risk,))
    assert [told.severity for told in call.of(out.Escalate)] == [Severity.P2, Severity.P1]


def test_a_category_has_its_own_step_before_its_severity() -> None:
    call = Call()
    call.says("打错了", Intent.WRONG_PERSON, risk=(RiskFound(Risk.WRONG_PERSON, Severity.P1),))
    assert call.last_of(out.HangUp).outcome is Outcome.WRONG_NUMBER
    assert call.of(out.LockNumber)


def test_p3_is_a_tag_and_the_call_goes_on() -> None:
    call = Call()
    call.says("是我，你是骗子吧", Intent.AFFIRM, risk=(RiskFound(Risk.SCAM_SUSPICION, Severity.P3),))
    assert call.dialogue.step == "factor"


def test_opting_out_is_never_lost() -> None:
    script = small_script(risk={Severity.P2: "end", Severity.P0: "care"})
    call = Call(script)
    call.says("别再打了", Intent.STOP_CALLING, risk=(RiskFound(Risk.STOP_CONTACT, Severity.P2),))
    assert len(call.of(out.StopCalling)) == 1


def test_a_third_party_ends_what_verification_allowed() -> None:
    call = Call()
    call.verify()
    call.says("我是他老婆", Intent.THIRD_PARTY, risk=(RiskFound(Risk.THIRD_PARTY, Severity.P1),))
    assert not call.dialogue.is_verified


def test_a_transfer_done_is_the_outcome() -> None:
    call = Call()
    call.verify()
    call.says("转人工", Intent.REQUEST_HUMAN)
    assert call.last_of(out.Transfer).summary == "王小明（已核实本人）要求人工服务。对方刚才说：“转人工”。"
    assert call.says("喂", Intent.GREETING) == []
    assert call.on(events.TransferDone("zhou")) == []
    assert call.dialogue.is_over
    assert call.dialogue.outcome is Outcome.TRANSFERRED


def test_the_summary_holds_no_digits_that_identify() -> None:
    call = Call()
    call.says("我身份证110101199001011234转人工", Intent.REQUEST_HUMAN)
    assert "1101" not in call.last_of(out.Transfer).summary
    assert "王小明" not in call.last_of(out.Transfer).summary


@pytest.mark.parametrize("kind", list(Announcement))
def test_a_machine_hears_nothing_more(kind: Announcement) -> None:
    call = Call()
    effects = call.says("您拨打的电话", Intent.ANNOUNCEMENT, slots=(Slot(SlotName.KIND, kind.value, ""),))
    assert effects == Call().on(events.MachineAnswered(kind))
    assert [type(effect) for effect in effects] == [out.HangUp]
    assert call.last_of(out.HangUp).reason is HangUpReason.MACHINE


def test_a_person_is_not_taken_for_a_machine_after_all() -> None:
    call = Call()
    call.verify()
    assert call.on(events.MachineAnswered(Announcement.VOICEMAIL)) == []


def test_a_lost_line_resumes_at_the_same_step() -> None:
    call = Call()
    call.verify()
    call.on(events.Resumed())
    assert call.spoken == "抱歉，刚才线路断了。请问您什么时候方便还款？"


def test_silence_before_the_line_was_lost_is_not_held_against_the_callee() -> None:
    call = Call()
    call.silence()
    call.silence()
    call.on(events.Resumed())
    call.silence()
    assert not call.of(out.HangUp)


def test_orders_of_ours() -> None:
    call = Call()
    call.on(events.Commanded(Order.HAND_OVER))
    assert call.last_of(out.Transfer).reason == "commanded"
    call = Call()
    call.on(events.Commanded(Order.HANG_UP))
    assert call.last_of(out.HangUp) == out.HangUp(HangUpReason.COMMAND, Outcome.HUNG_UP_EARLY)


def test_time_up_closes_once() -> None:
    call = Call()
    call.on(events.TimeUp())
    assert call.spoken == "时间到了，先不打扰您。"
    assert call.on(events.TimeUp()) == []


def test_a_doubtful_date_is_asked_again() -> None:
    call = Call()
    call.verify()
    call.says("上周五", slots=(Slot(SlotName.PAY_ON, date(2026, 11, 20), "上周五", problem=SlotProblem.PAST),))
    assert call.spoken.startswith("这个日期好像不对。")
    assert not call.of(out.Promise)


def test_memory_of_another_revision_is_refused() -> None:
    call = Call()
    with pytest.raises(DialogueMisuse):
        Dialogue.from_dict(call.dialogue.to_dict(), small_script(digest="1" * 64), FACTS)
    with pytest.raises(DialogueMisuse):
        Dialogue.from_dict({**call.dialogue.to_dict(), "phase": "flying"}, call.script, FACTS)


def test_missing_facts_stop_a_call_before_it_begins() -> None:
    with pytest.raises(DialogueMisuse, match="amount_fen"):
        Dialogue.start(small_script(), {name: fact for name, fact in FACTS.items() if name != "amount_fen"}, NOW)


def test_hints_follow_the_step() -> None:
    call = Call()
    call.verify()
    call.says("嗯那个", Intent.UNCLEAR)
    hints = call.dialogue.hints(NOW)
    assert hints.debt_fen == 320000
    assert hints.due_on == date(2026, 11, 20)
    assert SlotName.PAY_ON in hints.expect_slots
    assert Intent.REQUEST_HUMAN in hints.expect
    assert hints.previous[-1] == "嗯那个"


def test_what_arrives_after_the_end_still_counts() -> None:
    call = Call()
    call.on(events.HungUp())
    effects = call.on(events.Understood(Meaning("不想活了", Intent.UNCLEAR, risk=(DESPAIR,))))
    assert [type(effect) for effect in effects] == [out.Escalate]


def test_what_was_cut_off_is_said_again_once() -> None:
    call = Call()
    call.verify()
    say = call.last_of(out.Say)
    assert call.on(events.Interrupted(say.say_id, "您的车贷")) == []
    call.says("什么", Intent.UNCLEAR)
    assert call.spoken == "您的车贷3200元，应在11月20日前还。大概哪一天可以还？"
    call.says("什么", Intent.UNCLEAR)
    assert call.spoken == "大概哪一天可以还？"


def test_what_was_heard_is_not_said_again() -> None:
    call = Call()
    call.verify()
    say = call.last_of(out.Say)
    call.on(events.Interrupted(say.say_id, "您的车贷3200元，应在11月20日前还。请问"))
    call.says("什么", Intent.UNCLEAR)
    assert call.spoken == "大概哪一天可以还？"


def test_money_is_not_said_again_to_somebody_in_despair() -> None:
    call = Call()
    call.verify()
    call.on(events.Interrupted(call.last_of(out.Say).say_id, "您"))
    call.says("我不想活了", risk=(DESPAIR,))
    call.on(events.TransferFailed())
    assert "3200" not in call.spoken


def test_a_hand_over_that_fails_goes_on_where_it_was() -> None:
    call = Call()
    call.verify()
    call.on(events.Commanded(Order.HAND_OVER))
    call.on(events.TransferFailed())
    assert call.spoken == "请问您什么时候方便还款？"


def test_an_answer_in_passing_yields_to_what_was_said_first() -> None:
    call = Call()
    call.verify()
    call.says("明天再打给我，转人工也行", Intent.REQUEST_HUMAN, slots=(FRIDAY,))
    assert call.last_of(out.Transfer).reason == "request_human"
    call = Call()
    call.verify()
    call.says("谢谢，周五还", Intent.THANKS, slots=(FRIDAY,))
    assert call.dialogue.step == "check"


def test_a_verified_number_is_never_locked_as_a_wrong_one() -> None:
    call = Call()
    call.verify()
    call.says("打错了", Intent.WRONG_PERSON, risk=(RiskFound(Risk.WRONG_PERSON, Severity.P1),))
    assert call.last_of(out.Escalate).risk is Risk.THIRD_PARTY
    assert not call.of(out.LockNumber)
    assert not call.dialogue.is_verified


def test_the_summary_names_the_risks_of_the_call() -> None:
    call = Call()
    call.says("失业了", risk=(RiskFound(Risk.INCOME_LOSS, Severity.P2),))
    call.says("我不想活了", risk=(DESPAIR,))
    assert call.last_of(out.Transfer).summary == (
        "接听人（未核实身份）流露轻生念头，请先关心安抚，不谈欠款，涉及：失去收入。对方刚才说：“我不想活了”。"
    )


def test_a_day_in_passing_is_no_promise() -> None:
    call = Call()
    call.verify()
    call.says("等一下", Intent.HOLD_ON, slots=(FRIDAY,))
    assert not call.of(out.Promise)
    call.says("对", Intent.AFFIRM)
    assert len(call.of(out.Promise)) == 1
