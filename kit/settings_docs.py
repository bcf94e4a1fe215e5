"""Writes `docs/settings.md` and `.env.example` from the fields of Settings. Run: `python -m kit.settings_docs`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from kit.settings import Settings

MARKDOWN = Path("docs/settings.md")
EXAMPLE = Path(".env.example")


def markdown() -> str:
    """The table of settings."""
    rows = [f"| `{field.alias}` | {_cell(_default(field))} | {_escape(field)} |" for field in Settings.model_fields.values()]
    return "\n".join(
        [
            "# 设置",
            "",
            "环境变量优先于当前目录的 `.env`；任何一项可改用 `名称_FILE` 给出保存其值的文件（用于密钥）；空值等于没有设置。",
            "本页由 `python -m kit.settings_docs` 从 `kit/settings.py` 生成。",
            "",
            "| 名称 | 默认值 | 说明 |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def example() -> str:
    """The commented example of `.env`."""
    parts = [f"# {field.description}\n# {field.alias}={_default(field)}\n" for field in Settings.model_fields.values()]
    return "# 复制为 .env 后按需取消注释。由 python -m kit.settings_docs 生成。\n\n" + "\n".join(parts)


def _cell(default: str) -> str:
    return f"`{default}`" if default else "（空）"


def _escape(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    default = field.default
    if isinstance(default, SecretStr):
        return ""
    return str(default.value) if isinstance(default, Enum) else str(default)


if __name__ == "__main__":
    MARKDOWN.write_text(markdown(), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
