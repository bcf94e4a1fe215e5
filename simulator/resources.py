"""Calls and recordings as the REST API shows them: strings, RFC 2822 dates, nulls where nothing is known yet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from simulator.call import Call, Recording, rfc2822

ACCOUNTS = "/2010-04-01/Accounts"
_SUBRESOURCES = ("Notifications", "Recordings", "Payments", "Events", "Siprec", "Streams", "Transcriptions")


def call_resource(call: Call) -> dict[str, Any]:
    """A call. The status `initiated` exists in callbacks only; here it still reads `queued`."""
    clock = call.clock
    below = f"{ACCOUNTS}/{call.account_sid}/Calls/{call.sid}"
    started = call.answered_at if call.answered_at is not None else call.dialled_at
    return {
        "sid": call.sid,
        "account_sid": call.account_sid,
        "parent_call_sid": call.parent_sid,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "phone_number_sid": None,
        "status": "queued" if call.status == "initiated" else call.status,
        "direction": call.direction,
        "answered_by": call.answered_by,
        "duration": str(call.duration_s) if call.is_final else None,
        "price": None,
        "price_unit": "USD",
        "queue_time": str(round(((call.dialled_at or call.created_at) - call.created_at) * 1000)),
        "date_created": rfc2822(clock.wall(call.created_at)),
        "date_updated": rfc2822(clock.wall(call.updated_at)),
        "start_time": None if started is None else rfc2822(clock.wall(started)),
        "end_time": None if call.ended_at is None else rfc2822(clock.wall(call.ended_at)),
        "api_version": "2010-04-01",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "trunk_sid": None,
        "annotation": None,
        "uri": f"{below}.json",
        "subresource_uris": {name.lower(): f"{below}/{name}.json" for name in _SUBRESOURCES},
    }


def recording_resource(recording: Recording, account_sid: str, media_url: str) -> dict[str, Any]:
    """A recording."""
    uri = f"{ACCOUNTS}/{account_sid}/Recordings/{recording.sid}"
    return {
        "sid": recording.sid,
        "account_sid": account_sid,
        "call_sid": recording.call_sid,
        "conference_sid": None,
        "api_version": "2010-04-01",
        "channels": len(recording.channels),
        "source": recording.source,
        "status": "completed" if recording.duration_s else "absent",
        "duration": str(recording.duration_s),
        "start_time": rfc2822(recording.started_at),
        "date_created": rfc2822(recording.created_at),
        "date_updated": rfc2822(recording.created_at),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "uri": f"{uri}.json",
        "subresource_uris": {},
        "media_url": media_url,
    }


def page(name: str, rows: Sequence[dict[str, Any]], path: str, query: dict[str, str]) -> dict[str, Any]:
    """One page of a list. PageSize is 1..1000 (50), Page counts from 0; its URIs are relative to the API."""
    size = min(1000, max(1, _whole(query.get("PageSize"), 50)))
    number = max(0, _whole(query.get("Page"), 0))
    shown = list(rows[number * size : (number + 1) * size])

    def uri(at: int) -> str:
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': at})}"

    return {
        name: shown,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(shown) - 1),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if len(rows) > (number + 1) * size else None,
        "previous_page_uri": uri(number - 1) if number else None,
    }


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def error_body(code: int, message: str, status: int) -> dict[str, Any]:
    """The body of a refusal."""
    return {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
