"""The data set card, `dataset/README.md`, for people and for `datasets.load_dataset`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, StrictUndefined

from ameli_build.core.markdown import as_code, as_text
from ameli_build.core.paper import paper
from ameli_build.core.settings import Settings
from ameli_build.release.citation import BIBTEX
from ameli_build.release.fields import card_fields
from ameli_build.release.hub_metadata import hub_license, size_category
from ameli_build.release.tables import SPLITS

Row = Mapping[str, Any]


def card(
    stats: Mapping[str, Any],
    settings: Settings,
    splits: tuple[str, ...],
    digest: str,
    example: tuple[Row, Row] | None = None,
) -> str:
    """The card as Markdown, with the names of the splits in its YAML head.

    Args:
        stats: The content of `stats.json`.
        settings: Settings of the run.
        splits: Names of the released splits.
        digest: Digest of the released tables.
        example: A review and its gold product as released, which the card shows.

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
    counts = {split: stats["table2"][split]["reviews"] for split in splits}
    review, product = example or ({}, {})
    similarity = settings.informativeness.similarity
    known = {
        "stats": stats,
        "settings": settings,
        "splits": splits,
        "filled": [split for split, count in counts.items() if count],
        "digest": digest,
        "models": models,
        "demo": demo,
        "paper": paper().table2,
        "license": hub_license(settings.release.license),
        "size": size_category(sum(counts.get(split, 0) for split in SPLITS)),
        "fields": {
            "review": card_fields("test", similarity, review),
            "product": card_fields("products", similarity, product),
        },
        "pictures": [row["images"][0] for row in example or ()],
        "bibtex": BIBTEX,
    }
    return template.render(**known) + "\n"


def example_of(named: Mapping[str, pl.DataFrame]) -> tuple[Row, Row] | None:
    """The first review of the first split with rows, and its gold product; None if all splits are empty."""
    for split in SPLITS:
        review = named[split].head(1)
        product = named["products"].join(review, on="sku", how="semi").head(1)
        if product.height:
            return review.row(0, named=True), product.row(0, named=True)
    return None


def _public(name: str) -> str:
    """A model's name for publication: only the last part of a local folder's path."""
    return Path(name).name if Path(name).exists() else name
