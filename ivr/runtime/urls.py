"""Our own addresses as the carrier is told them: public base, route, query; clips behind keyed names. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

from ivr.carrier.webhook import hook_url
from kit.settings import Settings


def hook(settings: Settings, path: str, **query: str | int) -> str:
    """A webhook's public URL."""
    return hook_url(settings.public_base_url, path, **query)


def media_socket(settings: Settings) -> str:
    """The media socket's public URL: never with a query."""
    return f"{settings.media_url}/media"


def clip_key(settings: Settings, name: str) -> str:
    """What proves that we ourselves named this clip: 128 bits under a key derived from the carrier's token."""
    token = settings.twilio_auth_token.get_secret_value()
    key = hashlib.sha256(b"huiling clip url\0" + token.encode()).digest()
    return base64.urlsafe_b64encode(hmac.new(key, name.encode(), hashlib.sha256).digest()[:16]).decode().rstrip("=")


def clip(settings: Settings, name: str) -> str:
    """A clip's public URL, for the carrier to fetch."""
    return f"{settings.public_base_url}/media/clip/{name}.wav?key={clip_key(settings, name)}"
