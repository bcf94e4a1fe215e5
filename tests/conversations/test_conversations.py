"""Every play goes as it is written, and together they walk every step and every way of every script."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.dialogue.edges import all_edges
from ivr.dialogue.play import write
from tests.conversations.stage import FILES, performance_of, play_of, script_of

SCRIPTS = sorted({file.name.split(".")[0] for file in FILES})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_play_goes_as_written(file: Path, request: pytest.FixtureRequest) -> None:
    play = play_of(file)
    now = write(play, performance_of(file).beats)
    if request.config.getoption("--update"):
        file.write_text(now, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == now


@pytest.mark.parametrize("script_id", SCRIPTS)
def test_every_step_is_walked(script_id: str) -> None:
    walked = set().union(*(performance_of(file).steps for file in FILES if play_of(file).script == script_id))
    assert sorted(set(script_of(script_id).steps) - walked) == []


@pytest.mark.parametrize("script_id", SCRIPTS)
def test_every_way_is_walked(script_id: str) -> None:
    walked = set().union(*(performance_of(file).trail for file in FILES if play_of(file).script == script_id))
    assert sorted(all_edges(script_of(script_id)) - walked) == []
