"""The stage `mentions` (section 3.3): one mention a review, or the review leaves as `no_mention`."""

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
"""Columns of `mentions/mentions`: offsets count code points of `records.joined_text`; no score without a choice."""

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
"""Texts of names without gaps; of all names, the keys, and of each key whether it is a verb too, the name that it is a
form of, how often title and category say that name, and whether it ends in a noun of the title."""

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

_OF_KEYS = ("keys", "named", "verbs", "titled")
_ANY = ""
"""The SKU of all products together."""

_Product = tuple[Any, ...]
"""SKU, title, leaf category, and `_OF_KEYS`, the texts among them joined."""

_TOLD = 5
"""Refused places that the reason of a dropped review tells."""


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Name candidates of the products, their places in the reviews, and the nearest one of each review."""
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
    """`products` (columns sku, name, leaf) with `names` that stand side by side, and the `keys` that find all names."""
    rows = list(products.select("name", "leaf").iter_rows())
    distinct = sorted(set(rows))
    rule, language, longest = settings.mentions.rule, settings.models.language, settings.mentions.max_words
    shop = settings.crawl.shop
    shards = []
    for start in range(0, len(distinct), settings.run.shard_rows):
        part = distinct[start : start + settings.run.shard_rows]
        key = fingerprint("names", part, rule, identity(language), longest, shop)
        shards.append(Shard(key, (rule, language, longest, shop, part)))
    found = pl.concat([_NAMES.to_frame(), *work.map("parse names", _parse_names, shards)])
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
    """Occurrences in each review of its product's names, or of any product's with `mentions.source = "catalogue"`."""
    catalogue = settings.mentions.source == "catalogue"
    everything = _told(_merged(names)) if catalogue else []
    common = (settings.models.language, settings.mentions.max_words, settings.mentions.rule == CAREFUL)
    shards = []
    for part in reviews.select("review_id", "sku", "text").iter_slices(settings.run.shard_rows):
        products = everything or _told(names.join(part, on="sku", how="semi"))
        shards.append(Shard("", (part.rows(), products, *common)))
    found: dict[str, list[Occurrence]] = {review_id: [] for review_id in reviews["review_id"]}
    for table in work.map("find mentions", _find, shards, cached=False):
        for review_id, *place in table.iter_rows():
            found[review_id].append(Occurrence(*place))
    return list(found.values())


def _merged(names: pl.DataFrame) -> pl.DataFrame:
    """The names of all products as those of one, `_ANY`."""
    keys = names.select(_OF_KEYS).explode(_OF_KEYS).drop_nulls("keys").unique("keys", keep="last", maintain_order=True)
    return keys.select(
        pl.lit(_ANY).alias("sku"), pl.lit("").alias("name"), pl.lit("").alias("leaf"), pl.all().implode()
    )


def _told(names: pl.DataFrame) -> list[_Product]:
    """Products as a worker gets them: no frame, with which the texts of the whole catalogue would travel."""
    return names.select("sku", "name", "leaf", pl.col("keys", "named").list.join(" "), "verbs", "titled").rows()


def _find(payload: tuple[list[tuple[str, str, str]], list[_Product], str, int, bool]) -> pl.DataFrame:
    reviews, products, language, longest, careful = payload
    listed = dictionary(load_language(language))
    known: dict[str, tuple[Lookup, Known | None]] = {}
    for sku, title, leaf, *told in products:
        known[sku] = _lookup(*told), Known(own_words(title, leaf), listed)
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
    """Similarity of each candidate mention to the gold title; to the review itself where the gold is not used.

    Nothing is embedded for reviews of one name, which have nothing to choose.
    """
    against = reviews["text" if settings.mentions.source == "catalogue" else "product"].fill_null("")
    choices = [
        sorted({wording(text, place) for place in some}) if len(some) > 1 else []
        for text, some in zip(reviews["text"], map(places_of_names, places), strict=True)
    ]
    pairs = [(target, word) for target, some in zip(against, choices, strict=True) for word in some]
    left = embed_texts(work, settings, [target for target, _ in pairs])
    right = embed_texts(work, settings, [word for _, word in pairs])
    similar = iter(np.round(np.einsum("ij,ij->i", left, right), 4).tolist())
    return [{word: next(similar) for word in some} for some in choices]


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
            refused = dict.fromkeys(f'"{quoted(text, place)}": {place.refusal}' for place in some)
            detail = "; ".join([*refused][:_TOLD]) or f"none of: {', '.join(tried.get(sku, []))}"
            dropped.append((review_id, sku, "mentions", Reason.NO_MENTION, detail, "", ""))
    return Result(
        {
            "mentions/mentions": pl.DataFrame(kept, schema=MENTIONS, orient="row"),
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
