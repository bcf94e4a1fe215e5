"""What a terminal shows while campaigns go on: progress, everybody's results, and that nobody is at work. Changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from campaigns.status import Status, masked_name, outcome_text, promise_text, risk_text
from kit.clock import Clock, local_time
from store.words import TargetState

POLL_S = 1.0
"""Between two looks at the tables: the calls go on in other processes, and a person watches."""
PATIENCE_S = 10.0
"""How long a watcher looks on without seeing anybody at work before it says so."""
LINE_EVERY_S = 10.0
Progressed = Callable[[int, int], None]


@contextmanager
def bar(title: str) -> Iterator[Progressed]:
    """A progress bar on a terminal; elsewhere a line now and then."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as drawn:
        task = drawn.add_task(title, total=None)
        yield lambda done, total: drawn.update(task, completed=done, total=total)


class Lines:
    """Progress where no bar can be drawn: at most one line in LINE_EVERY_S."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._told_at = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told_at >= LINE_EVERY_S:
            self._told_at = time.monotonic()
            click.echo(f"{self._title}：{done} / {total}", err=True)


def watch(look: Callable[[], list[Status]], clock: Clock, *, idle_reason: Callable[[], str]) -> None:
    """Show what `look` sees until nobody is being called and nobody may be called now."""
    console = Console(stderr=True)
    patience = Patience(idle_reason)
    with Live(console=console, refresh_per_second=2) as live:
        while True:
            found = look()
            live.update(table(found))
            if not any(one.is_busy(clock.now()) for one in found):
                return
            if idle := patience.said(found):
                console.print(idle)
            time.sleep(POLL_S)


class Patience:
    """Says once that nobody works on what is waited for."""

    def __init__(self, idle_reason: Callable[[], str]) -> None:
        self._idle_reason = idle_reason
        self._seen: object = None
        self._moved_at = time.monotonic()
        self._has_told = False

    def said(self, found: list[Status]) -> str:
        """What is missing, when nothing has moved for PATIENCE_S; otherwise, and ever after, nothing."""
        seen = [one.rows for one in found]
        if seen != self._seen:
            self._seen, self._moved_at = seen, time.monotonic()
        if self._has_told or time.monotonic() - self._moved_at < PATIENCE_S:
            return ""
        self._has_told = True
        return f"{PATIENCE_S:.0f} 秒没有动静：{self._idle_reason()}"


def table(found: list[Status]) -> Table:
    """One borrower a row."""
    drawn = Table("批次", "借款人", "电话", "结果", "承诺", "风险", "拨打", "秒", "下次")
    for one in found:
        for row in one.rows:
            waits = row.state is TargetState.WAITING and row.tries
            drawn.add_row(
                one.name,
                masked_name(row.name),
                row.phone_masked,
                outcome_text(row),
                promise_text(row),
                risk_text(row),
                str(row.tries),
                f"{row.seconds:.0f}" if row.seconds is not None else "",
                local_time(row.next_try_at) if waits else "",
            )
    return drawn
