"""What both sides said, as turns waiting to be written with the next save. Keyed identity factors are masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ivr.ports import Turn
from ivr.runtime.ear import Utterance
from ivr.runtime.playout import Saying


class Transcript:
    """Turns of one call not yet saved. `position_s` is the recording's, `step` the dialogue's."""

    def __init__(self, position_s: Callable[[], float], step: Callable[[], str]) -> None:
        self._turns: list[Turn] = []
        self._position_s = position_s
        self._step = step

    def we_said(self, sayings: Sequence[Saying]) -> None:
        """What was said of ours, as far as it was heard. What nobody heard is not a turn."""
        for saying in sayings:
            heard = saying.say.text if saying.is_played else saying.heard
            if heard or not saying.say.text:
                self._turns.append(
                    Turn(
                        speaker="bot",
                        text=heard,
                        step=self._step(),
                        started_s=saying.began_s,
                        ended_s=self._position_s(),
                        heard_whole=heard == saying.say.text,
                    )
                )

    def they_said(self, utterance: Utterance, meaning: Mapping[str, Any] | None = None) -> None:
        """What the callee said, and what it means when it was understood."""
        self._turns.append(
            Turn(
                speaker="callee",
                text=utterance.heard.text,
                step=self._step(),
                started_s=utterance.began_s,
                ended_s=utterance.ended_s,
                meaning=meaning,
                confidence=utterance.heard.confidence,
                engine=utterance.heard.engine,
            )
        )

    def they_pressed(self, digits: str, *, is_secret: bool) -> None:
        """What the callee keyed."""
        at = self._position_s()
        shown = "*" * len(digits) if is_secret else digits
        self._turns.append(Turn(speaker="callee", text="", step=self._step(), started_s=at, ended_s=at, keys=shown))

    def take(self) -> list[Turn]:
        """The turns so far; they are somebody else's to write now."""
        turns, self._turns = self._turns, []
        return turns
