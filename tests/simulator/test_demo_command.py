"""The demonstration's command line."""

from __future__ import annotations

import pytest

from simulator.demo.__main__ import main


def test_an_unknown_persona_is_named_with_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "pays_today", "nobody"])
    told = capsys.readouterr().err
    assert "没有这样的角色：nobody" in told
    assert "pays_today" in told
