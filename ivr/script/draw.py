"""A script as a picture: one panel a flow, steps in layers, every way out written in its box. Pure text (SVG) out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from ivr.script.fields import FIELDS
from ivr.script.graph import Edge, Via, explore, own_edges, risk_name, verified_steps
from ivr.script.layout import Point, layered
from ivr.script.model import BACK, REPEAT, STAY, AskKind, Condition, Do, Script, Step
from ivr.script.wording import names_in
from kit.labels import INTENTS, OUTCOMES, RISKS
from kit.vocabulary import Risk, SlotName

BOX = 370
PAD = 12
LINE = 18
CHARS = 26
"""Hanzi of 13 px in one line of a box."""
GAP = 30
LAYER_GAP = 64
MARGIN = 40

SLOTS = {
    SlotName.PAY_ON: "还款日",
    SlotName.PAID_ON: "已还日",
    SlotName.CALLBACK_AT: "回电时间",
    SlotName.VISIT_AT: "上门时间",
    SlotName.AMOUNT_FEN: "金额",
    SlotName.VEHICLE_STATE: "车辆状态",
    SlotName.SCORE: "评分",
    SlotName.CHANNEL: "渠道",
    SlotName.HOURS: "时段",
    SlotName.KIND: "种类",
    SlotName.DIGITS: "数字",
}
ASKS = {
    AskKind.YES_NO: "问是否",
    AskKind.OPEN: "听原话",
    AskKind.DATE: "问时间",
    AskKind.AMOUNT: "问金额",
    AskKind.DIGITS: "问数字",
    AskKind.SCORE: "问评分",
}
DOES = {
    Do.VERIFIED: "核实通过",
    Do.PROMISE: "记承诺",
    Do.COMPLAINT: "记投诉",
    Do.ESCALATE: "上报风险",
    Do.STOP_CALLING: "停止自动来电",
    Do.LOCK_NUMBER: "锁定号码",
    Do.CALLBACK: "约回电",
    Do.VISIT: "约上门",
    Do.PREFER: "记偏好",
    Do.TRANSFER: "转人工",
}
SPECIAL = {REPEAT: "重说", BACK: "回到原处", STAY: "继续听"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One way out: what it takes, and where it leads."""

    label: str
    target: str
    css: str


@dataclass(frozen=True, slots=True)
class _Box:
    """A step as it is drawn."""

    step: Step
    css: str
    tags: tuple[str, ...]
    text: tuple[str, ...]
    rows: tuple[_Row, ...]

    @property
    def height(self) -> float:
        return 2 * PAD + LINE * (1 + len(self.tags) + len(self.text) + len(self.rows)) + (6 if self.rows else 0)


@dataclass(slots=True)
class _Sheet:
    """The picture while it grows downwards."""

    parts: list[str] = field(default_factory=list)
    width: float = 0
    height: float = MARGIN


def draw(script: Script) -> str:
    """The script as an SVG document."""
    boxes = _boxes(script)
    sheet = _Sheet()
    _title(sheet, script)
    for name, members in _panels(script).items():
        _panel(sheet, _panel_title(name, script), [boxes[step] for step in members])
    width, height = int(sheet.width + MARGIN), int(sheet.height)
    body = "\n".join(sheet.parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{_CSS}</style>{_MARKER}"
        f'<rect width="{width}" height="{height}" class="sheet"/>\n{body}\n</svg>\n'
    )


def _panels(script: Script) -> Mapping[str, list[str]]:
    """Steps by flow: the flow that opens the call, the script's own steps, then the other shared flows."""
    opening = script.start.partition(".")[0] if "." in script.start else ""
    panels: dict[str, list[str]] = {opening: [], "": []}
    for name in script.steps:
        panels.setdefault(name.partition(".")[0] if "." in name else "", []).append(name)
    return {name: steps for name, steps in panels.items() if steps}


def _panel_title(name: str, script: Script) -> str:
    return f"共享流程：{name}" if name else f"主流程：{script.title}"


def _boxes(script: Script) -> dict[str, _Box]:
    is_known = verified_steps(explore(script))
    tags: dict[str, list[str]] = {name: [] for name in script.steps}
    for route in script.always:
        if route.goto in tags:
            tags[route.goto].append(f"随时可说：{_condition(route.when)}")
    for risk, target in script.risk.items():
        if target in tags:
            name = RISKS[risk] if isinstance(risk, Risk) else risk_name(risk)
            tags[target].append(f"风险：{name}")
    for target, what in ((script.fault, "系统故障时"), (script.time_up, "到时长上限时")):
        if target in tags:
            tags[target].append(what)
    common = _common_keys(script)
    at_risk = set(script.risk.values())
    return {
        name: _Box(
            step=step,
            css=_css(step, is_risk=name in at_risk, is_verified=is_known.get(name, False)),
            tags=tuple(part for tag in tags[name] for part in _wrapped(tag)),
            text=tuple(part for line in step.say for part in _wrapped(_said(line.text))),
            rows=tuple(_rows(step, common)),
        )
        for name, step in script.steps.items()
    }


def _css(step: Step, *, is_risk: bool, is_verified: bool) -> str:
    zone = "risk" if is_risk else "known" if is_verified else "early"
    return f"{zone} end" if step.end is not None else zone


def _rows(step: Step, common: frozenset[int]) -> Iterator[_Row]:
    """Ways out, one row for each target, in the order in which they are tried."""
    rows: dict[tuple[str, str], list[str]] = {}
    for edge in own_edges(step):
        if id(edge.route) not in common:
            rows.setdefault((edge.target, edge.via.value), []).append(_edge_label(edge))
    for action in step.actions:
        if action.do in DOES and action.do is not Do.TRANSFER:
            yield _Row(f"＊{DOES[action.do]}", "", "do")
    for (target, via), labels in rows.items():
        room = int((BOX - 2 * PAD - 7 * len(target)) / 12) - 2
        yield _Row(_short("／".join(dict.fromkeys(labels)), max(room, 6)), target, via)
    if step.end is not None:
        yield _Row(f"结束：{OUTCOMES[step.end]}", "", "over")


def _common_keys(script: Script) -> frozenset[int]:
    """Identities of the key routes that many steps share: drawn once, in the title."""
    counted = Counter(id(route) for step in script.steps.values() for route in step.keys.values())
    return frozenset(route for route, times in counted.items() if times > 1)


def _edge_label(edge: Edge) -> str:
    if edge.via is Via.KEY:
        return f"按{edge.label}"
    if edge.route is not None:
        return _condition(edge.route.when)
    return {Via.SILENCE: "不说话", Via.UNCLEAR: "听不懂", Via.FAILED: "转接不成"}.get(edge.via, "接着")


def _condition(when: Condition) -> str:
    parts = ["、".join(INTENTS[intent] for intent in sorted(when.intents, key=lambda one: INTENTS[one]))]
    parts += [f"有{SLOTS[slot]}" for slot in sorted(when.has | when.heard)]
    parts += [f"缺{SLOTS[slot]}" for slot in sorted(when.lacks)]
    parts += [f"{SLOTS[when.problem]}要再问"] if when.problem else []
    parts += [{"amount_fen": "等于全额"}.get(when.matches, "核对一致")] if when.matches else []
    parts += ["已核实" if when.is_verified else "未核实"] if when.is_verified is not None else []
    return "，".join(part for part in parts if part) or "其他回答"


def _said(text: str) -> str:
    """Names in braces as people call them."""
    for name in names_in(text):
        text = text.replace(f"{{{name}}}", f"〔{FIELDS[name].label if name in FIELDS else name}〕")
    return text


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _wrapped(text: str) -> Iterator[str]:
    """Lines of at most CHARS full-width characters; ASCII counts half."""
    line, used = "", 0.0
    for char in text:
        wide = 0.55 if char.isascii() else 1.0
        if used + wide > CHARS and char not in "，。？！：；、”〕":
            yield line
            line, used = "", 0.0
        line, used = line + char, used + wide
    if line:
        yield line


def _title(sheet: _Sheet, script: Script) -> None:
    sheet.parts.append(f'<text x="{MARGIN}" y="{MARGIN + 10}" class="h1">{escape(script.title)}　{escape(script.id)}</text>')
    legend = (("early", "核实本人之前"), ("known", "核实本人之后"), ("risk", "风险接手"), ("known end", "结束（圆角）"))
    x = float(MARGIN)
    for css, text in legend:
        radius = 12 if "end" in css else 3
        sheet.parts.append(f'<rect x="{x}" y="{MARGIN + 28}" width="26" height="24" rx="{radius}" class="box {css}"/>')
        sheet.parts.append(f'<text x="{x + 34}" y="{MARGIN + 45}" class="say">{text}</text>')
        x += 170
    hint = "盒子里从上到下：步骤名、要说的话、每一条出路。细线是往回走，点线是转接不成。"
    common = _common_keys(script)
    shared = {key: route.goto for step in script.steps.values() for key, route in step.keys.items() if id(route) in common}
    hint += "".join(f"　随时可按 {key} → {SPECIAL.get(target, target)}" for key, target in sorted(shared.items()))
    sheet.parts.append(f'<text x="{x}" y="{MARGIN + 45}" class="say">{hint}</text>')
    sheet.width = x + 13 * len(hint)
    sheet.height = MARGIN + 76


def _panel(sheet: _Sheet, title: str, boxes: Sequence[_Box]) -> None:
    names = [box.step.id for box in boxes]
    edges = _edges_within(boxes)
    sizes = {box.step.id: (float(BOX), box.height) for box in boxes}
    placed = layered(names, edges, sizes, gap=GAP, layer_gap=LAYER_GAP)
    top = sheet.height + 56
    left = float(MARGIN + 24)
    width = placed.width + 48
    height = max((placed.at[box.step.id].y + box.height for box in boxes), default=0.0) + 84
    sheet.parts.append(
        f'<rect x="{MARGIN}" y="{sheet.height}" width="{width:.0f}" height="{height:.0f}" rx="10" class="panel"/>'
        f'<text x="{MARGIN + 20}" y="{sheet.height + 32}" class="h2">{escape(title)}</text>'
    )
    order = {name: number for number, name in enumerate(names)}
    failed = {(box.step.id, row.target) for box in boxes for row in box.rows if row.css == Via.FAILED.value}
    for edge, points in placed.routes.items():
        css = "dotted" if edge in failed else "route" if order[edge[0]] < order[edge[1]] else "back"
        sheet.parts.append(_curve(points, left, top, css))
    for box in boxes:
        at = placed.at[box.step.id]
        sheet.parts.append(_drawn_box(box, left + at.x, top + at.y))
    sheet.width = max(sheet.width, MARGIN + width)
    sheet.height += height + 28


def _edges_within(boxes: Sequence[_Box]) -> list[tuple[str, str]]:
    """Lines of a panel; silence and misunderstanding are told by their rows only."""
    names = {box.step.id for box in boxes}
    quiet = (Via.SILENCE.value, Via.UNCLEAR.value)
    found = ((box.step.id, row.target) for box in boxes for row in box.rows if row.css not in quiet)
    return list(dict.fromkeys((a, b) for a, b in found if b in names and a != b))


def _curve(points: Sequence[Point], left: float, top: float, css: str) -> str:
    first, *rest = points
    path = f"M{left + first.x:.0f} {top + first.y:.0f}"
    for before, after in zip(points, rest, strict=False):
        middle = (before.y + after.y) / 2
        path += (
            f" C{left + before.x:.0f} {top + middle:.0f} {left + after.x:.0f} {top + middle:.0f}"
            f" {left + after.x:.0f} {top + after.y:.0f}"
        )
    return f'<path d="{path}" class="{css}" marker-end="url(#arrow)"/>'


def _drawn_box(box: _Box, x: float, y: float) -> str:
    radius = 22 if box.step.end is not None else 4
    kind = ASKS[box.step.ask.kind] if box.step.ask else "转人工" if _transfers(box.step) else ""
    parts = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX}" height="{box.height:.0f}" rx="{radius}" class="box {box.css}"/>',
        f'<text x="{x + PAD:.0f}" y="{y + PAD + 12:.0f}" class="id">{escape(box.step.id)}</text>',
        f'<text x="{x + BOX - PAD:.0f}" y="{y + PAD + 12:.0f}" class="kind">{kind}</text>',
    ]
    line = y + PAD + 12
    for css, texts in (("tag", box.tags), ("say", box.text)):
        for text in texts:
            line += LINE
            parts.append(f'<text x="{x + PAD:.0f}" y="{line:.0f}" class="{css}">{escape(text)}</text>')
    if box.rows:
        line += 6
        parts.append(f'<line x1="{x:.0f}" x2="{x + BOX:.0f}" y1="{line + 1:.0f}" y2="{line + 1:.0f}" class="rule"/>')
    for row in box.rows:
        line += LINE
        parts.append(f'<text x="{x + PAD:.0f}" y="{line:.0f}" class="row {row.css}">{escape(row.label)}</text>')
        if row.target:
            target = SPECIAL.get(row.target, row.target)
            parts.append(f'<text x="{x + BOX - PAD:.0f}" y="{line:.0f}" class="to">→ {escape(target)}</text>')
    return f'<g id="{escape(box.step.id)}">{"".join(parts)}</g>'


def _transfers(step: Step) -> bool:
    return any(action.do is Do.TRANSFER for action in step.actions)


_MARKER = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#5b6b7d"/></marker></defs>'
)
_CSS = """
text{font-family:"Noto Sans CJK SC","PingFang SC","Microsoft YaHei","WenQuanYi Zen Hei",sans-serif;font-size:13px;fill:#1d2733}
.sheet{fill:#f6f7f9}.panel{fill:#fff;stroke:#d5dbe2}.h1{font-size:24px;font-weight:700}.h2{font-size:17px;font-weight:700}
.box{stroke-width:1.5}.early{fill:#fff6e0;stroke:#c9962c}.known{fill:#e6f3ea;stroke:#3b8a57}.risk{fill:#fde8e6;stroke:#c0392b}
.end{stroke-width:3}.id{font-weight:700}.kind{text-anchor:end;fill:#5b6b7d}.tag{fill:#a33025;font-size:12px}
.rule{stroke:#1d2733;stroke-opacity:.18}.row{font-size:12px;fill:#33475b}.to{font-size:12px;fill:#33475b;text-anchor:end}
.silence,.unclear,.failed{fill:#8794a3}.do,.over{font-weight:700}
path{fill:none;stroke:#5b6b7d;stroke-width:1.4;stroke-opacity:.75}.dotted{stroke-dasharray:2 4}
.back{stroke-width:1;stroke-opacity:.35}
marker path{stroke:none;fill:#5b6b7d}
""".strip()
