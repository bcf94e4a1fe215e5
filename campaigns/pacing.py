"""How many calls to start now. Decides; never dials."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp


@dataclass(frozen=True, slots=True)
class Load:
    """What is going on: calls not yet over, free media slots over all live workers, calls started in the last second,
    agents free to take a hand-off."""

    in_flight: int
    free_slots: int
    started_last_s: int
    free_agents: int

    def with_in_flight(self, in_flight: int) -> Load:
        """The load once so many calls are known to be in flight: each holds one of the free slots."""
        return replace(self, in_flight=in_flight, free_slots=max(0, self.free_slots - in_flight))


@dataclass(frozen=True, slots=True)
class Pace:
    """What is allowed. `hand_off_rate`: share of calls that ask for a person; `strand_limit`: accepted chance that more
    hand-offs come at once than agents are free."""

    calls_per_s: int
    max_in_flight: int
    hand_off_rate: float = 0.08
    strand_limit: float = 0.03


def may_start(load: Load, pace: Pace) -> int:
    """Calls to start in this tick: never more in flight than free media slots, lines, or agents can bear; never negative."""
    by_rate = pace.calls_per_s - load.started_last_s
    by_lines = pace.max_in_flight - load.in_flight
    by_slots = load.free_slots
    by_agents = _bearable(load.free_agents, pace) - load.in_flight
    return max(0, min(by_rate, by_lines, by_slots, by_agents))


def _bearable(agents: int, pace: Pace) -> int:
    """The largest number of calls in flight with P(hand-offs > agents) <= strand_limit (Poisson, see docs/dialling.md).

    One agent always bears a few calls: a hand-off that finds nobody ends in a booked callback, not in silence.
    """
    if agents <= 0:
        return 0
    calls = 1
    while calls < pace.max_in_flight and _tail(agents, (calls + 1) * pace.hand_off_rate) <= pace.strand_limit:
        calls += 1
    return calls


def _tail(agents: int, mean: float) -> float:
    term = exp(-mean)
    below = term
    for count in range(1, agents + 1):
        term *= mean / count
        below += term
    return 1.0 - below
