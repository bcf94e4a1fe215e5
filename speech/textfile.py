"""Text files that people hand over: phrases, names, lists of recordings, what borrowers say. UTF-8, with or without a BOM."""

from __future__ import annotations

from pathlib import Path


class BadText(ValueError):
    """The file cannot be used; the message names it and says what to do, in Chinese."""


def text_of(path: Path) -> str:
    """The text of a file. Raises BadText when it is not UTF-8 or cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadText(f"{path} 不是 UTF-8 文本：请用记事本“另存为”，编码选 UTF-8") from None
    except OSError as error:
        raise BadText(f"读不到 {path}：{error.strerror}") from None
