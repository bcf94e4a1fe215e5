"""How the network signs what it sends: base64 of HMAC-SHA1 over the URL and the sorted parameters. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def sign(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """The signature of a request. Equal names keep each distinct value once, in sorted order."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def as_signed(url: str) -> str:
    """The URL that is signed: without user, password and fragment; a voice webhook over HTTPS loses its port too."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https":
        host = host if host.endswith("]") else host.partition(":")[0] if host.count(":") == 1 else host
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
