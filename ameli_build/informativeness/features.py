"""The four features of section 3.4: scores only, no verdict.

Similarities are cosines, rounded to four decimals. Similarities of texts can also be logits of a cross-encoder, as in
the authors' code (`informativeness.similarity`). A review's cleaned images (patches that show the product) are compared
with all images of the gold product. Texts are title and text of the review, joined. If a product has no description,
the cosine is 0; a cross-encoder reads the empty text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl

from ameli_build.core.arrays import Matrix, Values
from ameli_build.core.cache import Shard, Work
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings
from ameli_build.informativeness.attributes import FINDERS
from ameli_build.models.embed import embed_images, embed_texts
from ameli_build.models.score import score_texts

NAMES = ("n_attributes", "image_similarity", "description_similarity", "title_similarity")
"""The features, in the paper's order."""

FOUND = pl.List(pl.Struct({"name": pl.String(), "value": pl.String()}))
"""The attributes that a review mentions."""

FEATURES = pl.Schema(
    {
        "review_id": pl.String(),
        "n_attributes": pl.Int64(),
        "attributes": FOUND,
        "image_similarity": pl.Float64(),
        "description_similarity": pl.Float64(),
        "title_similarity": pl.Float64(),
    }
)
"""Columns of `informativeness/features`."""

DECIMALS = 4


def feature_table(work: Work, settings: Settings, reviews: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """The features of reviews compared with their gold products, sorted by `review_id`.

    `reviews` has the columns review_id, sku, joined and cleaned_images. `products` has sku, name, description,
    attributes and images, with a row for each sku of the reviews.
    """
    pairs = reviews.sort("review_id").join(products, on="sku", how="left", maintain_order="left")
    found = attributes_found(work, settings, pairs)
    columns = {
        "review_id": pairs["review_id"],
        "n_attributes": found.list.len(),
        "attributes": found,
        "image_similarity": _image_similarities(work, settings, pairs, products["images"].list.first()),
        "description_similarity": _text_similarities(work, settings, pairs["joined"], pairs["description"]),
        "title_similarity": _text_similarities(work, settings, pairs["joined"], pairs["name"]),
    }
    return pl.DataFrame(columns, schema=FEATURES)


def attributes_found(work: Work, settings: Settings, pairs: pl.DataFrame) -> pl.Series:
    """The attributes that each pair's text mentions; `pairs` has the columns joined and attributes. Cached by shard."""
    how = settings.informativeness.match
    named = pl.struct(pl.element().struct.field("name"), pl.element().struct.field("value"))
    table = pairs.select("joined", pl.col("attributes").list.eval(named))
    shards = [
        Shard(fingerprint("attributes", part, how), part.rows(), part.height)
        for part in table.iter_slices(settings.run.shard_rows)
    ]
    found = work.map("match attributes", partial(_find, how), shards, unit="reviews")
    return pl.concat([pl.Series("attributes", [], FOUND).to_frame(), *found])["attributes"]


def pair_similarity(left: Matrix, right: Matrix, how: str) -> float:
    """The similarity of two sets of unit vectors: maximum or mean of all cosines, or the cosine of the first pair."""
    if how == "first":
        return float(left[0] @ right[0])
    cosines = left @ right.T
    return float(cosines.max() if how == "maximum" else cosines.mean())


def _find(how: str, rows: Sequence[tuple[str, list[dict[str, str]] | None]]) -> pl.DataFrame:
    find = FINDERS[how]
    found = [find(text, [(pair["name"], pair["value"]) for pair in attributes or ()]) for text, attributes in rows]
    pairs = [[{"name": name, "value": value} for name, value in some] for some in found]
    return pl.DataFrame({"attributes": pairs}, schema={"attributes": FOUND})


def _image_similarities(work: Work, settings: Settings, pairs: pl.DataFrame, firsts: pl.Series) -> list[float]:
    if pairs.is_empty():
        return []
    left, right = pairs["cleaned_images"].to_list(), pairs["images"].to_list()
    # one request for the first pictures of all products, as in section 3.5, so that each is encoded once
    first = set(firsts.drop_nulls())
    groups = (
        sorted(first),
        sorted({path for some in right for path in some} - first),
        sorted({path for some in left for path in some}),
    )
    paths = [path for group in groups for path in group]
    vectors = np.concatenate([embed_images(work, settings, group) for group in groups if group])
    place = {path: n for n, path in enumerate(paths)}
    how = settings.informativeness.images
    scores = [
        pair_similarity(vectors[[place[path] for path in ours]], vectors[[place[path] for path in theirs]], how)
        for ours, theirs in zip(left, right, strict=True)
    ]
    return _rounded(np.array(scores, dtype=np.float64))


def _text_similarities(work: Work, settings: Settings, left: pl.Series, right: pl.Series) -> list[float]:
    targets = right.fill_null("").to_list()
    if settings.informativeness.similarity == "cross-encoder":
        logits = score_texts(work, settings, list(zip(left, targets, strict=True)), logits=True)
        return _rounded(logits.astype(np.float64))
    ours, theirs = embed_texts(work, settings, left.to_list()), embed_texts(work, settings, targets)
    cosines = np.einsum("ij,ij->i", ours, theirs).astype(np.float64)
    return _rounded(np.where([bool(text.strip()) for text in targets], cosines, 0.0))


def _rounded(scores: Values) -> list[float]:
    values: list[float] = (np.round(scores, DECIMALS) + 0.0).tolist()
    return values
