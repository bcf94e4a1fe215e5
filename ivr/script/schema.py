"""The JSON Schema of scripts and shared flows, made from the vocabulary: what editors complete and underline. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ivr.script.fields import FIELDS
from ivr.script.load import DEFAULT_KEYS, FLOW_KEYS, SCRIPT_KEYS, USE_KEYS
from ivr.script.model import AskKind, Do, Due
from ivr.script.parts import PATIENCE_KEYS, ROUTE_KEYS, STEP_KEYS
from kit.labels import INTENTS, OUTCOMES, RISKS
from kit.vocabulary import Intent, Outcome, Purpose, Risk, Severity, SlotName

Schema = dict[str, Any]

HELP: Mapping[str, str] = {
    "script": "话术名，与文件名相同（不带 .yaml）。",
    "flow": "共享流程名；在 use 里是共享流程的文件路径。",
    "title": "给人看的标题。",
    "purpose": "为什么打这个电话；合规模块按它放行。",
    "due": "说的是还没到期（ahead，含当天）还是已经过期（past）的款；对不上的客户不拨。不写则不查。",
    "start": "第一步。可以写共享流程的名字，表示它的第一步。",
    "max_call_s": "一通电话最长多少秒。",
    "use": "使用哪些共享流程，各个出口通向哪一步。",
    "exits": "共享流程的出口：流程里声明名字，话术里写通向哪一步。",
    "defaults": "本文件各步骤缺省的 silence 和 unclear。",
    "always": "任何一步都听得懂的话，排在步骤自己的 routes 之后。",
    "risk": "哪一类（或哪一级）风险由哪一步接手。",
    "resume": "断线恢复后先说的话。核实之前也可能说，不能提债务。",
    "fault": "系统故障时去哪一步。",
    "time_up": "到时长上限时去哪一步。",
    "steps": "全部步骤。",
    "say": "要说的话：一句，或一列句子。花括号里是字段。",
    "reword": "没听到或没听懂时换的说法；第几次重复就说第几条，最后一条一直用。",
    "do": "顺便做的事。",
    "ask": "在等哪一类回答；决定等多久才算说完。",
    "phrases": "客户可能怎么说，帮助识别；$组名 引用 _shared/phrases.yaml。",
    "slots": "想从回答里听到哪些值。",
    "ignores": "这一步听到也不记的值，免得改动已经说定的事。",
    "digits": "按键最多几位。",
    "routes": "听懂了什么就去哪里，从上到下先中先走。",
    "keys": "按哪个键去哪里。",
    "silence": "对方不说话：等几秒、重复几次、然后去哪里。",
    "unclear": "听不懂：重复几次、然后去哪里。",
    "goto": "去哪一步：步骤名、流程名、exit:出口，或 @repeat @back @stay。",
    "end": "说完就结束通话，结果记为它。",
    "interruptible": "能不能被打断，缺省能。",
    "outcome": "记下到目前为止的结果。",
    "if": "听出的意图，任意一个即可。",
    "has": "这通电话里已经听到的值。",
    "lacks": "这通电话里还没有听到的值。",
    "heard": "这一句话里听到的值。",
    "problem": "这一句话里听到、但不合适的值（过去的日期、超过欠款的金额、含糊的说法）。",
    "matches": "听到的数字（或金额）与这个字段一致。",
    "verified": "是否已经核实本人。",
    "after": "等几秒，如 5s。",
    "tries": "重复几次。",
}


def schema() -> Schema:
    """The schema of every YAML file that holds steps."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "回铃话术",
        "description": "由 ivr/script/schema.py 生成：flask ivr schema",
        "oneOf": [_script(), _flow()],
        "definitions": {
            "step": _step(),
            "route": {"anyOf": [_text(), _route()]},
            "patience": _object(PATIENCE_KEYS, {"after": {"type": ["string", "number"]}, "tries": _count(), "goto": _text()}),
            "action": _action(),
            "intents": _some(_labelled(Intent, INTENTS)),
            "slots": _some(_words(SlotName)),
            "outcome": _labelled(Outcome, OUTCOMES),
            "lines": _some(_text()),
        },
    }


def schema_text() -> str:
    """The schema as it is kept in scripts_zh/schema.json."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _script() -> Schema:
    return _object(
        SCRIPT_KEYS,
        {
            "script": _text(),
            "title": _text(),
            "purpose": _words(Purpose),
            "due": _words(Due),
            "start": _text(),
            "max_call_s": _count(),
            "use": _map(_object(USE_KEYS, {"flow": _text(), "exits": _map(_text())})),
            "resume": _ref("lines"),
            "fault": _text(),
            "time_up": _text(),
            **_common(),
        },
        required=("script", "title", "purpose", "start", "risk", "resume", "fault", "time_up", "steps"),
    )


def _flow() -> Schema:
    return _object(
        FLOW_KEYS,
        {"flow": _text(), "title": _text(), "start": _text(), "exits": _some(_text()), **_common()},
        required=("flow", "start", "steps"),
    )


def _common() -> dict[str, Schema]:
    risks = {"enum": [risk.value for risk in Risk] + [Severity(number).name for number in range(3)]}
    return {
        "defaults": _object(DEFAULT_KEYS, {key: _ref("patience") for key in DEFAULT_KEYS}),
        "always": _list(_ref("route")),
        "keys": _map(_ref("route")),
        "risk": {**_map(_text()), "propertyNames": risks, "markdownDescription": _table(RISKS)},
        "steps": _map(_ref("step")),
    }


def _step() -> Schema:
    return _object(
        STEP_KEYS,
        {
            "say": _ref("lines"),
            "reword": _some({"anyOf": [_text(), _list(_text())]}),
            "do": _ref("action"),
            "ask": _words(AskKind),
            "phrases": _ref("lines"),
            "slots": _ref("slots"),
            "ignores": _ref("slots"),
            "digits": _count(),
            "routes": _list(_ref("route")),
            "keys": _map(_ref("route")),
            "silence": _ref("patience"),
            "unclear": _ref("patience"),
            "goto": _text(),
            "end": _ref("outcome"),
            "interruptible": _yes_no(),
            "outcome": _ref("outcome"),
        },
    )


def _route() -> Schema:
    return _object(
        ROUTE_KEYS,
        {
            "if": _ref("intents"),
            "has": _ref("slots"),
            "lacks": _ref("slots"),
            "heard": _ref("slots"),
            "problem": _words(SlotName),
            "matches": {"enum": list(FIELDS)},
            "verified": _yes_no(),
            "do": _ref("action"),
            "goto": _text(),
            "outcome": _ref("outcome"),
            "phrases": _ref("lines"),
        },
        required=("goto",),
    )


def _action() -> Schema:
    names = _words(Do)
    named = {"type": "object", "propertyNames": names}
    return _some({"anyOf": [names, named]})


def _object(keys: Iterable[str], properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A mapping with exactly these keys; raises KeyError when a key of the loader has no schema."""
    described = {key: {**properties[key], "description": HELP[key]} for key in keys}
    found: Schema = {"type": "object", "additionalProperties": False, "properties": described}
    return {**found, "required": list(required)} if required else found


def _words(kind: Iterable[Any]) -> Schema:
    return {"enum": [word.value for word in kind]}


def _labelled(kind: Iterable[Any], labels: Mapping[Any, str]) -> Schema:
    return {**_words(kind), "markdownDescription": _table(labels)}


def _table(labels: Mapping[Any, str]) -> str:
    return "  \n".join(f"{word.value}：{label}" for word, label in labels.items())


def _some(item: Schema) -> Schema:
    """One, or a list."""
    return {"anyOf": [item, _list(item)]}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _map(item: Schema) -> Schema:
    return {"type": "object", "additionalProperties": item}


def _ref(name: str) -> Schema:
    return {"allOf": [{"$ref": f"#/definitions/{name}"}]}


def _text() -> Schema:
    return {"type": "string"}


def _count() -> Schema:
    return {"type": ["integer", "string"]}


def _yes_no() -> Schema:
    return {"enum": ["yes", "no", "true", "false", True, False]}
