"""A stage of the demonstration hears of no other house: not from the environment, not from `.env`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kit.settings import Settings, load_settings
from simulator.demo.stage import Stage, lines, procfile, set_stage

ROOT = Path(__file__).parents[2]
NAMES = [str(field.alias) for field in Settings.model_fields.values()]
PROD = {
    "HUILING_DATABASE_URL": "postgresql://prod/db",
    "HUILING_REDIS_URL": "redis://prod",
    "HUILING_BLOB_STORE": "s3://prod/calls",
    "HUILING_CARRIER_API_BASE_URL": "https://carrier.example",
    "HUILING_ENVIRONMENT": "production",
    "TWILIO_AUTH_TOKEN": "prod-token",
}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage in a directory whose `.env` gives every setting of a real house, as a value and as a file."""
    shutil.copy(ROOT / ".env.example", tmp_path)
    (tmp_path / "secret").write_text("prod")
    lines = [f"{name}={PROD.get(name, 'prod')}\n{name}_FILE={tmp_path / 'secret'}" for name in NAMES]
    (tmp_path / ".env").write_text("\n".join([*lines, "UNHEARD_OF=prod", f"PYTHONPATH={tmp_path}"]))
    monkeypatch.chdir(tmp_path)
    for name in ("HUILING_DATABASE_URL", "HUILING_LENDER_FILE", "TWILIO_AUTH_TOKEN_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "secret"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return set_stage(tmp_path, tmp_path / "demo", agents=[])


def test_every_setting_is_the_stages_own(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = load_settings(stage.environment)
    (tmp_path / ".env").unlink()
    assert heard == load_settings(stage.environment)
    assert set(NAMES) <= set(stage.environment)
    own = {name: value for name, value in stage.environment.items() if name in NAMES}
    assert "prod" not in " ".join(own.values())
    assert (heard.database_url, heard.redis_url, heard.blob_store) == ("", "", "")
    assert heard.is_carrier_loopback


def test_models_may_lie_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUILING_CACHE_DIR", str(tmp_path / "models"))
    made = set_stage(ROOT, tmp_path / "demo", agents=[])
    assert load_settings(made.environment).cache_dir == tmp_path / "models"


PROBE = """
import json, os
from flask import Flask
from kit.settings import load_settings
app = Flask("probe")

@app.cli.command("tell")
def tell():
    settings = load_settings()
    print(json.dumps([settings.database_url, settings.redis_url, settings.blob_store, os.environ.get("UNHEARD_OF", "")]))
"""


def test_the_processes_of_the_procfile_hear_nothing_of_it_either(stage: Stage) -> None:
    (stage.root / "probe.py").write_text(PROBE)
    (stage.root / "Procfile").write_text("probe: flask --app probe tell")
    told = stage.run(*procfile("probe"))
    assert json.dumps(["", "", "", ""]) in told, told


@pytest.mark.parametrize(("ear_pace_s", "count"), [(0.0, 6), (1.2, 6), (2.5, 3), (30.0, 1)])
def test_no_more_people_are_called_at_once_than_their_ear_can_follow(stage: Stage, ear_pace_s: float, count: int) -> None:
    house = stage.with_lines(lines(ear_pace_s))
    assert load_settings(house.environment).media_slots == count
    assert house.web_url == stage.web_url
