"""What of S3's client is used, in memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any


class Bucket:
    """Objects by bucket and key; fails while `is_down`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_down = False

    def _check(self) -> None:
        if self.is_down:
            raise ConnectionError("down")

    def head_bucket(self, *, Bucket: str) -> None:  # noqa: N803 -- S3's own names
        self._check()

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self._check()
        self.objects[f"{bucket}/{key}"] = Path(path).read_bytes()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- S3's own names
        self._check()
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803 -- S3's own names
        self._check()
        self.objects.pop(f"{Bucket}/{Key}", None)
