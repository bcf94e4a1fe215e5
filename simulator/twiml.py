"""Reads TwiML: bytes in, a tree of verbs out, refused as the network refuses. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from urllib.parse import urljoin

LIMIT_BYTES = 64 * 1024
INLINE_LIMIT = 4000


class BadTwiml(Exception):
    """The document is refused; `code` is the network's error number."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code} {why}")
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Verb:
    """An element: name, attributes, own text, children."""

    name: str
    attributes: dict[str, str]
    text: str
    children: tuple[Verb, ...]

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        return self.attributes.get(name, default)

    def number(self, name: str, default: float) -> float:
        """A numeric attribute; the default when absent or not a number."""
        try:
            return float(self.attributes[name])
        except (KeyError, ValueError):
            return default

    def is_set(self, name: str, default: bool) -> bool:
        """A boolean attribute."""
        return self.get(name, str(default)).lower() == "true"


def parse(body: bytes, content_type: str = "text/xml") -> tuple[Verb, ...]:
    """The verbs of a document. Raises BadTwiml: 11750 too large, 12300 wrong type, 12100 not XML, 12200 no Response."""
    if len(body) > LIMIT_BYTES:
        raise BadTwiml(11750, f"{len(body)} bytes")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("text/xml", "application/xml"):
        raise BadTwiml(12300, f"content type {kind or 'missing'}")
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError) as fault:
        raise BadTwiml(12100, str(fault)) from fault
    if root.tag != "Response":
        raise BadTwiml(12200, f"root element {root.tag}")
    return tuple(_verb(child) for child in root)


def _verb(element: ElementTree.Element) -> Verb:
    return Verb(
        name=element.tag,
        attributes=dict(element.attrib),
        text=(element.text or "").strip(),
        children=tuple(_verb(child) for child in element),
    )


def absolute(base: str, url: str) -> str:
    """A URL of a document, taken from the document's own. Raises BadTwiml (11100) for a relative one without a base."""
    if not base and "://" not in url:
        raise BadTwiml(11100, "relative URL in inline TwiML")
    return urljoin(base, url)
