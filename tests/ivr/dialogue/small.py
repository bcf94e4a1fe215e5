"""A small script, made by hand: everything a dialogue can meet, nothing of the real content."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ivr.meaning import Meaning, RiskFound, Slot
from ivr.script.fields import Facts
from ivr.script.model import (
    BACK,
    REPEAT,
    STAY,
    Action,
    Ask,
    AskKind,
    Condition,
    Do,
    Line,
    Patience,
    Place,
    Route,
    Script,
    Step,
)
from kit.vocabulary import Intent, Outcome, Purpose, Risk, Severity, SlotName

NOWHERE = Place("small.yaml", 1)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FACTS: Facts = {
    "lender": "安行汽车金融",
    "borrower_name": "王小明",
    "id_last4": "123X",
    "amount_fen": 320000,
    "due_on": date(2026, 11, 20),
}


def line(text: str, is_private: bool = False) -> Line:
    return Line(text, NOWHERE, is_private)


def when(*intents: Intent, **parts: object) -> Condition:
    return Condition(intents=frozenset(intents), **parts)  # type: ignore[arg-type]


PATIENCE = Patience(5.0, 2, "quiet")
UNCLEAR = Patience(5.0, 2, "person")


def _steps() -> list[Step]:
    return [
        Step(
            "hello",
            NOWHERE,
            say=(line("您好，这里是{lender}，我是人工智能语音助手，本次通话会录音。"), line("请问您是{borrower_name}吗？")),
            reword=((line("喂，您好，请问是{borrower_name}吗？"),), (line("请您回答是或者不是。"),)),
            ask=Ask(AskKind.YES_NO),
            routes=(
                Route(when(Intent.AFFIRM, Intent.IS_CALLEE), "factor", (Action(Do.IS_CALLEE),)),
                Route(when(Intent.WRONG_PERSON, Intent.DENY), "wrong", outcome=Outcome.WRONG_NUMBER),
            ),
            keys={"1": Route(when(), "factor", (Action(Do.IS_CALLEE),)), "0": Route(when(), "person")},
            silence=PATIENCE,
            unclear=UNCLEAR,
        ),
        Step(
            "factor",
            NOWHERE,
            say=(line("为了保护您的隐私，请说出或按键输入身份证后四位。"),),
            ask=Ask(AskKind.DIGITS, slots=frozenset({SlotName.DIGITS}), max_digits=4),
            routes=(Route(when(matches="id_last4"), "tell", (Action(Do.VERIFIED, {"by": "id_last4"}),)),),
            silence=PATIENCE,
            unclear=UNCLEAR,
        ),
        Step("tell", NOWHERE, say=(line("您的车贷{amount_fen}，应在{due_on}前还。", True),), goto="ask"),
        Step(
            "ask",
            NOWHERE,
            say=(line("请问您什么时候方便还款？", True),),
            reword=((line("大概哪一天可以还？", True),),),
            ask=Ask(AskKind.DATE, slots=frozenset({SlotName.PAY_ON})),
            routes=(
                Route(when(problem=SlotName.PAY_ON), "again"),
                Route(when(has=frozenset({SlotName.PAY_ON})), "check"),
                Route(when(Intent.HOLD_ON), STAY),
            ),
            silence=PATIENCE,
            unclear=UNCLEAR,
        ),
        Step("again", NOWHERE, say=(line("这个日期好像不对。", True),), goto="ask"),
        Step(
            "check",
            NOWHERE,
            say=(line("好的，您会在{pay_on}还款，对吗？", True),),
            ask=Ask(AskKind.YES_NO),
            routes=(
                Route(when(Intent.AFFIRM), "bye", (Action(Do.PROMISE),), Outcome.PROMISE),
                Route(when(Intent.DENY), "ask", (Action(Do.FORGET, {"slot": "pay_on"}),)),
            ),
            silence=PATIENCE,
            unclear=UNCLEAR,
        ),
        Step("bye", NOWHERE, say=(line("感谢您的接听，再见。"),), end=Outcome.RPC, is_interruptible=False),
        Step("wrong", NOWHERE, say=(line("打扰了，再见。"),), actions=(Action(Do.LOCK_NUMBER),), end=Outcome.WRONG_NUMBER),
        Step("quiet", NOWHERE, say=(line("没有听到您的声音，再见。"),), end=Outcome.SILENT),
        Step(
            "person",
            NOWHERE,
            say=(line("正在为您转接人工。"),),
            actions=(Action(Do.TRANSFER, {"reason": "request_human", "failed": "later"}),),
            goto="later",
        ),
        Step("later", NOWHERE, say=(line("人工稍后给您回电。"),), actions=(Action(Do.CALLBACK, {"by": "person"}),), goto="end"),
        Step("end", NOWHERE, say=(line("再见。"),), end=Outcome.CALLBACK_BOOKED),
        Step(
            "care",
            NOWHERE,
            say=(line("我听到您说的了，马上请同事陪您说话。"),),
            actions=(Action(Do.TRANSFER, {"reason": "self_harm", "failed": "lines"}),),
            goto="lines",
        ),
        Step(
            "lines",
            NOWHERE,
            say=(line("您可以拨打12356。"),),
            ask=Ask(AskKind.OPEN),
            silence=Patience(8.0, 1, "end"),
            unclear=Patience(8.0, 1, "end"),
        ),
        Step("today", NOWHERE, say=(line("会有同事今天联系您。"),), goto="end", outcome=Outcome.DISPUTE),
        Step("who", NOWHERE, say=(line("这里是{lender}。"),), goto=BACK),
        Step("debt", NOWHERE, say=(line("您应还{amount_fen}。", True),), goto=BACK),
        Step("stop", NOWHERE, say=(line("好的，不再自动拨打。"),), actions=(Action(Do.STOP_CALLING),), goto="end"),
        Step("sorry", NOWHERE, say=(line("抱歉，系统出了点问题，稍后由同事联系您。"),), end=Outcome.UNKNOWN),
        Step("late", NOWHERE, say=(line("时间到了，先不打扰您。"),), end=Outcome.NO_COMMITMENT),
    ]


def small_script(**changes: object) -> Script:
    """The small script; `changes` replace parts of it."""
    parts: dict[str, object] = {
        "id": "small",
        "title": "小话术",
        "purpose": Purpose.COLLECTION,
        "digest": "0" * 64,
        "start": "hello",
        "steps": {step.id: step for step in _steps()},
        "always": (
            Route(when(Intent.REQUEST_HUMAN), "person"),
            Route(when(Intent.ASK_WHO), "who"),
            Route(when(Intent.ASK_AMOUNT, is_verified=True), "debt"),
            Route(when(Intent.ASK_REPEAT), REPEAT),
            Route(when(Intent.STOP_CALLING), "stop"),
        ),
        "risk": {Severity.P0: "care", Severity.P1: "today", Risk.WRONG_PERSON: "wrong"},
        "resume": (line("抱歉，刚才线路断了。"),),
        "fault": "sorry",
        "time_up": "late",
    }
    return Script(**{**parts, **changes})  # type: ignore[arg-type]


def said(text: str, *intents: Intent, slots: tuple[Slot, ...] = (), risk: tuple[RiskFound, ...] = ()) -> Meaning:
    """A meaning as understanding would hand it over."""
    first = intents[0] if intents else Intent.UNCLEAR
    return Meaning(text, first, intents, slots, risk)
