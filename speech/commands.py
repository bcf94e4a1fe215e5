"""Command line of this room: `flask speech ...`."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kit.settings import Settings
from speech.model_fetch import FetchFailed, fetch, total_bytes
from speech.models import MODELS, model_dir

cli = AppGroup("speech", help="语音：模型、合成、听写。")


def _settings() -> Settings:
    settings = current_app.config["HUILING_SETTINGS"]
    assert isinstance(settings, Settings)
    return settings


@cli.command("setup")
@click.option("--with-test-models", is_flag=True, help="另取只用于测试的 Vosk 模型（87 MB）。")
def setup(with_test_models: bool) -> None:
    """取得并校验语音模型；已有且完好的立即跳过，中断后再运行会接着取。"""
    cache_dir = _settings().resolved_cache_dir
    wanted = [model for model in MODELS.values() if with_test_models or not model.is_for_tests]
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for model in wanted:
            task = progress.add_task(model.title, total=total_bytes(model))
            try:
                is_new = fetch(model, cache_dir, lambda count, task=task: progress.advance(task, count))  # type: ignore[misc]
            except FetchFailed as failure:
                progress.stop()
                click.echo(f"✗ {failure}", err=True)
                sys.exit(1)
            progress.update(task, completed=total_bytes(model))
            click.echo(f"✓ {model.title}：{'已取得' if is_new else '已有'} {model_dir(model.name, cache_dir)}")
