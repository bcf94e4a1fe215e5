"""A person brought to the line through the simulated carrier: its <Dial>, whisper, keys and bridge, our views."""

from __future__ import annotations

import asyncio

from ivr.ports import Agent
from kit.vocabulary import HangUpReason, MediaMode, Outcome
from tests.ivr.runtime.rig import CALL, House, despairs
from tests.simulator.world import AGENT, CALLEE, NOBODY
from tests.webhooks.test_keys_through_the_simulator import bridged


def _despairs(house: House) -> None:
    """The call so far: the borrower has said it, and the stream has ended for the transfer."""
    house.phone(despairs)
    assert house.sheet.state == "transferring"


def test_a_gravest_call_that_no_agent_takes_is_with_the_duty_manager() -> None:
    async def play() -> None:
        personas = {CALLEE: "borrower_with_agent", NOBODY: "busy", AGENT: "agent_accepts"}
        async with bridged(MediaMode.STREAM, personas) as stage:
            stage.house.shift.agents = (Agent(NOBODY, may_take_p0=True),)
            stage.house.shift.manager = Agent(AGENT, may_take_p0=True)
            _despairs(stage.house)
            call = await stage.here.create(path=f"/voice/resume?call_id={CALL}")
            await stage.here.over(call, limit_s=25)
            rung = [one for one in stage.here.exchange.calls.values() if one.parent_sid == call.sid]
            assert [(one.to, one.status) for one in rung] == [(NOBODY, "busy"), (AGENT, "completed")]
            assert call.bridged_sid == rung[1].sid
            assert stage.house.shift.alarms == [(CALL, "self_harm")]
            assert stage.house.notebook.finished[CALL][:2] == (Outcome.TRANSFERRED, HangUpReason.TRANSFER_DONE)

    asyncio.run(play())
