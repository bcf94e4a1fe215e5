"""Command line of this room: `flask speech ...`."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from kit.edge import Refusal, system_words
from kit.settings import Settings
from speech import adapt, catalogue, doctor, evaluation, hear
from speech.ears import configured
from speech.mandarin.pieces import inventory
from speech.model_fetch import FetchFailed, fetch, total_bytes
from speech.models import MODELS, model_dir
from speech.ports import EngineUnavailable, Recognizer
from speech.prompts import RenderFailed, open_prompts
from speech.say import RATES_HZ, BadOrder, Order, check, is_done, read_orders
from speech.say import say as say_order
from speech.side_by_side import side_by_side
from speech.textfile import BadText

PAPER_WIDTH = 132
"""Columns of a table that goes to a file or a pipe."""

cli = AppGroup("speech", help="语音：模型、合成、听写。")


def _settings() -> Settings:
    settings = current_app.config["HUILING_SETTINGS"]
    assert isinstance(settings, Settings)
    return settings


@cli.command("setup")
@click.option("--with-test-models", is_flag=True, help="另取只用于测试的 Vosk 模型（87 MB）。")
def setup(with_test_models: bool) -> None:
    """取得并校验语音模型；已有且完好的立即跳过，中断后再运行会接着取。

    识别默认用随仓库附带的中文 Vosk 模型。若已另外取得官方的 vosk-model-small-cn-0.22，
    解压后把目录写进 VOSK_MODEL_PATH 即可换用，不经本命令。
    """
    cache_dir = _settings().resolved_cache_dir
    wanted = [model for model in MODELS.values() if with_test_models or not model.is_for_tests]
    with _progress(DownloadColumn()) as progress:
        for model in wanted:
            task = progress.add_task(model.title, total=total_bytes(model))
            try:
                is_new = fetch(model, cache_dir, lambda count, task=task: progress.advance(task, count))  # type: ignore[misc]
            except FetchFailed as failure:
                progress.stop()
                raise Refusal(str(failure)) from None
            progress.update(task, completed=total_bytes(model))
            click.echo(f"✓ {model.title}：{'已取得' if is_new else '已有'} {model_dir(model.name, cache_dir)}")


@cli.command("doctor")
def examine() -> None:
    """说明装了什么、是否完好，并说一句话再听回来；缺什么就给出补救的命令。"""
    settings = _settings()
    is_well = True
    with _progress(DownloadColumn()) as progress:
        task = progress.add_task("校验模型", total=doctor.bytes_to_hash(settings))
        for finding in doctor.examine(settings, lambda count: progress.advance(task, count)):
            mark = "✓" if finding.is_well else ("✗" if finding.is_needed else "○")
            click.echo(f"{mark} {finding.text}")
            is_well = is_well and (finding.is_well or not finding.is_needed)
    if not is_well:
        raise Refusal("有缺项：请按上面各行给出的命令补齐")
    click.echo("✓ 可以说话，也听得见")


@cli.command("say")
@click.argument("text", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写出的 WAV 文件。")
@click.option("--voice", default="", help="嗓音名；默认取 HUILING_VOICE。")
@click.option("--engine", default="", help="合成引擎；默认取 HUILING_SYNTHESIZER。")
@click.option("--speed", default=1.0, show_default=True, help="语速，0.5 到 2。")
@click.option("--rate-hz", type=click.Choice([str(rate) for rate in RATES_HZ]), default="8000", show_default=True)
@click.option(
    "--batch", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSONL：每行 text、out，可有 voice、speed。"
)
def say(text: str | None, out: Path | None, voice: str, engine: str, speed: float, rate_hz: str, batch: Path | None) -> None:
    """把文字说成 WAV 文件；--batch 一次说许多句，已有且未变的跳过。"""
    settings = _settings()
    voice = voice or settings.voice
    faults: list[str] = []
    if batch:
        orders, faults = read_orders(batch.read_text(encoding="utf-8"), voice=voice, rate_hz=int(rate_hz), folder=Path())
    elif text and out:
        try:
            orders = [check(Order(text=text, out=out, voice=voice, speed=speed, rate_hz=int(rate_hz)))]
        except BadOrder as reason:
            raise Refusal(str(reason)) from None
    else:
        raise click.UsageError("请给出文字和 --out，或者 --batch 文件")
    _say_all(orders, engine)
    for fault in faults:
        click.echo(f"✗ {fault}", err=True)
    if faults:
        raise Refusal(f"{len(faults)} 行有误，其余 {len(orders)} 句已完成")


@cli.command("inventory")
def render_inventory() -> None:
    """预先渲染通话中才知道的日期、时间、金额、数字所用的全部片段。"""
    settings = _settings()
    try:
        store = open_prompts(settings, b"")
        with _progress(MofNCompleteColumn()) as progress:
            task = progress.add_task("渲染片段", total=None)
            done = store.render_all(inventory(), on_progress=lambda at, of: progress.update(task, completed=at, total=of))
    except (EngineUnavailable, RenderFailed) as reason:
        raise Refusal(str(reason)) from None
    click.echo(f"✓ 新渲染 {done.made} 段（{done.seconds:.0f} 秒），已有 {done.present} 段")


@cli.command("hear")
@click.argument("paths", nargs=-1, required=True)
@click.option("--engine", default="", help="识别引擎；默认取 HUILING_RECOGNIZER；逗号分隔表示依次后备。")
@click.option("--grammar", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="每行一个短语的文件。")
@click.option("--phrases", default="", help="逗号分隔的短语。")
@click.option("--json", "as_json", is_flag=True, help="每个文件一行 JSON；读不了的文件给出 error，继续下一个。")
def listen(paths: tuple[str, ...], engine: str, grammar: Path | None, phrases: str, as_json: bool) -> None:
    """听写 WAV 文件（多声道的只听第一路）；路径为 - 时从标准输入逐行读路径，一行一答。

    每行：路径、文字、置信度，以及“采信”（当场就信）、“存疑”或“拒识”（语法里没有，或没有语法时自己也不信）。
    """
    try:
        expected = hear.phrases_from(grammar, phrases)
        recognizer = catalogue.recognizer(_settings(), engine)
        _tell_missing(recognizer, expected)
    except (EngineUnavailable, BadText) as reason:
        raise Refusal(str(reason)) from None
    has_failed = False
    for path in hear.paths_of(paths, sys.stdin):
        found = hear.answer(recognizer, path, expected)
        has_failed = has_failed or "error" in found
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
        elif "error" in found:
            click.echo(f"✗ {path}：{found['error']}", err=True)
        else:
            click.echo(f"{path}\t{found['text']}\t{found['confidence']:.2f}\t{_belief(found)}")
        sys.stdout.flush()
    sys.exit(1 if has_failed else 0)


def _belief(found: Mapping[str, Any]) -> str:
    return "采信" if found["is_sure"] else "拒识" if found["is_rejected"] or not found["text"] else "存疑"


def _tell_missing(recognizer: Recognizer, phrases: Collection[str]) -> None:
    """Name on standard error what the ear's vocabulary lacks: phrases with it are not in the grammar."""
    if missing := recognizer.missing_words(sorted(phrases)):
        click.echo(f"⚠ {recognizer.name} 的词表里没有“{'”“'.join(missing)}”：含有它的短语听不出来", err=True)


@cli.command("evaluate")
@click.argument("manifest", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--engine", "engines", multiple=True, help="可重复；默认 vosk 与 whisper。")
@click.option("--grammar", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="所有录音共用的短语文件。")
@click.option("--closed", is_flag=True, help="以每个子集自己的全部文本为语法（封闭词表）。")
@click.option("--subset", default="", help="只评这个子集。")
@click.option("--json", "as_json", is_flag=True)
def evaluate(manifest: Path, engines: tuple[str, ...], grammar: Path | None, closed: bool, subset: str, as_json: bool) -> None:
    """按子集与引擎给出字错率、无调拼音错率、整句正确率和实时率。清单为 TSV：file、transcript、subset。

    听不了的录音逐条说明原因；有一条听不了，退出码就是 1。transcript 留空表示什么也没说。
    """
    try:
        recordings = evaluation.samples(manifest, subset)
        phrases = evaluation.grammar_for(recordings, hear.phrases_from(grammar, ""), is_closed=closed)
        ears = [catalogue.recognizer(_settings(), name) for name in engines] or _present_ears()
        listed = {phrase for sample in recordings for phrase in phrases(sample)}
        for ear in ears:
            _tell_missing(ear, listed)
    except (EngineUnavailable, BadText) as reason:
        raise Refusal(str(reason)) from None
    scores: list[evaluation.Score] = []
    with _progress(MofNCompleteColumn()) as progress:
        for ear in ears:
            task = progress.add_task(ear.name, total=len(recordings))
            scores += evaluation.evaluate(ear, recordings, phrases, on_done=partial(_tell_done, progress, task))
    if as_json:
        click.echo(json.dumps([score.as_json() for score in scores], ensure_ascii=False, indent=1))
    else:
        Console(width=None if sys.stdout.isatty() else PAPER_WIDTH).print(evaluation.table(scores))
    sys.exit(1 if any(score.failed for score in scores) else 0)


def _tell_done(progress: Progress, task: TaskID, sample: evaluation.Sample, fault: str) -> None:
    progress.advance(task)
    if fault:
        progress.console.print(f"✗ {sample.file}：{fault}", markup=False, highlight=False)


@cli.command("adapt")
@click.option(
    "--phrases",
    "phrases_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="客户会说的短句，每行一句，只写汉字；# 开头是注释。",
)
@click.option(
    "--names",
    "names_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="公司、产品、网点、人名，每行一个。",
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="更多客户原话（每行一句），只用来统计；可重复。",
)
@click.option("--base", type=click.Path(exists=True, file_okay=False, path_type=Path), help="以哪个模型为底；默认用正在用的。")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="写到这个新目录。")
def adapt_ear(phrases_file: Path, names_file: Path | None, texts: tuple[Path, ...], base: Path | None, out: Path) -> None:
    """把自家的说法、名称、产品装进耳朵：几秒钟重建词表与语法图，声学部分不变。

    有一行不能用就什么都不写，并逐行说明怎么改。
    """
    try:
        phrases, faults = adapt.read(phrases_file)
        names, more = adapt.read(names_file, longest=adapt.LONGEST_NAME) if names_file else ([], [])
        for fault in (*faults, *more):
            click.echo(f"✗ {fault}", err=True)
        if faults or more:
            raise Refusal(f"{len(faults) + len(more)} 行不能用，什么都没有写；改好后再运行")
        with _progress(MofNCompleteColumn()) as progress:
            task = progress.add_task("重建", total=len(adapt.STEPS))
            built = adapt.adapt(
                out,
                base or configured(_settings()),
                phrases=phrases,
                names=names,
                texts=texts,
                on_step=lambda step: progress.update(task, description=step, advance=1),
            )
    except (adapt.CannotAdapt, BadText, EngineUnavailable) as reason:
        raise Refusal(str(reason)) from None
    click.echo(
        f"✓ {out}：{built.words} 个词，其中要听的短句 {built.phrases} 个，名称 {len(names)} 个，统计原话 {built.sentences} 句"
    )
    click.echo(f"  要启用：设置 VOSK_MODEL_PATH={out.resolve()}，再运行 flask speech doctor")


def _present_ears() -> list[Recognizer]:
    """The ears that are compared when none is named: those that can be loaded. Raises EngineUnavailable when none can."""
    found: list[Recognizer] = []
    reasons: list[str] = []
    for name in ("vosk", "whisper"):
        try:
            found.append(catalogue.recognizer(_settings(), name))
        except EngineUnavailable as reason:
            reasons.append(str(reason))
            click.echo(f"○ 不评 {name}：{reason}", err=True)
    if not found:
        raise EngineUnavailable("；".join(reasons))
    return found


def _say_all(orders: list[Order], engine: str) -> None:
    settings = _settings()
    try:
        identity = catalogue.voice_facts(settings, engine).identity
        wanted = [order for order in orders if not is_done(order, identity)]
        with _progress(MofNCompleteColumn()) as progress:
            task = progress.add_task("合成", total=len(wanted))
            if wanted:
                speak = partial(say_order, synthesizer=catalogue.synthesizer(settings, engine))
                for order, seconds in zip(wanted, side_by_side(speak, wanted), strict=True):
                    progress.advance(task)
                    click.echo(f"✓ {order.out}（{seconds:.1f} 秒）")
    except EngineUnavailable as reason:
        raise Refusal(str(reason)) from None
    except OSError as error:
        raise Refusal(f"写不出文件 {system_words(error)}") from None
    if len(orders) > len(wanted):
        click.echo(f"✓ {len(orders) - len(wanted)} 句已有，未变")


def _progress(count: ProgressColumn) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), count, TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
