"""The data set card, `dataset/README.md`, for people and for `datasets.load_dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ameli_build.core.markdown import as_code, as_text
from ameli_build.core.paper import paper
from ameli_build.core.settings import Settings


def card(stats: Mapping[str, Any], settings: Settings, splits: tuple[str, ...], digest: str) -> str:
    """The card as Markdown, with the names of the splits in its YAML head.

    `load_dataset` cannot read a split without rows, so the head omits empty splits. It also identifies a local data set
    by its head alone. The head therefore has the `digest` of the tables; without it, `load_dataset` could return rows
    of another build from its cache.
    """
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"text": as_text, "code": as_code}
    template = environment.from_string(files("ameli_build.release").joinpath("card.md.jinja").read_text("utf-8"))
    models = {role: _public(name) for role, name in settings.models.model_dump().items() if isinstance(name, str)}
    demo = settings.release.generated
    filled = [split for split in splits if stats["table2"][split]["reviews"]]
    known = {"stats": stats, "settings": settings, "splits": splits, "filled": filled, "digest": digest}
    return template.render(**known, models=models, demo=demo, paper=paper().table2) + "\n"


def _public(name: str) -> str:
    """A model's name for publication: only the last part of a local folder's path."""
    return Path(name).name if Path(name).exists() else name
