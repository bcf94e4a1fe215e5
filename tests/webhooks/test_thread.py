"""The thin thread: a signed webhook, its document, the socket that the document names, a dialogue, an outcome."""

from __future__ import annotations

import re

from kit.vocabulary import Outcome
from tests.ivr.runtime.rig import CALL, House, Phone, Plot
from tests.webhooks.post import Posts


def test_from_the_signed_answer_to_the_outcome() -> None:
    house = House()
    post = Posts(house)
    answered = post("/voice/answer", {"CallStatus": "in-progress"})
    token = re.search(r'name="token" value="([^"]+)"', answered.text)
    assert answered.status_code == 200
    assert token is not None

    def plot(phone: Phone) -> Plot:
        yield from phone.until_quiet()
        yield from phone.say("不是")
        yield from phone.wait(10)

    phone = Phone(house, token[1], plot)
    from ivr.runtime.pump import carry

    carry(phone, house.line)
    assert house.notebook.finished[CALL][0] is Outcome.WRONG_NUMBER
    assert post("/voice/resume").text.endswith("<Response><Hangup/></Response>")
