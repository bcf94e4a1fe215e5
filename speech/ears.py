"""What is known of a Vosk model directory without loading it: whose it is, how large, its card. Reads; hears nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.settings import Settings
from speech.models_zh import MODELS, SHIPPED
from speech.ports import EngineUnavailable

CARD = "ear.json"
"""What a model says of itself, beside what Vosk reads: name, free_trust, free_least, what it was made with, how its graphs were
built."""

UNKNOWN = "[unk]"
"""The word of its vocabulary that stands for any other."""

_CARDS = ("README.md", "README", "README.txt")


@dataclass(frozen=True, slots=True)
class EarFacts:
    """A model directory. `words` is 0 where the vocabulary lies inside the graph; `model_card` None where there is none."""

    name: str
    origin: str
    folder: Path
    size_bytes: int
    words: int
    has_grammars: bool
    model_card: Path | None

    def __str__(self) -> str:
        words = f"，{self.words} 个词" if self.words else ""
        grammars = "可用步骤语法" if self.has_grammars else "不能用步骤语法"
        told = f"，说明 {self.model_card}" if self.model_card else "，没有模型说明"
        return f"{self.name}（{self.origin}），{self.size_bytes / 1e6:.1f} MB{words}，{grammars}{told}"


def ear_facts(folder: Path) -> EarFacts:
    """The facts of a model directory; of a missing one all counts are 0."""
    folder = folder.resolve()
    listing = folder / "graph" / "words.txt"
    return EarFacts(
        name=str(card(folder).get("name") or folder.name),
        origin=_origin(folder),
        folder=folder,
        size_bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        words=len(listing.read_bytes().splitlines()) - 1 if listing.is_file() else 0,
        has_grammars=not (folder / "graph" / "HCLG.fst").exists(),
        model_card=_model_card(folder),
    )


def card(model_dir: Path) -> dict[str, Any]:
    """What the model says of itself; empty when it says nothing."""
    try:
        said = json.loads((model_dir / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def free_trust(model_dir: Path) -> float:
    """Weight of the confidence without a grammar, by the model's card; 1.0 where the card does not say."""
    return float(card(model_dir).get("free_trust", 1.0))


def free_least(model_dir: Path) -> float:
    """Confidence below which it rejects what it hears without a grammar, by the model's card; 0.0 where the card says none."""
    return float(card(model_dir).get("free_least", 0.0))


def configured(settings: Settings) -> Path:
    """The model directory that the settings choose: VOSK_MODEL_PATH, or the one that comes with the product."""
    return Path(settings.vosk_model_path).expanduser() if settings.vosk_model_path else SHIPPED


def model_rate_hz(model_dir: Path) -> int:
    """Sample rate of a model. Raises EngineUnavailable for what is no model directory."""
    for conf in (model_dir / "conf" / "mfcc.conf", model_dir / "mfcc.conf"):
        if conf.is_file():
            stated = re.search(r"^--sample-frequency=(\d+)", conf.read_text(encoding="utf-8"), re.MULTILINE)
            return int(stated.group(1)) if stated else 16000
    raise EngineUnavailable(f"不是 Vosk 模型目录（缺 conf/mfcc.conf）：{model_dir}。请检查 VOSK_MODEL_PATH。")


def _origin(folder: Path) -> str:
    if folder.is_relative_to(MODELS):
        return "随产品附带"
    if base := card(folder).get("adapted_from"):
        return f"由 {base} 适配"
    if folder.name.startswith("vosk-model-"):
        return "Vosk 官方模型"
    return "自备模型"


def _model_card(folder: Path) -> Path | None:
    """The model's own text, or for what comes with the product the text beside it."""
    beside = [folder.parent] if folder.is_relative_to(MODELS) else []
    return next((place / name for place in (folder, *beside) for name in _CARDS if (place / name).is_file()), None)
