"""The keys of blobs and digests: from settings, else made once in the data directory, readable by the owner only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet

from kit.folders import private_folder
from kit.settings import Settings


class BadKey(ValueError):
    """A key in the settings cannot be used. The message never repeats it."""


def digest_key(settings: Settings) -> bytes:
    """The key of keyed digests, as bytes."""
    given = settings.digest_key.get_secret_value()
    return (given or _kept(settings.data_dir / "digest.key", secrets.token_urlsafe(32))).encode()


def blob_cipher(settings: Settings) -> MultiFernet:
    """The cipher of blobs: encrypts with the first key, reads with any. Raises BadKey."""
    given = settings.blob_key.get_secret_value() or _kept(settings.data_dir / "blob.key", Fernet.generate_key().decode())
    try:
        return MultiFernet([Fernet(key.strip()) for key in given.split(",") if key.strip()])
    except ValueError:
        raise BadKey("HUILING_BLOB_KEY 不是 Fernet 密钥（32 字节的 urlsafe base64，可用逗号分隔多个）") from None


def keyed_digest(key: bytes, text: str) -> str:
    """A digest that only the key's owner can make: 64 hex digits of HMAC-SHA256."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _kept(path: Path, fresh: str) -> str:
    """The key in the file; `fresh` becomes it when there is none. Two processes that start at once agree on one."""
    private_folder(path.parent)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails when another process was first: its key stands
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
