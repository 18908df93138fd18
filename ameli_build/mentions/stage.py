"""The stage `mentions` (section 3.3): each review gets a mention, or is dropped as `no_mention`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import polars as pl

from ameli_build.core.cache import Shard, Work
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.reasons import DROPPED, Reason
from ameli_build.core.records import joined_text_expr
from ameli_build.core.settings import Settings
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.mentions.choose import choose_mention, places_of_names, wording
from ameli_build.mentions.inflect import dictionary
from ameli_build.mentions.match import Lookup, Occurrence, find_places, lookup_of, quoted
from ameli_build.mentions.phrases import Known, own_words
from ameli_build.mentions.rules import CAREFUL, names_by
from ameli_build.models.embed import embed_texts
from ameli_build.models.language import load_language
from ameli_build.models.sources import identity

MENTIONS = pl.Schema(
    {
        "review_id": pl.String,
        "mention": pl.String,
        "mention_start": pl.Int64,
        "mention_end": pl.Int64,
        "score": pl.Float64,
    }
)
"""Columns of `mentions/mentions`: offsets count code points of `records.joined_text`; a single name has no score."""

_NAMES = pl.Schema(
    {
        "names": pl.List(pl.String),
        "keys": pl.List(pl.String),
        "verbs": pl.List(pl.Boolean),
        "named": pl.List(pl.String),
        "counts": pl.List(pl.Int64),
        "titled": pl.List(pl.Boolean),
    }
)
"""Texts of names without gaps; then, for all names, their keys, and for each key: whether it is a verb too, the key of
its name, the count of that name in title and category, and whether it ends in a noun of the title."""

_PLACES = pl.Schema(
    {
        "review_id": pl.String,
        "start": pl.Int64,
        "end": pl.Int64,
        "key": pl.String,
        "this": pl.Boolean,
        "refusal": pl.String,
        "titled": pl.Boolean,
    }
)
"""Fields of each `Occurrence`."""

_KEY_COLUMNS = ("keys", "named", "verbs", "titled")
_ANY = ""
"""The SKU for all products together."""

_Product = tuple[Any, ...]
"""SKU, title, leaf category, and `_KEY_COLUMNS` with joined texts."""

_MOST_REFUSED = 5
"""Most refused places in the detail of a dropped review."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Name candidates of the products, their places in the reviews, and the mention of each review."""
    products = tables["clean/products"].select("sku", "name", pl.col("categories").list.last().alias("leaf"))
    if settings.mentions.source != "catalogue":
        products = products.join(tables["clean/reviews"].select("sku").unique(), on="sku", how="semi")
    products = products.with_columns(pl.col("leaf").fill_null("")).sort("sku")
    reviews = (
        tables["clean/reviews"]
        .sort("review_id")
        .select("review_id", "sku", joined_text_expr().alias("text"))
        .join(tables["clean/products"].select("sku", pl.col("name").alias("product")), on="sku", how="left")
        .sort("review_id")
        .collect()
    )
    names = name_table(work, settings, products.collect())
    places = _places(work, settings, reviews, names)
    scores = _scores(work, settings, reviews, places)
    return _result(reviews, names, places, scores)


def name_table(work: Work, settings: Settings, products: pl.DataFrame) -> pl.DataFrame:
    """`products` (columns sku, name, leaf) with the columns of `_NAMES`."""
    rows = list(products.select("name", "leaf").iter_rows())
    distinct = sorted(set(rows))
    rule, language, longest = settings.mentions.rule, settings.models.language, settings.mentions.max_words
    shop = settings.crawl.shop
    shards = []
    for start in range(0, len(distinct), settings.run.shard_rows):
        part = distinct[start : start + settings.run.shard_rows]
        key = fingerprint("names", part, rule, identity(language), longest, shop)
        shards.append(Shard(key, (rule, language, longest, shop, part), len(part)))
    found = pl.concat([_NAMES.to_frame(), *work.map("parse names", _parse_names, shards, unit="titles")])
    place = {row: n for n, row in enumerate(distinct)}
    return products.hstack(found[[place[row] for row in rows]])


def _parse_names(payload: tuple[str, str, int, str, list[tuple[str, str]]]) -> pl.DataFrame:
    rule, language, longest, shop, rows = payload
    found = [names_by(rule, title, leaf, load_language(language), longest, shop) for title, leaf in rows]
    columns = {
        "names": [[name.text for name in names if not name.gapped] for names in found],
        "keys": [[key for name in names for key in name.keys] for names in found],
        "verbs": [[name.verb for name in names for _ in name.heads] for names in found],
        "named": [[key for name in names for key in [name.key] * len(name.heads)] for names in found],
        "counts": [[name.count for name in names for _ in name.heads] for names in found],
        "titled": [[name.titled for name in names for _ in name.heads] for names in found],
    }
    return pl.DataFrame(columns, schema=_NAMES)


def _places(work: Work, settings: Settings, reviews: pl.DataFrame, names: pl.DataFrame) -> list[list[Occurrence]]:
    """Places in each review with names of its product, or of any product with `mentions.source = "catalogue"`."""
    catalogue = settings.mentions.source == "catalogue"
    everything = _plain_rows(_merged(names)) if catalogue else []
    common = (settings.models.language, settings.mentions.max_words, settings.mentions.rule == CAREFUL)
    shards = []
    for part in reviews.select("review_id", "sku", "text").iter_slices(settings.run.shard_rows):
        products = everything or _plain_rows(names.join(part, on="sku", how="semi"))
        shards.append(Shard("", (part.rows(), products, *common), part.height))
    found: dict[str, list[Occurrence]] = {review_id: [] for review_id in reviews["review_id"]}
    for table in work.map("find mentions", _find, shards, cached=False, unit="reviews"):
        for review_id, *place in table.iter_rows():
            found[review_id].append(Occurrence(*place))
    return list(found.values())


def _merged(names: pl.DataFrame) -> pl.DataFrame:
    """The names of all products as names of the product `_ANY`."""
    columns = names.select(_KEY_COLUMNS).explode(_KEY_COLUMNS).drop_nulls("keys")
    keys = columns.unique("keys", keep="last", maintain_order=True)
    return keys.select(
        pl.lit(_ANY).alias("sku"), pl.lit("").alias("name"), pl.lit("").alias("leaf"), pl.all().implode()
    )


def _plain_rows(names: pl.DataFrame) -> list[_Product]:
    """Products for a worker, as tuples: a frame would bring the texts of the whole catalogue along."""
    return names.select("sku", "name", "leaf", pl.col("keys", "named").list.join(" "), "verbs", "titled").rows()


def _find(payload: tuple[list[tuple[str, str, str]], list[_Product], str, int, bool]) -> pl.DataFrame:
    reviews, products, language, longest, careful = payload
    listed = dictionary(load_language(language))
    known: dict[str, tuple[Lookup, Known | None]] = {}
    for sku, title, leaf, *keys in products:
        known[sku] = _lookup(*keys), Known(own_words(title, leaf), listed)
    if _ANY in known:
        known = dict.fromkeys((sku for _, sku, _ in reviews), (known[_ANY][0], None))
    rows = [
        (review_id, *place)
        for review_id, sku, text in reviews
        for place in find_places(text, *known[sku], max_words=longest, careful=careful)
    ]
    return pl.DataFrame(rows, schema=_PLACES, orient="row")


def _lookup(keys: str, names: str, verbs: Sequence[bool], titled: Sequence[bool]) -> Lookup:
    forms = keys.split()
    return lookup_of(
        dict(zip(forms, verbs, strict=True)), dict(zip(forms, names.split(), strict=True)), compress(forms, titled)
    )


def _scores(
    work: Work, settings: Settings, reviews: pl.DataFrame, places: Sequence[Sequence[Occurrence]]
) -> list[dict[str, float]]:
    """Similarity of each candidate mention to the gold title, or to the review if the gold product is not used.

    Empty for reviews with a single name, which need no choice.
    """
    targets = reviews["text" if settings.mentions.source == "catalogue" else "product"].fill_null("")
    choices = [
        sorted({wording(text, place) for place in named}) if len(named) > 1 else []
        for text, named in zip(reviews["text"], map(places_of_names, places), strict=True)
    ]
    pairs = [(target, name) for target, names in zip(targets, choices, strict=True) for name in names]
    target_vectors = embed_texts(work, settings, [target for target, _ in pairs])
    name_vectors = embed_texts(work, settings, [name for _, name in pairs])
    scores = iter(np.round(np.einsum("ij,ij->i", target_vectors, name_vectors), 4).tolist())
    return [{name: next(scores) for name in names} for names in choices]


def _result(
    reviews: pl.DataFrame,
    names: pl.DataFrame,
    places: Iterable[Sequence[Occurrence]],
    scores: Iterable[Mapping[str, float]],
) -> Result:
    names_of = dict(names.select("sku", "names").iter_rows())
    mentions, dropped = [], []
    columns = (reviews["review_id"], reviews["sku"], reviews["text"], places, scores)
    for review_id, sku, text, occurrences, score in zip(*columns, strict=True):
        mention = choose_mention(text, occurrences, score)
        if mention is not None:
            mentions.append((review_id, mention.text, mention.start, mention.end, mention.score))
        else:
            refused = dict.fromkeys(f'"{quoted(text, place)}": {place.refusal}' for place in occurrences)
            detail = "; ".join([*refused][:_MOST_REFUSED]) or f"none of: {', '.join(names_of.get(sku, []))}"
            dropped.append((review_id, sku, "mentions", Reason.NO_MENTION, detail, "", ""))
    return Result(
        {
            "mentions/mentions": pl.DataFrame(mentions, schema=MENTIONS, orient="row"),
            "mentions/dropped": pl.DataFrame(dropped, schema=DROPPED, orient="row"),
        }
    )


STAGE = Stage(
    name="mentions",
    compute=compute,
    inputs=("clean/products", "clean/reviews"),
    outputs=("mentions/mentions", "mentions/dropped"),
    sections=("mentions",),
    values=("crawl.shop",),
    models=("language", "text_encoder"),
    identity=identity,
    conserved=(Conserved("clean/reviews", "mentions/mentions", "mentions/dropped"),),
)
