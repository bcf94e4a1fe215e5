"""Every script is tried in the situations that every call can meet."""

from __future__ import annotations

import pytest

from ivr.script.load import script_ids
from tests.conversations.stage import FOLDER, SCRIPTS

SITUATIONS = """
happy wrong_person third_party silence interruption risk_p0 risk_p0_alone risk_p0_unverified risk_p1 risk_p2 hang_up
hang_up_early opt_out wants_human wants_human_nobody callback misunderstanding self_service self_service_unverified
machine keys_only line_lost time_up hand_over complaint
"""


@pytest.mark.parametrize("script_id", script_ids(SCRIPTS))
def test_a_script_has_a_play_for_every_situation(script_id: str) -> None:
    written = {file.name.split(".")[1] for file in FOLDER.glob(f"{script_id}.*.yaml")}
    assert sorted(set(SITUATIONS.split()) - written) == []
