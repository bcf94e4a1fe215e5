"""Command line of this room: `flask store ...`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from kit.edge import Refusal
from store import ledger, recordings, schema
from store.sealed import BlobUnreadable
from store.session import the_store

cli = AppGroup("store", help="数据库、账本与录音。")


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
        raise Refusal(str(fault)) from None
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
        raise Refusal(f"账本不完整：{len(findings)} 处")
    click.echo("账本完整。")


@cli.command("recording")
@click.argument("call_id")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="写到此 WAV 文件。")
@click.option("--by", default="cli", show_default=True, help="谁在听：记入账本。")
def recording(call_id: str, out: Path, by: str) -> None:
    """解密一通电话的录音，写成双声道 WAV（左：客户，右：我方）；调听记入账本。"""
    try:
        heard = recordings.listen(the_store(), call_id, by=by)
        recordings.write_wav(heard, out)
    except LookupError:
        raise Refusal("没有这通电话的录音") from None
    except (BlobUnreadable, OSError) as fault:
        raise Refusal(str(fault)) from None
    click.echo(f"{heard.seconds:.1f} 秒，{heard.parts} 段：{out}")
