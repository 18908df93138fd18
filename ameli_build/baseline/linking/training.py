"""Training by epochs: choice of the best epoch, checkpoints to resume from, and a cache of finished weights.

An epoch's random numbers come from seed and epoch alone, so that a training that goes on from a checkpoint gives the
numbers of one that was never stopped.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from ameli_build.core.arrays import Integers
from ameli_build.core.cache import SEALED, read_sealed, write_sealed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.progress import say, track
from ameli_build.core.snapshot import write_bytes

CHECKPOINT_EVERY_SECONDS = 5.0
"""Shorter trainings write no checkpoint: a restart is as fast as a resume."""
LINE_EVERY_SECONDS = 1.0

State = dict[str, torch.Tensor]
Judged = tuple[float, ...]


class Stateful(Protocol):
    """State in a checkpoint beside the modules: optimizer, schedule, scaler."""

    def state_dict(self) -> dict[str, Any]:
        """The state for `load_state_dict`."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Restore the state of the call of `state_dict`."""


@dataclass(frozen=True, slots=True)
class Task:
    """A training: `one_epoch(number)` yields the loss of each of `steps` steps, `judge` rates the state on dev.

    `judge` gives None without dev; the largest rating is the best. With `judge_start` the untrained state takes part.
    """

    label: str
    modules: Mapping[str, nn.Module]
    others: Mapping[str, Stateful]
    one_epoch: Callable[[int], Iterator[float]]
    steps: int
    judge: Callable[[], Judged | None]
    judge_start: bool = False


@dataclass(slots=True)
class Progress:
    """Progress of a training: finished epochs, and the best epoch with its rating and weights."""

    done: int
    chosen: int
    best: Judged | None
    weights: State = field(default_factory=dict)


def learn(task: Task, epochs: int, seed: int, kept: Path | None) -> tuple[int, Judged | None]:
    """Train the modules, restore the best epoch (without dev, the last), and return its number and rating.

    `kept` is a path without suffix for the finished weights; its name is a hash of all inputs. Weights that exist are
    loaded instead of trained. None keeps nothing.
    """
    finished = None if kept is None else read_weights(kept.with_suffix(".safetensors"))
    if finished is not None:
        weights, notes = finished
        set_weights(task.modules, weights)
        return int(notes["chosen"]), _judged(notes["best"])
    progress = _start(task, kept)
    steps = _epochs(task, progress, epochs, seed, kept)
    for _ in track(steps, task.label, (epochs - progress.done) * task.steps):
        pass
    set_weights(task.modules, progress.weights)
    if kept is not None:
        notes = {"chosen": progress.chosen, "best": progress.best}
        write_weights(kept.with_suffix(".safetensors"), progress.weights, notes)
        _checkpoint(kept).unlink(missing_ok=True)
    return progress.chosen, progress.best


def _start(task: Task, kept: Path | None) -> Progress:
    """The start of a training, or the state of its checkpoint."""
    untrained = get_weights(task.modules)
    others = {name: deepcopy(one.state_dict()) for name, one in task.others.items()}
    try:
        if kept is not None and _checkpoint(kept).is_file():
            body = read_sealed(_checkpoint(kept))
            if body is None:
                raise ValueError("damaged")
            found = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
            set_weights(task.modules, found["modules"])
            for name, one in task.others.items():
                one.load_state_dict(found["others"][name])
            say(f"{task.label}: going on after epoch {found['done']}")
            return Progress(found["done"], found["chosen"], _judged(found["best"]), found["weights"])
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        say(f"{task.label}: {_checkpoint(kept) if kept else ''} cannot be read, starting anew ({type(error).__name__})")
        set_weights(task.modules, untrained)  # the checkpoint may be loaded in part
        for name, one in task.others.items():
            one.load_state_dict(others[name])
    return Progress(0, 0, task.judge() if task.judge_start else None, untrained)


def _epochs(task: Task, progress: Progress, epochs: int, seed: int, kept: Path | None) -> Iterator[None]:
    """Train on; yields after each step."""
    written = logged = time.monotonic()
    for epoch in range(progress.done + 1, epochs + 1):
        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        losses = []
        for loss in task.one_epoch(epoch):
            losses.append(loss)
            yield
        now = task.judge()
        if now is None or progress.best is None or now > progress.best:
            progress.best, progress.chosen, progress.weights = now, epoch, get_weights(task.modules)
        progress.done = epoch
        if not sys.stderr.isatty() and time.monotonic() - logged >= LINE_EVERY_SECONDS:
            logged = time.monotonic()
            say(f"  {task.label}: epoch {epoch} of {epochs}, loss {np.mean(losses):.4f}{_on_dev(now)}")
        if kept is not None and epoch < epochs and time.monotonic() - written >= CHECKPOINT_EVERY_SECONDS:
            _write_checkpoint(task, progress, _checkpoint(kept))
            written = time.monotonic()


def _on_dev(judged: Judged | None) -> str:
    return "" if judged is None else f", dev {judged[0]:.4f}"


def _checkpoint(kept: Path) -> Path:
    return kept.with_suffix(f".checkpoint{SEALED}")


def _write_checkpoint(task: Task, progress: Progress, path: Path) -> None:
    buffer = io.BytesIO()
    state = {
        "done": progress.done,
        "chosen": progress.chosen,
        "best": progress.best,
        "weights": progress.weights,
        "modules": get_weights(task.modules),
        "others": {name: one.state_dict() for name, one in task.others.items()},
    }
    torch.save(state, buffer)
    write_sealed(path, buffer.getvalue())


def _judged(values: Sequence[float] | None) -> Judged | None:
    return None if values is None else tuple(values)


def get_weights(modules: Mapping[str, nn.Module]) -> State:
    """Copies of the trainable parameters on the CPU, by `module.parameter`."""
    return {
        f"{part}.{name}": parameter.detach().cpu().clone().contiguous()
        for part, module in modules.items()
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }


def set_weights(modules: Mapping[str, nn.Module], weights: Mapping[str, torch.Tensor]) -> None:
    """Put weights back where `get_weights` took them; raises `KeyError` or `RuntimeError` for others."""
    with torch.no_grad():
        for part, module in modules.items():
            for name, parameter in module.named_parameters():
                if parameter.requires_grad:
                    given = weights[f"{part}.{name}"]
                    if given.shape != parameter.shape:
                        raise RuntimeError(f"{part}.{name}: {tuple(given.shape)} for {tuple(parameter.shape)}")
                    parameter.copy_(given)


def write_weights(path: Path, weights: Mapping[str, torch.Tensor], notes: Mapping[str, Any]) -> None:
    """Write a safetensors file, whole or not at all; `notes` are in its header as JSON."""
    sealed = {"notes": dict(notes), "digest": _digest_of(weights)}
    header = {"notes": json.dumps(sealed, sort_keys=True)}  # one entry: the library writes several in any order
    write_bytes(path, save(dict(weights), metadata=header))


def read_weights(path: Path) -> tuple[State, dict[str, Any]] | None:
    """Weights and notes as `write_weights` wrote them; None where there is no such file, or a damaged one."""
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["notes"])
            names = file.keys()
            weights = {name: file.get_tensor(name) for name in names}
        return (weights, dict(header["notes"])) if header["digest"] == _digest_of(weights) else None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None


def _digest_of(weights: Mapping[str, torch.Tensor]) -> str:
    return fingerprint(
        *(
            [name, list(one.shape), str(one.dtype), _digest(one.contiguous().flatten().view(torch.uint8))]
            for name, one in sorted(weights.items())
        )
    )


def key_of(*parts: Any) -> str:
    """A fingerprint of the inputs of a training; of arrays and tensors, by shape, type and content."""
    return fingerprint(*(_digest(part) for part in parts))


def _digest(part: Any) -> Any:
    if isinstance(part, torch.Tensor):
        part = part.numpy()
    if isinstance(part, np.ndarray):
        return [list(part.shape), str(part.dtype), hashlib.sha256(np.ascontiguousarray(part).data).hexdigest()]
    return part


def batches(count: int, size: int, seed: int, epoch: int) -> Iterator[Integers]:
    """Places 0..count - 1 in this epoch's random order, `size` a batch."""
    order = np.random.default_rng([seed, epoch]).permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def count_steps(count: int, size: int) -> int:
    """The number of batches."""
    return math.ceil(count / size)
