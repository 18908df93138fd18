"""Trained modules in a folder: weights as safetensors, and a JSON file with their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from ameli_build.baseline.linking.training import State, get_weights, read_weights, set_weights, write_weights
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import write_json


def save_modules(folder: Path, name: str, modules: Mapping[str, nn.Module], told: Mapping[str, Any]) -> None:
    """Write `<name>.safetensors`, the trained parameters, and `<name>.json` with `told`."""
    write_weights(folder / f"{name}.safetensors", get_weights(modules), {})
    write_json(folder / f"{name}.json", told)


def read_modules(folder: Path, name: str) -> tuple[dict[str, Any], State]:
    """The content of the JSON file, and the weights; raises `UnusableInput` for a missing or damaged file."""
    path = folder / f"{name}.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableInput(f"{path}: no trained {name} ({error})") from None
    weights = read_weights(folder / f"{name}.safetensors")
    if weights is None or not isinstance(told, dict):
        raise UnusableInput(f"{folder / name}.safetensors: no trained weights, or damaged ones")
    return told, weights[0]


def fill_modules(folder: Path, name: str, modules: Mapping[str, nn.Module], weights: State) -> None:
    """Load weights into modules; raises `UnusableInput` for weights of another shape."""
    try:
        set_weights(modules, weights)
    except (KeyError, RuntimeError) as error:
        raise UnusableInput(
            f"{folder / name}.safetensors: not the weights that {name}.json tells of ({error})"
        ) from None
