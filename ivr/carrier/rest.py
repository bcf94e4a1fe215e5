"""The one HTTP client to the carrier. Places, finds, changes calls and fetches recordings; never places a call twice.

A call whose fate is not known (time-out, 5xx, garbled answer) is `Unknown`: whoever asked looks it up, never posts again.
Errors carry a code and no telephone number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from ivr.carrier.webhook import CallStatus, hook_url
from kit.metrics import CARRIER_REQUESTS
from kit.phone import is_mainland
from kit.settings import Settings, is_loopback
from kit.vocabulary import MediaMode

TIMEOUT_S = 10.0
"""Of one request; the library's own default is to wait for ever."""
RING_S = 30
MAX_CALL_S = 1_200
"""TimeLimit of a call: the carrier ends it when everything of ours has failed to."""
HANDED_OVER_S = 14_400
"""Twilio's own longest call: nobody cuts a person off who talks to a person."""
STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]
MAX_RECORDING_BYTES = 32 * 1024 * 1024
MAINLAND_REFUSED = (
    "Twilio 自 2023-11-30 起不支持呼叫中国大陆号码（+86）。请把 HUILING_CARRIER_API_BASE_URL 指向境内线路的兼容运营商。"
)

_NOT_A_REGION = {"TWILIO_REGION": "", "TWILIO_EDGE": ""}
"""Keeps the library from reading the process environment, where a region would silently change the host."""


class CarrierTrouble(Exception):
    """A request about an existing call failed. `code` is the carrier's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"carrier error {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Placed:
    """The carrier has taken the call."""

    sid: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The call was certainly not placed. `is_permanent`: asking again for this number cannot help."""

    code: int
    is_permanent: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the call was placed: look it up with `find_calls`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A call as the carrier has it."""

    sid: str
    status: CallStatus
    created_at: datetime | None
    duration_s: int | None


class CarrierClient:
    """REST client of a carrier that speaks Twilio's API at a configured address."""

    def __init__(self, settings: Settings, *, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._base_url = settings.carrier_api_base_url
        self._http = TwilioHttpClient(timeout=timeout_s)
        if self._http.session is not None and is_loopback(self._base_url):
            self._http.session.trust_env = False
        self._client = Client(
            settings.twilio_account_sid or "unset",
            settings.twilio_auth_token.get_secret_value() or "unset",
            http_client=self._http,
            environment=dict(_NOT_A_REGION),
        )
        self._client.api.base_url = self._base_url
        self._timeout_s = timeout_s

    def may_dial(self, e164: str) -> Refused | None:
        """A refusal when this carrier cannot reach the number; asked before anything is sent."""
        if is_mainland(e164) and not is_loopback(self._base_url):
            return Refused(code=0, is_permanent=True, reason=MAINLAND_REFUSED)
        return None

    def create_call(self, to: str, *, call_id: str, attempt_id: str) -> Placed | Refused | Unknown:
        """Place a call whose every webhook names our call and attempt. Posts once.

        Without a media stream nobody but the carrier can record the call, so it is asked to.
        """
        refusal = self.may_dial(to)
        if refusal:
            return refusal
        return _outcome(lambda: self._create(to, call_id, attempt_id))

    def find_calls(self, to: str, *, since: datetime) -> list[Found]:
        """Calls from our number to that one, made since the instant, newest first. Raises CarrierTrouble."""
        calls = _asked("find", lambda: self._client.calls.list(to=to, from_=self._settings.caller_id, limit=50))
        found = [_found(call) for call in calls]
        return [call for call in found if call.created_at is None or call.created_at >= since.replace(microsecond=0)]

    def fetch(self, sid: str) -> Found:
        """One call. Raises CarrierTrouble."""
        return _found(_asked("fetch", lambda: self._client.calls(sid).fetch()))

    def complete(self, sid: str) -> None:
        """End the call. Idempotent: a call that has ended already is a success. Raises CarrierTrouble."""
        self._update(sid, {"status": "completed"})

    def keep_open(self, sid: str) -> None:
        """Let the call go on beyond MAX_CALL_S, up to HANDED_OVER_S: people are talking. Raises CarrierTrouble."""
        self._update(sid, {"time_limit": str(HANDED_OVER_S)})

    def redirect(self, sid: str, url: str) -> None:
        """Give the call other instructions; ends a running stream. Raises CarrierTrouble unless the call is over."""
        self._update(sid, {"url": url, "method": "POST"})

    def recording(self, url: str) -> bytes | None:
        """A recording's WAV bytes; None while it is not ready. Raises CarrierTrouble, also for a foreign address."""
        if not url.startswith(self._base_url + "/"):
            raise CarrierTrouble(0)
        response = _asked("recording", lambda: self._get(url))
        if response.status_code == 404:
            return None
        if response.status_code != 200 or len(response.content) > MAX_RECORDING_BYTES:
            raise CarrierTrouble(response.status_code)
        return response.content

    def _create(self, to: str, call_id: str, attempt_id: str) -> str:
        def hook(path: str) -> str:
            return hook_url(self._settings.public_base_url, path, call_id=call_id, attempt_id=attempt_id)

        call = self._client.calls.create(
            to=to,
            from_=self._settings.caller_id,
            url=hook("/voice/answer"),
            method="POST",
            status_callback=hook("/voice/status"),
            status_callback_event=STATUS_EVENTS,
            status_callback_method="POST",
            timeout=RING_S,
            time_limit=MAX_CALL_S,
            machine_detection="Enable",
            async_amd="true",
            async_amd_status_callback=hook("/voice/amd"),
            async_amd_status_callback_method="POST",
            **({} if self._settings.media_mode is MediaMode.STREAM else _recorded(hook("/voice/recording"))),
        )
        return str(call.sid or "")

    def _update(self, sid: str, change: Mapping[str, str]) -> None:
        try:
            _asked("update", lambda: self._client.calls(sid).update(**change))
        except CarrierTrouble as trouble:
            if trouble.code not in _ALREADY_OVER:
                raise

    def _get(self, url: str) -> requests.Response:
        session = self._http.session or requests.Session()
        return session.get(url, auth=self._client.auth, timeout=self._timeout_s)


T = TypeVar("T")
R = TypeVar("R", Placed, Refused, Unknown, Refused | Unknown, Placed | Unknown)
_ALREADY_OVER = frozenset({404, 20404, 21220})


def _recorded(callback: str) -> dict[str, Any]:
    return {"record": True, "recording_channels": "dual", "recording_status_callback": callback}


def _outcome(create: Callable[[], str]) -> Placed | Refused | Unknown:
    try:
        sid = create()
    except TwilioRestException as error:
        return _refusal(error)
    except (requests.ConnectTimeout, requests.exceptions.SSLError):
        return _counted("create", Refused(code=0, is_permanent=False, reason="unreachable"))
    except requests.ConnectionError as error:
        return _counted("create", _unconnected(error))
    except (requests.RequestException, TwilioException, json.JSONDecodeError, ValueError) as error:
        return _counted("create", Unknown(reason=type(error).__name__))
    return _counted("create", Placed(sid) if sid else Unknown(reason="no sid"))


def _refusal(error: TwilioRestException) -> Refused | Unknown:
    """4xx is a refusal (429 and 408 pass), 5xx and 3xx leave the call's fate open."""
    code = error.code or error.status
    if not 400 <= error.status < 500 or error.status == 408:
        return _counted("create", Unknown(reason=f"status {error.status}"))
    return _counted(
        "create", Refused(code=code, is_permanent=error.status not in (401, 403, 429), reason=f"status {error.status}")
    )


def _unconnected(error: requests.ConnectionError) -> Refused | Unknown:
    """A connection that was never made placed no call; one that broke may have."""
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if type(cause).__name__ in ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError"):
        return Refused(code=0, is_permanent=False, reason="unreachable")
    return Unknown(reason="connection lost")


def _counted(what: str, result: R) -> R:
    CARRIER_REQUESTS.labels(what, type(result).__name__.lower()).inc()
    return result


def _asked(what: str, ask: Callable[[], T]) -> T:
    """What the carrier answers. Raises CarrierTrouble, without the library's text, which may hold numbers."""
    try:
        answer = ask()
    except TwilioRestException as error:
        trouble = CarrierTrouble(error.code or error.status)
    except (requests.RequestException, TwilioException, json.JSONDecodeError, ValueError):
        trouble = CarrierTrouble(0)
    else:
        CARRIER_REQUESTS.labels(what, "ok").inc()
        return answer
    CARRIER_REQUESTS.labels(what, "trouble").inc()
    raise trouble from None


def _found(call: Any) -> Found:
    duration = str(call.duration or "")
    created = call.date_created if isinstance(call.date_created, datetime) else None
    return Found(
        sid=str(call.sid),
        status=CallStatus(str(getattr(call.status, "value", call.status))),
        created_at=created,
        duration_s=int(duration) if duration.isdecimal() else None,
    )
