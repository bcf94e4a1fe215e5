"""A model that other hands made: a trial's first one, of 213 words; its graphs come from OpenFst itself."""

from __future__ import annotations

from pathlib import Path

TRIAL = Path(__file__).parent / "trial_model"
