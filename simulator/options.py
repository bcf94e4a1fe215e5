"""What the simulator is started with: command line over SIMULATOR_* environment over defaults. Loopback only."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from simulator.ear import DEFAULT_COMMAND

_ACCOUNT = re.compile(r"^AC[0-9a-fA-F]{32}$")
FAST = 20.0
"""How much quicker than life --fast is."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that can be set."""

    host: str
    port: int
    account_sid: str
    auth_token: str
    subscribers: Path | None
    cast: Path | None
    clips: Path | None
    ear: str
    ear_cache: Path
    seed: int
    cps: float
    speed: float
    caller_ids: frozenset[str]
    starts_at: datetime | None


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A phone company on localhost.")

    def add(name: str, fallback: str | None, about: str) -> None:
        default = environment.get("SIMULATOR_" + name.upper().replace("-", "_"), fallback)
        parser.add_argument(f"--{name}", default=default, help=f"{about} (default {default})".replace("%", "%%"))

    add("host", "127.0.0.1", "address to listen on; only 127.0.0.1 is accepted")
    add("port", "4010", "port of the REST API; 0 takes a free one")
    add("account-sid", None, "AC and 32 hex digits")
    add("auth-token", None, "secret for Basic authentication and signatures")
    add("subscribers", None, "JSON: [{phone, persona, misbehave?}] or {phone: persona}")
    add("cast", None, "cast.yaml other than the built-in one")
    add("clips", None, "directory that `python -m simulator.clips` filled")
    add("ear", DEFAULT_COMMAND, "command that hears: a path a line in, a JSON line out; `none` for turn by turn")
    add("ear-cache", "var/simulator/ear", "directory of what was heard before")
    add("seed", "0", "seed of all chance")
    add("cps", "1", "calls per second; more are queued")
    add("caller-ids", "", "numbers that may be From, comma separated; any when empty")
    add("now", None, "wall time of the start (ISO 8601 with zone) for dates in answers")
    fast = environment.get("SIMULATOR_FAST", "").lower() in ("1", "true", "yes")
    parser.add_argument("--fast", action="store_true", default=fast, help=f"{FAST:g} times quicker than life, for tests")
    return parser


def read(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> Options:
    """The options; exits with a sentence when one is wrong."""
    parser = _parser(os.environ if environment is None else environment)
    given = parser.parse_args(arguments)
    if given.host != "127.0.0.1":
        parser.error("the simulator listens on 127.0.0.1 only")
    if not _ACCOUNT.match(given.account_sid or ""):
        parser.error("--account-sid must be AC and 32 hex digits")
    if not given.auth_token:
        parser.error("--auth-token is needed")
    try:
        starts_at = datetime.fromisoformat(given.now) if given.now else None
        port, seed, cps = int(given.port), int(given.seed), float(given.cps)
    except ValueError as fault:
        parser.error(str(fault))
    if starts_at is not None and starts_at.tzinfo is None:
        parser.error("--now needs a zone")
    return Options(
        host=given.host,
        port=port,
        account_sid=given.account_sid,
        auth_token=given.auth_token,
        subscribers=_path(given.subscribers),
        cast=_path(given.cast),
        clips=_path(given.clips),
        ear=given.ear,
        ear_cache=Path(given.ear_cache),
        seed=seed,
        cps=cps,
        speed=FAST if given.fast else 1.0,
        caller_ids=frozenset(filter(None, given.caller_ids.split(","))),
        starts_at=starts_at,
    )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
