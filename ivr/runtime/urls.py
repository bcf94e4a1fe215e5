"""Our own addresses as the carrier is told them: public base, route, query; clips behind keyed names. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from kit.settings import Settings


def hook(settings: Settings, path: str, **query: str | int) -> str:
    """A webhook's public URL."""
    text = urlencode({name: str(value) for name, value in query.items()})
    return f"{settings.public_base_url}{path}" + (f"?{text}" if text else "")


def media_socket(settings: Settings) -> str:
    """The media socket's public URL: never with a query."""
    base = settings.media_base_url or settings.public_base_url
    return base.rstrip("/").replace("https://", "wss://", 1).replace("http://", "ws://", 1) + "/media"


def clip_key(settings: Settings, name: str) -> str:
    """What proves that we ourselves named this clip: 128 bits under a key derived from the carrier's token."""
    token = settings.twilio_auth_token.get_secret_value()
    key = hashlib.sha256(b"huiling clip url\0" + token.encode()).digest()
    return base64.urlsafe_b64encode(hmac.new(key, name.encode(), hashlib.sha256).digest()[:16]).decode().rstrip("=")


def clip(settings: Settings, name: str) -> str:
    """A clip's public URL, for the carrier to fetch."""
    return f"{settings.public_base_url}/media/clip/{name}.wav?key={clip_key(settings, name)}"
