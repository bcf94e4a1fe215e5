"""tests/webhooks/*.yaml: a carrier's requests, the exact documents that answer them, and what was written down.

A case: `given` (sheet's state, agents, manager, settings), then `posts`: path, query, form -> status, document; then
`then`: rows.
`plain` documents: tokens and clip keys are replaced by words, since they differ from run to run.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.ports import Agent
from kit.vocabulary import CallState, Outcome
from tests.ivr.runtime.rig import CALL, House, Phone, Plot, asks_for_a_person, despairs
from tests.webhooks.post import Posts, plain

HERE = Path(__file__).parent
CASES = [(path.name, case) for path in sorted(HERE.glob("*.yaml")) for case in yaml.safe_load(path.read_text("utf-8"))]


def _agents(count: int) -> list[Agent]:
    """The first two ordinary, the last able to take the gravest."""
    return [Agent(f"+1202{5550110 + place}", may_take_p0=place == count - 1) for place in range(count)]


MANAGER = {"set": "+12025550119", "one_of_the_agents": "+12025550110"}


def _house(given: dict[str, Any]) -> House:
    house = House(agents=_agents(given.get("agents", 0)), **given.get("settings", {}))
    house.shift.manager = Agent(MANAGER[given["manager"]], may_take_p0=True) if "manager" in given else None
    if given.get("begun"):
        house.phone(BEGINNINGS[given["begun"]])
    changes: dict[str, Any] = {name: given[name] for name in ("agents_tried", "redirects", "carrier_sid") if name in given}
    if "state" in given:
        changes["state"] = CallState(given["state"])
    if "outcome" in given:
        changes["outcome"] = Outcome(given["outcome"])
    house.notebook.sheets[CALL] = dataclasses.replace(house.sheet, **changes)
    return house


def _listens(phone: Phone) -> Plot:
    yield from phone.wait(1)
    phone.closed_by_peer = True
    yield


BEGINNINGS = {"transfer": asks_for_a_person, "despair": despairs, "talk": _listens}


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}: {case['case']}" for name, case in CASES])
def test_case(name: str, case: dict[str, Any]) -> None:
    house = _house(case.get("given", {}))
    post = Posts(house)
    for step in case["posts"]:
        reply = post(step["path"], step.get("form"), signature=step.get("signature"), **step.get("query", {}))
        assert reply.status_code == step.get("status", 200)
        if "document" in step:
            assert reply.mimetype == "text/xml"
            assert plain(reply.text) == step["document"].strip().replace("\n", "")
    _check(house, case.get("then", {}))


def _check(house: House, then: dict[str, Any]) -> None:
    finished = house.notebook.finished.get(CALL)
    rows: dict[str, Any] = {
        "state": house.sheet.state.value,
        "redirects": house.sheet.redirects,
        "agents_tried": house.sheet.agents_tried,
        "outcome": finished[0].value if finished else None,
        "reason": finished[1].value if finished else None,
        "progress": [status for _, _, status in house.callbacks.progress],
        "alarms": [reason for _, reason in house.shift.alarms],
        "orders": list(house.live.orders(CALL)),
    }
    assert {name: rows[name] for name in then} == then
