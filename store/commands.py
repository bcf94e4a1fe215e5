"""Command line of this room: `flask store ...`."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from store import ledger, schema
from store.session import Store

cli = AppGroup("store", help="数据库、账本与录音。")


def the_store() -> Store:
    """The application's store."""
    store: Store = current_app.extensions["store"]
    return store


@cli.command("migrate")
def migrate() -> None:
    """把数据库升级到当前版本；可重复执行，可同时执行。"""
    click.echo(f"数据库版本：{schema.migrate(the_store())}")


@cli.command("check")
def check() -> None:
    """检查数据库版本是否与程序一致。"""
    try:
        schema.check(the_store())
    except schema.SchemaBehind as fault:
        raise click.ClickException(str(fault)) from None
    click.echo("数据库版本一致。")


@cli.command("seal")
def seal() -> None:
    """封存账本：把新记录串成链。"""
    click.echo(f"本次封存 {ledger.seal(the_store())} 条。")


@cli.command("verify")
def verify() -> None:
    """核验账本：找出被改、被删、被插入的记录；有问题时退出码为 1。"""
    findings = ledger.verify(the_store())
    for finding in findings:
        click.echo(f"{finding.table} #{finding.number}: {finding.what}")
    if findings:
        raise click.ClickException(f"账本不完整：{len(findings)} 处")
    click.echo("账本完整。")
