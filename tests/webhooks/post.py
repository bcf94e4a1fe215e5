"""Posts webhooks as the carrier does: form-encoded and signed. The signature is computed here, independently of ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.test import TestResponse

from ivr.views import health_blueprint, media_blueprint, voice_blueprint
from tests.ivr.runtime.rig import CALL, SID, House

BASE = "http://127.0.0.1:5000"
TOKEN = "12345"


def signed(url: str, form: Mapping[str, str]) -> str:
    """The carrier's signature of a form post."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def app_of(house: House) -> Flask:
    """All routes of ours over a house of fakes."""
    app = Flask("webhooks")
    for blueprint in (voice_blueprint(house.line), media_blueprint(house.line), health_blueprint(house.line)):
        app.register_blueprint(blueprint)
    return app


class Posts:
    """A carrier that posts to one house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.client = app_of(house).test_client()

    def __call__(
        self, path: str, form: Mapping[str, str] | None = None, *, signature: str | None = None, **query: Any
    ) -> TestResponse:
        asked = {"call_id": CALL, **{name: str(value) for name, value in query.items()}}
        target = f"{path}?{urlencode(asked)}"
        fields = {"CallSid": SID, "AccountSid": "AC1", **(form or {})}
        given = signed(BASE + target, fields) if signature is None else signature
        return self.client.post(target, data=fields, headers={"X-Twilio-Signature": given}, base_url=BASE)


def plain(twiml: str) -> str:
    """A document without what differs from run to run: tokens and keys."""
    text = re.sub(r'(<Parameter name="token" value=")[^"]+', r"\1TOKEN", twiml)
    return re.sub(r"\?key=[A-Za-z0-9_-]+", "?key=KEY", text).removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
