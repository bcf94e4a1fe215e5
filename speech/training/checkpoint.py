"""The checkpoint of a training: where a killed run stood, and of which job. Another job never goes on from it."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax
from numpy.typing import NDArray

from speech.training.network import Params


@dataclass
class State:
    """Everything that a killed run needs to go on."""

    params: Params
    average: Params
    memory: Any
    counts: NDArray[np.float64]
    passes: int = 0
    steps: int = 0
    job: str = ""
    """What is trained on what, as `job_of` names it; a checkpoint without a name is of another job."""

    @classmethod
    def begin(cls, job: str, params: Params, optimiser: optax.GradientTransformation, outputs: int) -> State:
        """A job's state before its first pass."""
        return cls(params, params, optimiser.init(params), np.zeros(outputs), job=job)

    @classmethod
    def of_job(cls, path: Path, job: str, tell: Callable[[str], None]) -> State | None:
        """The checkpoint, told how far it is; None when there is none or it is of another job, which is told too."""
        if not path.exists():
            return None
        state = cls(*pickle.loads(path.read_bytes()))
        if state.job != job:
            tell(f"{path.name} 是另一次训练的（语音、网络大小、遍数、种子、录音或起点不同）：从头训练")
            return None
        tell(f"{path.name}：已有 {state.passes} 遍，接着做")
        return state

    def write(self, path: Path) -> None:
        """Keep it, whole or not at all."""
        kept = (self.params, self.average, self.memory)
        store(path, (*jax.device_get(kept), self.counts, self.passes, self.steps, self.job))


def job_of(shards: Sequence[Path], start: object, *given: object) -> str:
    """A digest of all that decides the outcome: what the shards hold, in order, the arrays of `start`, what else is given."""
    contents = {path: _content(path) for path in dict.fromkeys(shards)}
    digest = hashlib.sha256(repr((given, [contents[path] for path in shards])).encode())
    for array in jax.tree.leaves(start):
        digest.update(np.asarray(array).tobytes())
    return digest.hexdigest()


def _content(shard: Path) -> str:
    digest = hashlib.sha256()
    with np.load(shard) as stored:
        for name in sorted(stored.files):
            digest.update(stored[name].tobytes())
    return digest.hexdigest()


def store(path: Path, content: object) -> None:
    """Pickle into a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_bytes(pickle.dumps(content))
    partial.replace(path)
