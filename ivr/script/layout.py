"""Places boxes in layers so that lines run downwards and cross little (Sugiyama, by igraph). Geometry only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import igraph

MAX_ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Point:
    """Pixels, from the panel's upper left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """`at`: upper left corner of every box. `routes`: the points of every line, source first."""

    at: Mapping[str, Point]
    routes: Mapping[tuple[str, str], Sequence[Point]]


def layered(
    names: Sequence[str],
    edges: Sequence[tuple[str, str]],
    sizes: Mapping[str, tuple[float, float]],
    *,
    gap: float,
    layer_gap: float,
) -> Layout:
    """Place boxes of these sizes (width, height); layers are as tall as their tallest box."""
    if not names:
        return Layout({}, {})
    index = {name: number for number, name in enumerate(names)}
    graph = igraph.Graph(n=len(names), edges=[(index[a], index[b]) for a, b in edges], directed=True)
    coordinates = graph.layout_sugiyama(hgap=1, vgap=1, maxiter=MAX_ITERATIONS).coords[: len(names)]
    layers: dict[int, list[str]] = {}
    for name in names:
        layers.setdefault(round(coordinates[index[name]][1]), []).append(name)
    at: dict[str, Point] = {}
    widest = max(_row_width(row, sizes, gap) for row in layers.values())
    top = 0.0
    for number in sorted(layers):
        row = sorted(layers[number], key=lambda name: coordinates[index[name]][0])
        left = (widest - _row_width(row, sizes, gap)) / 2
        for name in row:
            at[name] = Point(left, top)
            left += sizes[name][0] + gap
        top += max(sizes[name][1] for name in row) + layer_gap
    return Layout(at, {edge: _route(edge, at, sizes) for edge in edges})


def _row_width(row: Sequence[str], sizes: Mapping[str, tuple[float, float]], gap: float) -> float:
    return sum(sizes[name][0] for name in row) + gap * (len(row) - 1)


def _route(edge: tuple[str, str], at: Mapping[str, Point], sizes: Mapping[str, tuple[float, float]]) -> list[Point]:
    """From the lower edge of the source to the upper edge of the target; upward lines run from side to side."""
    (source, target) = edge
    start, goal = at[source], at[target]
    if goal.y > start.y:
        return [
            Point(start.x + sizes[source][0] / 2, start.y + sizes[source][1]),
            Point(goal.x + sizes[target][0] / 2, goal.y),
        ]
    return [
        Point(start.x + sizes[source][0] * 0.75, start.y),
        Point(goal.x + sizes[target][0] * 0.75, goal.y + sizes[target][1]),
    ]
