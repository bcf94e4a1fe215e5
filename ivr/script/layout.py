"""Places boxes in layers so that lines run downwards and cross little (Sugiyama, by igraph). Geometry only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import igraph

MAX_ITERATIONS = 300
LANE = 18.0
"""Width kept free for a line that passes a layer."""

Edge = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Point:
    """Pixels, from the panel's upper left corner."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """`at`: upper left corner of every box. `routes`: the points of every line, source first. `width` of the whole."""

    at: Mapping[str, Point]
    routes: Mapping[Edge, Sequence[Point]]
    width: float


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in a layer: a box, or a lane for a line (`name` is None)."""

    vertex: int
    name: str | None
    width: float


def layered(
    names: Sequence[str],
    edges: Sequence[Edge],
    sizes: Mapping[str, tuple[float, float]],
    *,
    gap: float,
    layer_gap: float,
) -> Layout:
    """Place boxes of these sizes (width, height). The order of `names` says what is forward: such lines run downwards.

    A box stands one layer below the lowest box that leads forward to it; a layer is as tall as its tallest box.
    """
    if not names:
        return Layout({}, {}, 0.0)
    index = {name: number for number, name in enumerate(names)}
    forward = [(a, b) for a, b in edges if index[a] < index[b]]
    depth = _depths(names, forward)
    lanes, pieces, layers = _with_lanes(index, forward, depth)
    graph = igraph.Graph(n=len(layers), edges=pieces, directed=True)
    coordinates = graph.layout_sugiyama(layers=layers, maxiter=MAX_ITERATIONS).coords
    rows = _rows(names, sizes, layers, [point[0] for point in coordinates])
    tops = _tops(rows, sizes, layer_gap)
    width = max(_row_width(row, gap) for row in rows.values())
    middles = _middles(rows, width, gap)
    at = {name: Point(middles[index[name]] - sizes[name][0] / 2, tops[depth[name]]) for name in names}
    routes = {edge: _route_up(edge, at, sizes) for edge in edges}
    for edge, passed in lanes.items():
        points = [Point(middles[lane], y) for lane in passed for y in (tops[layers[lane]], tops[layers[lane] + 1] - layer_gap)]
        routes[edge] = _route_down(edge, at, sizes, points)
    return Layout(at, routes, width)


def _depths(names: Sequence[str], forward: Sequence[Edge]) -> Mapping[str, int]:
    depth = dict.fromkeys(names, 0)
    for name in names:
        for source, target in forward:
            if source == name:
                depth[target] = max(depth[target], depth[name] + 1)
    return depth


def _with_lanes(
    index: Mapping[str, int], forward: Sequence[Edge], depth: Mapping[str, int]
) -> tuple[Mapping[Edge, Sequence[int]], list[tuple[int, int]], list[int]]:
    """Cut long lines at every layer: (lanes of each line, the pieces, the layer of every vertex, boxes first)."""
    layers = [depth[name] for name in index]
    pieces: list[tuple[int, int]] = []
    lanes: dict[Edge, Sequence[int]] = {}
    for edge in forward:
        source, target = edge
        between = range(depth[source] + 1, depth[target])
        first = len(layers)
        layers += between
        lanes[edge] = range(first, len(layers))
        stops = [index[source], *lanes[edge], index[target]]
        pieces += pairwise(stops)
    return lanes, pieces, layers


def _rows(
    names: Sequence[str], sizes: Mapping[str, tuple[float, float]], layers: Sequence[int], order: Sequence[float]
) -> Mapping[int, list[_Slot]]:
    """Layer -> its places from left to right."""
    rows: dict[int, list[_Slot]] = {}
    for vertex in sorted(range(len(layers)), key=lambda one: order[one]):
        name = names[vertex] if vertex < len(names) else None
        rows.setdefault(layers[vertex], []).append(_Slot(vertex, name, sizes[name][0] if name else LANE))
    return rows


def _tops(
    rows: Mapping[int, Sequence[_Slot]], sizes: Mapping[str, tuple[float, float]], layer_gap: float
) -> Mapping[int, float]:
    tops: dict[int, float] = {0: 0.0}
    top = 0.0
    for number in sorted(rows):
        top += max((sizes[slot.name][1] for slot in rows[number] if slot.name), default=0.0) + layer_gap
        tops[number + 1] = top
    return tops


def _row_width(row: Sequence[_Slot], gap: float) -> float:
    return sum(slot.width for slot in row) + gap * (len(row) - 1)


def _middles(rows: Mapping[int, Sequence[_Slot]], width: float, gap: float) -> Mapping[int, float]:
    """The middle of every vertex; rows are centred."""
    middles: dict[int, float] = {}
    for row in rows.values():
        left = (width - _row_width(row, gap)) / 2
        for slot in row:
            middles[slot.vertex] = left + slot.width / 2
            left += slot.width + gap
    return middles


def _route_down(
    edge: Edge, at: Mapping[str, Point], sizes: Mapping[str, tuple[float, float]], passed: Sequence[Point]
) -> list[Point]:
    source, target = edge
    (width, height), (goal_width, _) = sizes[source], sizes[target]
    start = Point(at[source].x + width / 2, at[source].y + height)
    return [start, *passed, Point(at[target].x + goal_width / 2, at[target].y)]


def _route_up(edge: Edge, at: Mapping[str, Point], sizes: Mapping[str, tuple[float, float]]) -> list[Point]:
    """From the upper edge of the source to the lower edge of the target, off the middle."""
    source, target = edge
    start, goal = at[source], at[target]
    return [
        Point(start.x + sizes[source][0] * 0.8, start.y),
        Point(goal.x + sizes[target][0] * 0.8, goal.y + sizes[target][1]),
    ]
