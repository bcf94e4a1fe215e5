"""The picture of a script: every step, every way out, nothing on top of anything."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr.script.draw import ASKS, SLOTS, draw
from ivr.script.fields import FIELDS
from ivr.script.layout import layered
from ivr.script.load import load_script
from ivr.script.model import AskKind
from kit.vocabulary import SlotName
from tests.ivr.script.small import loaded

SVG = "{http://www.w3.org/2000/svg}"


def _boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """Step -> (x, y, width, height)."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        found[group.attrib["id"]] = tuple(float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("script_id", ["due_reminder", "overdue_reminder", "first_followup"])
def test_every_step_has_its_own_place(script_id: str) -> None:
    script = load_script(Path("scripts_zh"), script_id)
    boxes = _boxes(draw(script))
    assert set(boxes) == set(script.steps)
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(boxes.values(), 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


def test_words_are_chinese_and_escaped() -> None:
    script, _ = loaded()
    assert script is not None
    svg = draw(script)
    for text in (
        "主流程：小话术",
        "否定",
        "→ bye",
        "结束：承诺还款",
        "风险：轻生",
        "随时可说：问何事",
        "不说话",
        "〔应还金额〕",
    ):
        assert text in svg
    assert "{amount_fen}" not in svg


def test_colours_tell_before_from_after_and_ends_are_round() -> None:
    script, _ = loaded()
    assert script is not None
    rects = {
        group.attrib["id"]: rect.attrib
        for group in ElementTree.fromstring(draw(script)).iter(f"{SVG}g")
        if (rect := group.find(f"{SVG}rect")) is not None
    }
    assert rects["identify"]["class"] == "box early"
    assert rects["tell"]["class"] == "box known"
    assert rects["people.transfer"]["class"] == "box risk"
    assert rects["agreed"]["class"] == "box known end"
    assert int(rects["agreed"]["rx"]) > int(rects["tell"]["rx"])


def test_forward_lines_run_down_and_pass_between_boxes() -> None:
    sizes = dict.fromkeys("abcd", (100.0, 40.0))
    placed = layered(list("abcd"), [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")], sizes, gap=10, layer_gap=20)
    assert placed.at["a"].y < placed.at["b"].y < placed.at["c"].y
    long_line = placed.routes["a", "c"]
    assert [point.y for point in long_line] == sorted(point.y for point in long_line)
    at_b = [point.x for point in long_line if placed.at["b"].y <= point.y <= placed.at["b"].y + 40]
    assert at_b
    assert all(x < placed.at["b"].x or x > placed.at["b"].x + 100 for x in at_b)
    assert placed.routes["c", "a"][0].y > placed.routes["c", "a"][-1].y


def test_nothing_to_place() -> None:
    assert layered([], [], {}, gap=1, layer_gap=1).at == {}


def test_every_name_has_a_word_for_people() -> None:
    assert (set(ASKS), set(SLOTS)) == (set(AskKind), set(SlotName))
    assert all(field.label for field in FIELDS.values())
