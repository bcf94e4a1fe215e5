"""Writes the HTML report of campaigns: figures, transcripts with reasons, recordings. Reads only; playing is audited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from campaigns.status import (
    Status,
    figures,
    masked_name,
    outcome_text,
    promise_text,
    risk_text,
    status_of,
)
from ivr.script.library import Library
from kit.clock import local_time
from kit.folders import private_folder
from kit.labels import INTENTS, OUTCOMES, RISKS
from kit.vocabulary import Intent, Risk
from store import calls, recordings
from store.campaign_report import TargetReport
from store.models import Turn
from store.session import Store

COLOURS = ("#2257bf", "#1b7f4b", "#c8590b", "#8a6d00", "#7a3fb0", "#b3261e", "#0f7f8c", "#5d6b7a", "#b0487f", "#4d7c0f")


def write_report(store: Store, names: Sequence[str], *, out: Path, now: datetime, library: Library) -> Path:
    """The page's path. Recordings lie beside it, decrypted. Raises NoSuchCampaign or OSError."""
    private_folder(out / "audio")
    found = [status_of(store, name) for name in names]
    report = {
        "title": "、".join(names),
        "made_at": local_time(now),
        "campaigns": [_campaign(store, one, out, library) for one in found],
    }
    environment = Environment(loader=PackageLoader("campaigns"), autoescape=select_autoescape())
    page = out / "index.html"
    page.write_text(environment.get_template("report.html").render(report=report), encoding="utf-8")
    return page


def _campaign(store: Store, status: Status, out: Path, library: Library) -> dict[str, Any]:
    counts = Counter(outcome_text(row) for row in status.rows)
    total = max(1, sum(counts.values()))
    return {
        "name": status.name,
        "script_title": library.current(status.script_id).title,
        "figures": figures(status),
        "shares": [
            {"label": label, "count": count, "percent": round(100 * count / total, 2), "colour": COLOURS[place % len(COLOURS)]}
            for place, (label, count) in enumerate(counts.most_common())
        ],
        "rows": [_row(store, row, out) for row in status.rows],
    }


def _row(store: Store, row: TargetReport, out: Path) -> dict[str, Any]:
    gravest = risk_text(row)
    return {
        "name": masked_name(row.name),
        "phone": row.phone_masked,
        "outcome": outcome_text(row),
        "promise": promise_text(row),
        "risks": [{"severity": gravest[:2], "label": gravest[3:]}] if gravest else [],
        "tries": row.tries,
        "seconds": f"{row.seconds:.0f}" if row.seconds is not None else "",
        "calls": [_call(store, row.call_id, out)] if row.call_id else [],
    }


def _call(store: Store, call_id: str, out: Path) -> dict[str, Any]:
    with store.reading() as session:
        found = calls.find(session, call_id)
        turns = calls.transcript(session, call_id)
    if found is None:
        raise LookupError("no such call")
    call, attempt = found
    began = call.started_at or attempt.answered_at or attempt.created_at
    ended = call.ended_at or attempt.ended_at or began
    return {
        "call_id": call_id,
        "outcome": OUTCOMES[call.outcome] if call.outcome else "没有结果",
        "began": local_time(began),
        "seconds": round((ended - began).total_seconds()),
        "audio": _audio(store, call_id, out),
        "turns": [_turn(turn) for turn in turns],
    }


def _audio(store: Store, call_id: str, out: Path) -> str:
    try:
        listened = recordings.listen(store, call_id, by="report")
    except LookupError:
        return ""
    name = f"audio/{call_id}.wav"
    recordings.write_wav(listened, out / name)
    return name


def _turn(turn: Turn) -> dict[str, Any]:
    meaning = turn.meaning or {}
    return {
        "speaker": turn.speaker,
        "text": turn.text,
        "keys": turn.keys,
        "heard_whole": turn.heard_whole,
        "started_s": round(turn.started_s, 2),
        "clock": f"{int(turn.started_s) // 60}:{int(turn.started_s) % 60:02d}",
        "intent": INTENTS[Intent(meaning["intent"])] if meaning.get("intent") else "",
        "why": "；".join(meaning.get("why", [])),
        "risks": [
            {"severity": found["severity"], "label": RISKS[Risk(found["category"])]} for found in meaning.get("risk", [])
        ],
    }
