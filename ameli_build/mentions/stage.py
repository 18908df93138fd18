"""The stage `mentions` (section 3.3): one mention a review, or the review leaves as `no_mention`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.mentions.choose import choose_mention, wording
from ameli_build.mentions.match import Occurrence, find_occurrences
from ameli_build.mentions.names import product_names
from ameli_build.models import identity
from ameli_build.models.embed import embed_texts
from ameli_build.models.language import load_language
from ameli_build.reasons import DROPPED, Reason
from ameli_build.records import joined_text_expr
from ameli_build.settings import Settings
from ameli_build.stages import Conserved, Result, Shard, Stage, Tables, Work

MENTIONS = pl.Schema(
    {
        "review_id": pl.String,
        "mention": pl.String,
        "mention_start": pl.Int64,
        "mention_end": pl.Int64,
        "score": pl.Float64,
    }
)
"""Columns of `mentions/mentions`: offsets count code points of `records.joined_text`."""

_NAMES = pl.Schema(
    {"sku": pl.String(), "names": pl.List(pl.String), "keys": pl.List(pl.String), "verbs": pl.List(pl.Boolean)}
)
_PLACES = pl.Schema(
    {"start": pl.List(pl.Int64), "end": pl.List(pl.Int64), "key": pl.List(pl.String), "this": pl.List(pl.Boolean)}
)


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Name candidates of the products, their places in the reviews, and the nearest one of each review."""
    products = tables["clean/products"].select("sku", "name", "categories").sort("sku").collect()
    reviews = (
        tables["clean/reviews"]
        .sort("review_id")
        .select("review_id", "sku", joined_text_expr().alias("text"))
        .join(tables["clean/products"].select("sku", pl.col("name").alias("product")), on="sku", how="left")
        .sort("review_id")
        .collect()
    )
    names = name_table(work, settings, products)
    places = _places(work, settings, reviews, names)
    scores = _scores(work, settings, reviews, places)
    return _result(reviews, names, places, scores)


def name_table(work: Work, settings: Settings, products: pl.DataFrame) -> pl.DataFrame:
    """Name candidates of `products` (columns sku, name, categories): the names, and the keys that find them."""
    rows = [(title, path[-1] if path else "") for title, path in products.select("name", "categories").iter_rows()]
    distinct = sorted(set(rows))
    language, longest = settings.models.language, settings.mentions.max_words
    code = module_fingerprint(
        "ameli_build.mentions.names", "ameli_build.mentions.inflect", "ameli_build.mentions.words"
    )
    shards = [
        Shard(fingerprint("names", part, identity(language), longest, code), (language, longest, part))
        for part in _cut(distinct, settings.run.shard_rows)
    ]
    found = pl.concat([_NAMES.to_frame().drop("sku"), *work.map("parse names", _parse_names, shards)])
    place = {row: n for n, row in enumerate(distinct)}
    return products.select("sku").hstack(found[[place[row] for row in rows]])


def _parse_names(payload: tuple[str, int, list[tuple[str, str]]]) -> pl.DataFrame:
    language, longest, rows = payload
    found = [product_names(title, leaf, load_language(language), longest) for title, leaf in rows]
    columns = {
        "names": [[name.text for name in names] for names in found],
        "keys": [[key for name in names for key in name.keys] for names in found],
        "verbs": [[name.verb for name in names for _ in name.keys] for names in found],
    }
    return pl.DataFrame(columns, schema={name: kind for name, kind in _NAMES.items() if name != "sku"})


def _places(work: Work, settings: Settings, reviews: pl.DataFrame, names: pl.DataFrame) -> list[list[Occurrence]]:
    """Occurrences in each review of its product's names, or of any product's with `mentions.source = "catalogue"`."""
    keys = {sku: dict(zip(some, verbs, strict=True)) for sku, _, some, verbs in names.iter_rows()}
    everything: dict[str, bool] = {}
    if settings.mentions.source == "catalogue":
        for some in keys.values():
            everything |= some
    shards = []
    for part in reviews.iter_slices(settings.run.shard_rows):
        own = {} if everything else {sku: keys.get(sku, {}) for sku in part["sku"].unique(maintain_order=True)}
        rows = list(zip(part["sku"], part["text"], strict=True))
        shards.append(Shard("", (rows, own, everything, settings.mentions.max_words)))
    table = pl.concat([_PLACES.to_frame(), *work.map("find mentions", _find, shards, cached=False)])
    return [[Occurrence(*place) for place in zip(*row, strict=True)] for row in table.iter_rows()]


def _find(
    payload: tuple[list[tuple[str, str]], Mapping[str, Mapping[str, bool]], Mapping[str, bool], int],
) -> pl.DataFrame:
    rows, own, everything, longest = payload
    found = [find_occurrences(text, everything or own[sku], longest) for sku, text in rows]
    columns = {name: [[getattr(place, name) for place in places] for places in found] for name in _PLACES}
    return pl.DataFrame(columns, schema=_PLACES)


def _scores(
    work: Work, settings: Settings, reviews: pl.DataFrame, places: Sequence[Sequence[Occurrence]]
) -> list[dict[str, float]]:
    """Similarity of each candidate mention to the gold title; to the review itself where the gold is not used."""
    against = reviews["text" if settings.mentions.source == "catalogue" else "product"].fill_null("")
    words = [
        sorted({wording(text, place) for place in some}) for text, some in zip(reviews["text"], places, strict=True)
    ]
    pairs = [(target, word) for target, some in zip(against, words, strict=True) for word in some]
    left = embed_texts(work, settings, [target for target, _ in pairs])
    right = embed_texts(work, settings, [word for _, word in pairs])
    similar = iter(np.round(np.einsum("ij,ij->i", left, right), 4).tolist())
    return [{word: next(similar) for word in some} for some in words]


def _result(
    reviews: pl.DataFrame,
    names: pl.DataFrame,
    places: Iterable[Sequence[Occurrence]],
    scores: Iterable[Mapping[str, float]],
) -> Result:
    tried = dict(names.select("sku", "names").iter_rows())
    kept, dropped = [], []
    columns = (reviews["review_id"], reviews["sku"], reviews["text"], places, scores)
    for review_id, sku, text, some, score in zip(*columns, strict=True):
        mention = choose_mention(text, some, score)
        if mention is not None:
            kept.append((review_id, mention.text, mention.start, mention.end, mention.score))
        else:
            detail = ", ".join(tried.get(sku, []))
            dropped.append((review_id, sku, "mentions", Reason.NO_MENTION, f"none of: {detail}", "", ""))
    return Result(
        {
            "mentions/mentions": pl.DataFrame(kept, schema=MENTIONS, orient="row"),
            "mentions/dropped": pl.DataFrame(dropped, schema=DROPPED, orient="row"),
        }
    )


def _cut(items: Sequence[tuple[str, str]], size: int) -> list[list[tuple[str, str]]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


STAGE = Stage(
    name="mentions",
    compute=compute,
    inputs=("clean/products", "clean/reviews"),
    outputs=("mentions/mentions", "mentions/dropped"),
    sections=("mentions",),
    models=("language", "text_encoder"),
    modules=(
        "ameli_build.mentions",
        "ameli_build.models.text",
        "ameli_build.models.language",
        "ameli_build.models.embed",
        "ameli_build.records",
    ),
    conserved=(Conserved("clean/reviews", "mentions/mentions", "mentions/dropped"),),
)
