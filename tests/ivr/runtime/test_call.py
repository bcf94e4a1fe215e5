"""Whole calls over a media socket, in virtual time."""

from __future__ import annotations

from kit.vocabulary import HangUpReason, Outcome
from tests.ivr.runtime.rig import CALL, House, Phone, Plot

HELLO = "您好，这里是安行汽车金融，我是人工智能语音助手，本次通话会录音。请问您是王小明吗？"


def test_a_wrong_number_is_heard_answered_and_recorded() -> None:
    house = House()

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    phone = house.phone(plot)

    assert house.spoken("bot") == [HELLO, "打扰了，再见。"]
    assert house.spoken("callee") == ["不是"]
    assert house.notebook.finished[CALL][:2] == (Outcome.WRONG_NUMBER, HangUpReason.SCRIPT_ENDED)
    assert not phone.is_bot_speaking, "goodbye must have been played before the socket is closed"
    part = house.recorder.parts[CALL][0]
    assert part.is_closed
    assert len(part.callee) == len(part.ours) > 8000 * 5
    assert all(turn.heard_whole for turn in house.notebook.turns[CALL])
