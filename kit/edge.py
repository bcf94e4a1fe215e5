"""The edge of the command line: what a person can mend is said in one message, exit code 1; the rest is logged, redacted.

Every refusal begins with ✗. Nobody reads a traceback, and no message repeats a personal value.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import functools
import logging
import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import click
from flask import Flask
from flask.cli import AppGroup

from kit.settings import BadSettings, Settings, load_settings

_log = logging.getLogger(__name__)
_SYSTEM = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "文件系统只读",
    errno.ENOTDIR: "上级不是目录",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.ENAMETOOLONG: "名称太长",
}


class Refusal(click.ClickException):
    """What a command says instead of doing its work: one message on standard error, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"✗ {self.message}", file=file, err=True)


class _Misused(click.UsageError):
    """A command typed wrongly: the same, after how it is typed; exit code 2."""

    def show(self, file: IO[Any] | None = None) -> None:
        if self.ctx is not None:
            click.echo(self.ctx.get_usage(), file=file, err=True)
        click.echo(f"✗ {self.message}", file=file, err=True)


class _Strange(Refusal):
    """A fault of ours: EX_SOFTWARE of sysexits.h."""

    exit_code = 70


Say = Callable[[Exception], str | None]
"""An exception in words for whoever typed the command; None when it is a fault of ours."""
First = Callable[[str], None]
"""What must be true before the command of that name runs; raises what Say can say."""


def guarded(room: click.Group, say: Say, *, first: First) -> click.Group:
    """The room's commands, each behind the edge. The room itself stays as it is."""
    commands = {name: _guarded(command, say, functools.partial(first, name)) for name, command in room.commands.items()}
    return _Room(room.name, commands=commands, help=room.help)


class _Room(click.Group):
    """Wrong usage is said in Chinese."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _in_chinese():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_chinese():
            return super().invoke(ctx)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"没有命令 {args[0]}；有：{'、'.join(self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


@contextlib.contextmanager
def _in_chinese() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        raise _Misused(usage_words(error), error.ctx) from None


def usage_words(error: click.UsageError) -> str:
    """What is wrong with a command as typed. What our own commands say of it stays as it is."""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}"
    if isinstance(error, click.MissingParameter):
        return f"缺少 {_hint(error)}"
    if isinstance(error, click.BadParameter):
        return f"{_hint(error)}：{_value_words(error)}"
    if extra := re.match(r"Got unexpected extra arguments? \((.*)\)", error.message):
        return f"多余的参数：{extra[1]}"
    return error.message if not error.message.isascii() else f"用法不对（{error.message}）"


def _hint(error: click.BadParameter) -> str:
    given = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "参数")
    return given if isinstance(given, str) else " / ".join(given)


def _value_words(error: click.BadParameter) -> str:
    kind = error.param.type if error.param else None
    if isinstance(kind, click.Path):
        return "没有这个文件或目录，或读写不了"
    if isinstance(kind, click.Choice):
        return f"只能是 {'、'.join(map(str, kind.choices))} 之一"
    return error.message if not error.message.isascii() else f"不能用这个值（{error.message}）"


def _guarded(command: click.Command, say: Say, first: Callable[[], None]) -> click.Command:
    inner = command.callback
    assert inner is not None

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            first()
            return inner(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            raise _told(error, say) from None

    twin = copy.copy(command)
    twin.callback = functools.wraps(inner)(run)
    return twin


def _told(error: Exception, say: Say) -> click.ClickException:
    words = say(error) or system_words(error)
    if words is not None:
        return Refusal(words)
    _log.error("a command failed", exc_info=error)
    return _Strange(f"程序内部出错（{type(error).__name__}）：这不是输入的问题，请把上面这条日志交给维护者")


def system_words(error: Exception) -> str | None:
    """A fault of files and encodings in Chinese; None for everything else."""
    if isinstance(error, UnicodeDecodeError):
        return f"输入的文件不是 UTF-8 文本（第 {error.start + 1} 字节起）：请另存为 UTF-8 后再试"
    if isinstance(error, OSError):
        why = _SYSTEM.get(error.errno or 0) or error.strerror or str(error)
        return f"{error.filename}：{why}" if error.filename else why
    return None


def settings_of_process() -> Settings:
    """What a server process starts with. Raises SystemExit with one message when it cannot."""
    try:
        return load_settings()
    except BadSettings as faults:
        raise SystemExit(bad_settings_words(faults)) from None


def bad_settings_words(faults: BadSettings) -> str:
    """What is wrong with the settings, and where to read how they are written."""
    return f"设置不能用：\n{faults}\n每一项的写法见 docs/settings.md。"


class _Shut(AppGroup):
    """Commands of a house that cannot be opened: each says why."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self._why = why

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        raise Refusal(self._why)

    def list_commands(self, ctx: click.Context) -> list[str]:
        Refusal(self._why).show()
        return []


def shut(why: str) -> Flask:
    """What `flask --app` gets in place of an application that cannot be built."""
    app = Flask("app")
    app.cli = _Shut(why)
    return app
