"""Twilio's published OpenAPI (a cut of it, MIT) as the judge of requests and answers. Judges; never mends."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator

_FILE = Path(__file__).parent / "contract" / "twilio_voice_subset.min.json"
_ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
FORM = "application/x-www-form-urlencoded"


@functools.cache
def document() -> dict[str, Any]:
    """The whole cut."""
    loaded: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return loaded


@functools.cache
def _operation(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][_ACCOUNT + path][method]
    return found


@functools.cache
def _answer_validator(path: str, method: str, status: int) -> OAS30Validator:
    schema = _operation(path, method)["responses"][str(status)]["content"]["application/json"]["schema"]
    return OAS30Validator({**schema, "components": document()["components"]})


def faults_of_answer(path: str, method: str, status: int, body: object) -> list[str]:
    """What is wrong with an answer to `path` (below the account, as in the document); empty when all is right."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _answer_validator(path, method, status).iter_errors(body)
    ]


@functools.cache
def _form(path: str, method: str) -> dict[str, Any]:
    schema: dict[str, Any] = _operation(path, method)["requestBody"]["content"][FORM]["schema"]
    return {**schema, "components": document()["components"]}


def unknown_names(path: str, method: str, names: Iterable[str]) -> list[str]:
    """Form fields that the document does not know (the network ignores them)."""
    known = _form(path, method)["properties"]
    return sorted(set(names) - set(known))


def faults_of_form(path: str, method: str, form: dict[str, list[str]]) -> list[str]:
    """What is wrong with a form-encoded request; values are read by the types that the document gives."""
    schema = _form(path, method)
    faults: list[str] = []
    typed: dict[str, object] = {}
    for name, values in form.items():
        wanted = schema["properties"].get(name)
        if wanted is None:
            continue
        try:
            typed[name] = _typed(wanted.get("type"), values)
        except ValueError as fault:
            faults.append(f"{name}: {fault}")
    return faults + [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in OAS30Validator(schema).iter_errors(typed)
    ]


def _typed(kind: str | None, values: list[str]) -> object:
    if kind == "array":
        return values
    text = values[-1]
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{text!r} is not true or false")
        return text.lower() == "true"
    return text
