"""Whether a request comes from the carrier: HMAC-SHA1 over URL and parameters. Pure; has no off switch.

Source: twilio.com/docs/usage/security. Voice over HTTPS is signed without the port, plain HTTP with it; userinfo and
fragment are never signed; JSON bodies are bound by `bodySHA256` in the URL; a socket's handshake is signed like a GET,
with or without a trailing slash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, parse_qs, urlsplit

Pairs = Iterable[tuple[str, str]]


def sign(token: str, url: str, params: Pairs = ()) -> str:
    """The signature of this exact URL: every name's distinct values, sorted; names case-sensitively sorted."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(token.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()).decode()


def is_genuine(token: str, signature: str, url: str, params: Pairs = (), *, json_body: bytes | None = None) -> bool:
    """Whether the signature fits. `url` is the public one, as the carrier knows it; `params` all form fields.

    `json_body` is given for a request that is not a form: the URL must then carry its SHA-256 and `params` are not used.
    """
    if not token or not signature:
        return False
    if json_body is not None:
        if not _is_body_bound(url, json_body):
            return False
        params = ()
    given = signature.encode("utf-8", "replace")
    pairs = tuple(params)
    matches = [hmac.compare_digest(sign(token, form, pairs).encode(), given) for form in signed_forms(url)]
    return any(matches)


def signed_forms(url: str) -> tuple[str, ...]:
    """The spellings of a URL that a carrier may have signed, most likely first."""
    parts = urlsplit(url)
    hosts = list(_hosts(parts))
    paths = [parts.path or "/"] if parts.scheme in ("http", "https") else [parts.path.rstrip("/"), parts.path.rstrip("/") + "/"]
    query = f"?{parts.query}" if parts.query else ""
    return tuple(dict.fromkeys(f"{parts.scheme}://{host}{path}{query}" for host in hosts for path in paths))


def _hosts(parts: SplitResult) -> Iterator[str]:
    """The host as signed: HTTP keeps its port; HTTPS and WSS lose it for voice and keep it elsewhere."""
    given = parts.netloc.rpartition("@")[2]
    if parts.scheme in ("https", "wss"):
        bare = given[: given.index("]") + 1] if given.startswith("[") else given.partition(":")[0]
        yield bare
    yield given


def _is_body_bound(url: str, body: bytes) -> bool:
    claimed = parse_qs(urlsplit(url).query).get("bodySHA256", [""])
    return len(claimed) == 1 and hmac.compare_digest(claimed[0].encode(), hashlib.sha256(body).hexdigest().encode())
