"""The demonstration's command line."""

from __future__ import annotations

import pytest

from simulator.demo import __main__ as demo
from simulator.demo.__main__ import main
from simulator.demo.judge import Judged


def test_an_unknown_persona_is_named_with_those_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "pays_today", "nobody"])
    told = capsys.readouterr().err
    assert "没有这样的角色：nobody" in told
    assert "pays_today" in told


def _judged(*faults: str, is_grave: bool = False) -> Judged:
    return Judged("p", "promise", "", "", None, None, None, faults, is_grave)


@pytest.mark.parametrize(
    ("judged", "arguments", "code"),
    [
        ([_judged(), _judged("结果应为 paid")], [], 0),
        ([_judged(), _judged("结果应为 paid")], ["--short"], 0),
        ([_judged(), _judged("结果应为 paid")], ["--only", "pays_today"], 1),
        ([_judged("结果应为 paid"), _judged("结果应为 paid")], [], 1),
        ([_judged(), _judged("没有接通真人", is_grave=True)], [], 1),
        ([_judged(), _judged("未核实者听到了：车贷", is_grave=True)], ["--short"], 1),
    ],
)
def test_the_exit_code(judged: list[Judged], arguments: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_play", lambda cast, borrowers: judged)
    assert main(arguments) == code
