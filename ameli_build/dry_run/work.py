"""The loads of each stage, from the known inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from ameli_build.clean import objects
from ameli_build.clean.decoding import DecodingSettings, check_shard
from ameli_build.core.cache import Work
from ameli_build.core.pictures import content_key
from ameli_build.core.settings import Settings
from ameli_build.dry_run.inputs import Inputs
from ameli_build.dry_run.loads import Load, load_of, plain_load
from ameli_build.informativeness.attributes import FINDERS
from ameli_build.mentions.rules import names_by
from ameli_build.models.detect import PROMPTLESS
from ameli_build.models.embed import image_kind, text_key, text_kind
from ameli_build.models.language import load_language
from ameli_build.models.score import score_batch
from ameli_build.near_duplicates.pictures import hash_kind
from ameli_build.near_duplicates.texts import hash_texts
from ameli_build.pipeline import stages_until

PRODUCTS, REVIEWS, PHOTOGRAPHS, PICTURES = "products", "reviews", "photographs", "pictures"
"""Quantities to which the number of items of a load is proportional; pictures are pictures of products."""


def loads_of(name: str, work: Work, settings: Settings, inputs: Inputs) -> list[Load]:
    """The loads of the stage `name`; none for a stage that only reads, joins and writes tables.

    Until all earlier stages that drop reviews have run, the current numbers are upper bounds.
    """
    before = stages_until(name)[:-1]
    at_most = name == "clean" or any(stage.dropped and stage.name not in inputs.done for stage in before)
    return [replace(load, at_most=load.at_most or at_most) for load in _LOADS.get(name, _none)(work, settings, inputs)]


def _none(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    yield from ()


def _clean(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    """Section 3.2: pictures are decoded, photographs searched for their product."""
    root = inputs.root
    photos, pictures = _paths(inputs.photographed["images"]), _paths(inputs.products["images"])
    common = (str(root), settings.section(DecodingSettings).max_pixels)
    yield plain_load("pictures of products decoded", "", PICTURES, check_some, common, pictures, 32)
    yield plain_load("photographs decoded", "", PHOTOGRAPHS, check_some, common, photos, 32)
    asked = inputs.photographed.select("sku", path="images").explode("path")
    names = inputs.products.select("sku", "name")
    asked = asked.join(names, on="sku", how="left").with_columns(pl.col("name").fill_null(""))
    kind, items = objects.detection_kind(settings, root), objects.first_prompts(settings, root, asked)
    name = "products searched for by name"
    found = load_of(name, "detector", PHOTOGRAPHS, work, kind, items, lambda item: inputs.usable(item[0]))
    yield found
    if settings.models.detector not in PROMPTLESS:
        yield replace(found, name="again by category, where the name is not found", cached=0, at_most=True)


def check_some(root: str, max_pixels: int, paths: Sequence[str]) -> pl.DataFrame:
    """The verdict of filter 5 on some pictures."""
    return check_shard((root, max_pixels, [(path, path) for path in paths]))


def _mentions(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    """Section 3.3: titles are parsed. The search for names in reviews takes little time in comparison."""
    rows = inputs.products.select("name", "leaf").unique(maintain_order=True).rows()
    common = (settings.mentions.rule, settings.models.language, settings.mentions.max_words, settings.crawl.shop)
    yield plain_load("titles parsed", "language", PRODUCTS, parse_some, common, rows, settings.run.shard_rows // 8 or 1)


def parse_some(rule: str, language: str, longest: int, shop: str, rows: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The names of some products, given by title and leaf category."""
    found = [names_by(rule, title, leaf, load_language(language), longest, shop) for title, leaf in rows]
    return pl.DataFrame({"names": [[name.text for name in names] for names in found]})


def _informativeness(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    """Section 3.4: the four features of each review."""
    gold = inputs.products  # before filter 4, a review may belong to any product
    if "clean" in inputs.done:
        gold = gold.join(inputs.reviews, on="sku", how="semi")
    pairs = inputs.reviews.join(inputs.products, on="sku", how="inner")
    rows = _spread(pairs.select("joined", "attributes"))
    common = (settings.informativeness.match,)
    yield plain_load("reviews matched with sheets", "", REVIEWS, match_some, common, rows, 32, pairs.height)
    groups = {
        "first pictures encoded": (PRODUCTS, inputs.products["images"].list.first()),
        "pictures of reviewed products encoded": (PICTURES, gold["images"].list.slice(1)),
        "patches encoded": (PHOTOGRAPHS, inputs.reviews["patches"]),
    }
    for name, (per, column) in groups.items():
        yield _pictures(name, per, work, settings, inputs, column)
    if settings.informativeness.similarity == "cross-encoder":
        yield from _cross_encoded(settings, pairs)
        return
    for name, per, texts in (
        ("reviews encoded", REVIEWS, inputs.reviews["joined"]),
        ("descriptions of reviewed products encoded", PRODUCTS, gold["description"]),
        ("titles of reviewed products encoded", PRODUCTS, gold["name"]),
    ):
        yield _texts(name, per, work, settings, texts)


def match_some(how: str, rows: Sequence[tuple[str, list[dict[str, str]] | None]]) -> pl.DataFrame:
    """Numbers of attributes that reviews mention; a row is a text and a specification sheet."""
    sheets = [[(row["name"], row["value"]) for row in sheet or ()] for _, sheet in rows]
    return pl.DataFrame({"n": [len(FINDERS[how](text, sheet)) for (text, _), sheet in zip(rows, sheets, strict=True)]})


def _cross_encoded(settings: Settings, pairs: pl.DataFrame) -> Iterator[Load]:
    models = settings.models
    common = (models.cross_encoder, models.device_of("cross_encoder"), models.batch, models.precision, True)
    for texts, column in (("descriptions", "description"), ("titles", "name")):
        rows = _spread(pairs.select("joined", column))
        yield plain_load(
            f"{texts} cross-encoded", "cross_encoder", REVIEWS, score_batch, common, rows, models.batch, pairs.height
        )


def _candidates(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    """Section 3.5: titles of all products are encoded; section 3.4 has encoded their first pictures."""
    yield _texts("titles of all products encoded", PRODUCTS, work, settings, inputs.products["name"])


def _splits(work: Work, settings: Settings, inputs: Inputs) -> Iterator[Load]:
    """Near-duplicates among texts and photographs."""
    texts = inputs.reviews["joined"]
    yield plain_load("reviews hashed", "", REVIEWS, hash_texts_of, (), _spread(texts.to_frame()), 64, len(texts))
    photos = {content_key(inputs.root, path): path for path in _paths(inputs.reviews["images"])}
    yield load_of("photographs hashed", "", PHOTOGRAPHS, work, hash_kind(inputs.root), photos, inputs.usable)


def hash_texts_of(rows: Sequence[tuple[str]]) -> pl.DataFrame:
    """Signatures of texts, a row each."""
    return hash_texts([text for (text,) in rows])


def _texts(name: str, per: str, work: Work, settings: Settings, texts: pl.Series) -> Load:
    items = {text_key(text): text for text in texts.unique(maintain_order=True)}
    # measured with PyTorch even if ONNX will run, because the export does not exist yet
    return load_of(name, "text_encoder", per, work, text_kind(settings, ""), items)


def _pictures(name: str, per: str, work: Work, settings: Settings, inputs: Inputs, column: pl.Series) -> Load:
    items = {content_key(inputs.root, path): path for path in _paths(column)}
    return load_of(name, "image_encoder", per, work, image_kind(settings, inputs.root), items, inputs.usable)


def _paths(column: pl.Series) -> list[str]:
    """Distinct paths of a column of paths or of lists of paths."""
    flat = column.explode() if isinstance(column.dtype, pl.List) else column
    return flat.drop_nulls().unique().sort().to_list()


def _spread(table: pl.DataFrame, most: int = 1024) -> list[Any]:
    """At most `most` rows, evenly spaced over a table."""
    return table.gather_every(max(1, table.height // most)).head(most).rows()


_LOADS: dict[str, Callable[[Work, Settings, Inputs], Iterator[Load]]] = {
    "clean": _clean,
    "mentions": _mentions,
    "informativeness": _informativeness,
    "candidates": _candidates,
    "splits": _splits,
}
