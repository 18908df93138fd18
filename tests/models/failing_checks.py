"""Failing checks of models, importable by a separate process that loads no model library."""

from __future__ import annotations

import os

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.models.check import Checked


def check_one(settings: Settings, role: str, name: str) -> Checked:
    """A stand-in for the library's `check_one`; the role decides how it fails."""
    if role == "text_encoder":
        raise UnusableInput(f"setting models.text_encoder: the model {name!r} cannot be loaded (not fetched)")
    if role == "nli_encoder":
        raise RunFailed("gives numbers that are not finite")
    if role == "ocr":
        raise IndexError("index out of range in self")
    if role == "language":
        os._exit(9)
    return Checked(role, name, 1.0, 0.5, 99, f"runs in {os.getpid()}")
