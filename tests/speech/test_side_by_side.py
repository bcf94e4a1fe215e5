"""Two at a time, in order, and nothing after a failure that had not begun."""

from __future__ import annotations

import threading
import time

import pytest

from speech.side_by_side import AT_ONCE, side_by_side

PATIENCE_S = 30.0


def test_results_come_in_order_and_so_many_are_made_at_once() -> None:
    together = threading.Barrier(AT_ONCE, timeout=PATIENCE_S)

    def work(item: int) -> int:
        together.wait()
        return item * item

    assert list(side_by_side(work, range(2 * AT_ONCE))) == [0, 1, 4, 9]


def test_a_failure_is_raised_and_what_has_not_begun_is_not_done() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            raise ValueError("zero")
        time.sleep(0.001)
        return item

    with pytest.raises(ValueError, match="zero"):
        next(side_by_side(work, range(10_000)))
    assert len(begun) < 10_000
