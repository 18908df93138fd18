"""Trainings: the best epoch, checkpoints to resume from, and files of trained weights.

The random numbers of an epoch depend on seed and epoch alone, so a training that resumes from a checkpoint gives the
same weights as a training without interruption.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from ameli_build.core.arrays import Integers
from ameli_build.core.cache import SEALED, read_sealed, write_sealed
from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.progress import Reach, counted, say
from ameli_build.core.snapshot import write_bytes, write_json

CHECKPOINT_EVERY_SECONDS = 5.0
"""Shorter trainings write no checkpoint: a restart is as fast as a resume."""

T = TypeVar("T")
Modules = Mapping[str, nn.Module]
State = dict[str, torch.Tensor]
Rating = tuple[float, ...]
"""Quality on dev, the most important number first; higher is better."""
Curve = dict[str, list[float | None]]
"""A training's `loss`, the mean over steps, and `dev`, the first number of the rating, by epoch from 0 (untrained)."""


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Use one thread, deterministic kernels and this seed within the block, and restore the state after it.

    On a machine with a GPU, a kernel without a deterministic form warns instead of failing.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


class Stateful(Protocol):
    """State in a checkpoint beside the modules: optimizer, schedule, scaler."""

    def state_dict(self) -> dict[str, Any]:
        """The state for `load_state_dict`."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Restore a state of `state_dict`."""


@dataclass(frozen=True, slots=True)
class Task:
    """A training.

    `one_epoch(number)` yields the loss of each of `steps` steps. `rate` gives the rating on dev, None without dev. With
    `rate_start`, the untrained state takes part in the choice.
    """

    label: str
    modules: Modules
    others: Mapping[str, Stateful]
    one_epoch: Callable[[int], Iterator[float]]
    steps: int
    rate: Callable[[], Rating | None]
    rate_start: bool = False


@dataclass(slots=True)
class Progress:
    """Progress of a training: finished epochs, the best epoch with its rating and weights, and the curve so far."""

    done: int
    chosen: int
    best: Rating | None
    weights: State
    curve: Curve = field(default_factory=lambda: {"loss": [], "dev": []})

    def draw(self, loss: float | None, rating: Rating | None) -> None:
        """Add an epoch to the curve."""
        self.curve["loss"].append(rounded(loss))
        self.curve["dev"].append(rounded(rating[0] if rating else None))


def rounded(value: float | None) -> float | None:
    """A number of a curve; None if it is missing or not finite, as the loss of a training that diverged.

    >>> rounded(0.123456), rounded(float("nan"))
    (0.1235, None)
    """
    return None if value is None or not math.isfinite(value) else round(value, 4)


def learn(task: Task, epochs: int, seed: int, path: Path | None) -> tuple[int, Rating | None, Curve]:
    """Train the modules and restore their best epoch; without dev, the last.

    Args:
        task: The training.
        epochs: Number of epochs.
        seed: Seed of the epochs.
        path: File for the finished weights, without suffix, named by a hash of all inputs. If it exists, its weights
            are loaded instead. None writes no file.

    Returns:
        The number of the chosen epoch, its rating, and the curve of all epochs.
    """
    finished = None if path is None else read_weights(path.with_suffix(".safetensors"))
    if finished is not None:
        weights, notes = finished
        set_weights(task.modules, weights)
        return int(notes["chosen"]), _as_rating(notes["best"]), notes["curve"]
    progress = _start(task, path)
    with counted(task.label, epochs, "epochs", progress.done) as reach:
        _train(task, progress, epochs, seed, path, reach)
    set_weights(task.modules, progress.weights)
    if path is not None:
        notes = {"chosen": progress.chosen, "best": progress.best, "curve": progress.curve}
        write_weights(path.with_suffix(".safetensors"), progress.weights, notes)
        _checkpoint(path).unlink(missing_ok=True)
    return progress.chosen, progress.best, progress.curve


def _start(task: Task, path: Path | None) -> Progress:
    """The start of a training, or the state of its checkpoint."""
    untrained = get_weights(task.modules)
    others = {name: deepcopy(part.state_dict()) for name, part in task.others.items()}
    try:
        if path is not None and _checkpoint(path).is_file():
            body = read_sealed(_checkpoint(path))
            if body is None:
                raise ValueError("damaged")
            found = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
            set_weights(task.modules, found["modules"])
            for name, part in task.others.items():
                part.load_state_dict(found["others"][name])
            say(f"{task.label}: going on after epoch {found['done']}")
            best = _as_rating(found["best"])
            return Progress(found["done"], found["chosen"], best, found["weights"], found["curve"])
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
        say(f"{task.label}: {_checkpoint(path) if path else ''} cannot be read, starting anew ({type(error).__name__})")
        set_weights(task.modules, untrained)  # a part of the checkpoint may be loaded
        for name, part in task.others.items():
            part.load_state_dict(others[name])
    progress = Progress(0, 0, task.rate() if task.rate_start else None, untrained)
    progress.draw(None, progress.best)
    return progress


def _train(task: Task, progress: Progress, epochs: int, seed: int, path: Path | None, reach: Reach) -> None:
    """Train the remaining epochs."""
    note, written = "", time.monotonic()
    for epoch in range(progress.done + 1, epochs + 1):
        torch.manual_seed(int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0]))
        losses = []
        for loss in task.one_epoch(epoch):
            losses.append(loss)
            reach(epoch - 1 + len(losses) / task.steps, note)
        rating, mean = task.rate(), float(np.mean(losses))
        progress.draw(mean, rating)
        if rating is None or progress.best is None or rating > progress.best:
            progress.best, progress.chosen, progress.weights = rating, epoch, get_weights(task.modules)
        progress.done = epoch
        note = f"loss {mean:.3f}" + ("" if rating is None else f", dev {rating[0]:.3f}")
        reach(epoch, note)
        if path is not None and epoch < epochs and time.monotonic() - written >= CHECKPOINT_EVERY_SECONDS:
            _write_checkpoint(task, progress, _checkpoint(path))
            written = time.monotonic()


def _checkpoint(path: Path) -> Path:
    return path.with_suffix(f".checkpoint{SEALED}")


def _write_checkpoint(task: Task, progress: Progress, path: Path) -> None:
    buffer = io.BytesIO()
    state = {
        "done": progress.done,
        "chosen": progress.chosen,
        "best": progress.best,
        "weights": progress.weights,
        "curve": progress.curve,
        "modules": get_weights(task.modules),
        "others": {name: part.state_dict() for name, part in task.others.items()},
    }
    torch.save(state, buffer)
    write_sealed(path, buffer.getvalue())


def _as_rating(values: list[float] | tuple[float, ...] | None) -> Rating | None:
    return None if values is None else tuple(values)


def get_weights(modules: Modules) -> State:
    """Copies of the trainable parameters on the CPU, by `module.parameter`."""
    return {name: parameter.detach().cpu().clone().contiguous() for name, parameter in _trainable(modules)}


def set_weights(modules: Modules, weights: Mapping[str, torch.Tensor]) -> None:
    """Copy weights of `get_weights` into the modules; raises `KeyError` or `RuntimeError` if they do not fit."""
    with torch.no_grad():
        for name, parameter in _trainable(modules):
            if weights[name].shape != parameter.shape:
                raise RuntimeError(f"{name}: {tuple(weights[name].shape)} for {tuple(parameter.shape)}")
            parameter.copy_(weights[name])


def _trainable(modules: Modules) -> Iterator[tuple[str, nn.Parameter]]:
    for part, module in modules.items():
        yield from ((f"{part}.{name}", values) for name, values in module.named_parameters() if values.requires_grad)


def save_modules(folder: Path, name: str, modules: Modules, description: Mapping[str, Any]) -> None:
    """Write `<name>.safetensors`, the trained parameters, and `<name>.json`, the description."""
    write_weights(folder / f"{name}.safetensors", get_weights(modules), {})
    write_json(folder / f"{name}.json", description)


def load_modules(folder: Path, name: str, make: Callable[[dict[str, Any]], T], modules: Callable[[T], Modules]) -> T:
    """Load the files of `save_modules`.

    Args:
        folder: Folder of both files.
        name: Name of both files, without suffix.
        make: From the description to the untrained object; raises `KeyError` or `TypeError` if it does not fit.
        modules: The modules of the object.

    Raises:
        UnusableInput: A file is missing, damaged, or does not fit.
    """
    path, weights_path = folder / f"{name}.json", folder / f"{name}.safetensors"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableInput(f"{path}: no trained {name} ({error})") from None
    found = read_weights(weights_path)
    if found is None or not isinstance(description, dict):
        raise UnusableInput(f"{weights_path}: no trained weights, or damaged ones")
    try:
        trained = make(description)
    except (KeyError, TypeError) as error:
        raise UnusableInput(f"{path}: does not describe {name} ({error!r})") from None
    try:
        set_weights(modules(trained), found[0])
    except (KeyError, RuntimeError) as error:
        raise UnusableInput(f"{weights_path}: not the weights that {name}.json describes ({error})") from None
    return trained


def write_weights(path: Path, weights: Mapping[str, torch.Tensor], notes: Mapping[str, Any]) -> None:
    """Write a safetensors file, whole or not at all; `notes` are in its header as JSON."""
    sealed = {"notes": dict(notes), "digest": _digest_of(weights)}
    header = {"notes": json.dumps(sealed, sort_keys=True)}  # one entry: the library writes several in any order
    write_bytes(path, save(dict(weights), metadata=header))


def read_weights(path: Path) -> tuple[State, dict[str, Any]] | None:
    """Weights and notes of `write_weights`; None if the file is missing or damaged."""
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
            [name, list(tensor.shape), str(tensor.dtype), _digest(tensor.contiguous().flatten().view(torch.uint8))]
            for name, tensor in sorted(weights.items())
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
    """Numbers 0 to count - 1 in the random order of an epoch, at most `size` in a batch."""
    order = np.random.default_rng([seed, epoch]).permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]
