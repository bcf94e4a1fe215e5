"""Carries the network's requests to the customer's web server: signed, in time, on loopback only. Retries as documented."""

from __future__ import annotations

import asyncio
import ipaddress
import random
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from simulator.signature import as_signed, sign

_REDIRECTS = (301, 302, 303, 307, 308)


class Undelivered(Exception):
    """The request failed for good; `code` is the network's error number."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"{code} {why}")
        self.code = code
        self.why = why


@dataclass(frozen=True, slots=True)
class Reply:
    """What the web server answered."""

    status: int
    content_type: str
    body: bytes
    url: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often: real seconds, overridden by `#ct=..&rt=..&rc=..&rp=..` on the URL."""

    connect_s: float = 5.0
    read_s: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str, base: Patience) -> Patience:
        """The patience that the fragment of `url` asks for."""
        asked = dict(parse_qsl(urlsplit(url).fragment))
        return cls(
            connect_s=int(asked["ct"]) / 1000 if asked.get("ct", "").isdigit() else base.connect_s,
            read_s=int(asked["rt"]) / 1000 if asked.get("rt", "").isdigit() else base.read_s,
            retries=min(5, int(asked["rc"])) if asked.get("rc", "").isdigit() else base.retries,
            retry_on=frozenset(asked["rp"].split(",")) if asked.get("rp") else base.retry_on,
        )

    def retries_after(self, failure: str) -> bool:
        """Whether a failure (ct, rt, 4xx, 5xx) is tried again."""
        return failure in self.retry_on or "all" in self.retry_on


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is this machine: names other than localhost are never looked up."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Courier:
    """One HTTP session for all requests."""

    def __init__(self, token: str, *, chance: random.Random, patience: Patience | None = None) -> None:
        self._token = token
        self._chance = chance
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session, made on first use inside the loop."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=0, force_close=False)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()

    def signature(self, url: str, params: dict[str, str] | None = None) -> str:
        """The signature of a request to `url`."""
        return sign(self._token, as_signed(url), (params or {}).items())

    async def ask(self, url: str, method: str, params: dict[str, str]) -> Reply:
        """POST a form (or GET with a query), signed; follow redirects as GET without the data. Raises Undelivered."""
        reply = await self._persist(url, method.upper(), params)
        for _ in range(5):
            if reply.status not in _REDIRECTS:
                break
            reply = await self._persist(reply.location, "GET", {})
        if reply.status >= 300:
            raise Undelivered(11200, f"HTTP {reply.status}")
        return reply

    async def fetch(self, url: str) -> Reply:
        """GET a sound. Raises Undelivered."""
        return await self.ask(url, "GET", {})

    async def _persist(self, url: str, method: str, params: dict[str, str]) -> Reply:
        if not is_loopback(url):
            raise Undelivered(11200, "not a loopback host")
        patience = Patience.of(url, self._patience)
        headers = {"I-Twilio-Idempotency-Token": str(uuid.UUID(int=self._chance.getrandbits(128), version=4))}
        tries = patience.retries + 1
        for attempt in range(1, tries + 1):
            failure, code, reply = await self._try(url, method, params, headers, patience)
            if reply is not None and not (failure and patience.retries_after(failure) and attempt < tries):
                return reply
            if attempt == tries or not patience.retries_after(failure):
                raise Undelivered(code, failure)
        raise AssertionError("unreachable")

    async def _try(
        self, url: str, method: str, params: dict[str, str], headers: dict[str, str], patience: Patience
    ) -> tuple[str, int, Reply | None]:
        target = _without_fragment(url)
        if method == "GET" and params:
            target += ("&" if urlsplit(target).query else "?") + urlencode(params)
        signed = {**headers, "X-Twilio-Signature": self.signature(target, params if method != "GET" else None)}
        limits = aiohttp.ClientTimeout(total=None, sock_connect=patience.connect_s, sock_read=patience.read_s)
        try:
            async with (
                asyncio.timeout(patience.connect_s + patience.read_s),
                self.session.request(
                    method,
                    _verbatim(target),
                    data=params if method != "GET" else None,
                    headers={"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", **signed},
                    timeout=limits,
                    allow_redirects=False,
                ) as response,
            ):
                body = await response.read()
                return _failure(response.status), 11200, _reply(response, body, target)
        except aiohttp.ConnectionTimeoutError:
            return "ct", 11205, None
        except TimeoutError:
            return "rt", 11200, None
        except aiohttp.ClientConnectorError:
            return "ct", 11205, None
        except (aiohttp.ClientError, ValueError) as fault:
            return f"{type(fault).__name__}", 11200, None


def _failure(status: int) -> str:
    return "5xx" if status >= 500 else "4xx" if status >= 400 else ""


def _reply(response: aiohttp.ClientResponse, body: bytes, target: str) -> Reply:
    location = ""
    if response.status in _REDIRECTS:
        location = str(response.url.join(_verbatim(response.headers.get("Location", ""))))
    return Reply(response.status, response.headers.get("Content-Type", ""), body, target, location)


def _without_fragment(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def _verbatim(url: str) -> URL:
    return URL(url, encoded=True)
