"""The forms of settings: what a value must look like, and how a fault is said in Chinese without repeating the value."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from kit.phone import BadPhone, parse_e164


def is_address(url: str, *schemes: str) -> bool:
    """Whether the URL is whole: one of the schemes, a host, and a port that is one."""
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def is_fernet_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False


def number_fault(text: str) -> str:
    """What keeps the text from being a number in E.164; nothing when it is one."""
    try:
        parse_e164(text)
    except BadPhone as fault:
        return str(fault)
    return ""


def in_words(error: ValidationError) -> list[str]:
    """Every fault on a line, in Chinese; values are never repeated, for some are secrets."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        where = ".".join(map(str, fault["loc"]))
        words = _reason(fault["type"], fault.get("ctx", {}))
        lines.append(f"{where}：{words}" if where else words)
    return lines


def _reason(kind: str, context: Mapping[str, Any]) -> str:
    match kind:
        case "literal_error" | "enum":
            return f"只能是 {context['expected'].replace(chr(39), '').replace(' or ', '、').replace(', ', '、')} 之一"
        case "greater_than_equal":
            return f"不能小于 {context['ge']}"
        case "less_than_equal":
            return f"不能大于 {context['le']}"
        case "value_error":
            return str(context["error"])
    return "需要整数" if kind.startswith("int") else "需要数字" if kind.startswith("float") else "不能用这个值"
