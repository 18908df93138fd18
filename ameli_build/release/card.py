"""The data set card, `dataset/README.md`: what a person, and `datasets.load_dataset`, read first."""

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
    """The card as Markdown; its `configs:` head keeps the names of the splits.

    `load_dataset` cannot read a split without rows, so that one is not in the head; and it knows a local data set by
    its head alone, so `digest`, of the tables, stands there lest it answers with rows of another build from its cache.
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
    """A model's name as others may read it: of a local folder, its last part."""
    return Path(name).name if Path(name).exists() else name
