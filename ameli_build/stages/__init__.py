"""Stages beside those of section 3: each is a file of this folder that defines `STAGE`.

The folder is empty as the project ships it; `CONTRIBUTING.md` has the recipe.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ameli_build.core.stage import Stage

STAGES: tuple[Stage, ...] = tuple(import_module(f"{__name__}.{module.name}").STAGE for module in iter_modules(__path__))
"""The stages of this folder, in the order of their files' names."""
