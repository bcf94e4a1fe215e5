"""How a call's state is kept: by words that databases in use hold already."""

from __future__ import annotations

import pytest

from kit.vocabulary import CallState
from store.calls import state_from_text, state_to_text


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.LOST])
def test_a_state_is_kept_as_its_word(state: CallState) -> None:
    assert state_to_text(state, 7) == state.value
    assert state_from_text(state.value) == (state, 0)


@pytest.mark.parametrize(("redirects", "text"), [(1, "lost:1"), (30, "lost:30")])
def test_a_lost_call_keeps_how_often_the_carrier_came_back(redirects: int, text: str) -> None:
    assert state_to_text(CallState.LOST, redirects) == text
    assert state_from_text(text) == (CallState.LOST, redirects)
