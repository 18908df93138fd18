"""What the text module reads: each candidate's name, attributes and description, paired with the review (section 4.4).

A candidate has slots: its name, up to N more attributes (those that the review states first, then the sheet's order),
and its description. A slot is a distinct pair (review, hypothesis) and one number beside it, because a frozen encoder
cannot learn to compare: for an attribute 1 where the review states this value, -1 where it states another, 0 where it
says nothing; for name and description their cosine with the review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.baseline.data import KnowledgeBase, Reviews
from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.baseline.metrics import Integers
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models import Matrix, identity
from ameli_build.models.pairs import load_pair_encoder
from ameli_build.settings import Settings
from ameli_build.stages import Shard, Work

Pair = tuple[int, str]
"""A review's row and a hypothesis about the mention."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of candidate lists: `pairs` are the distinct ones in order, `slots` their numbers, -1 for none.

    `candidates` has shape (reviews, candidates) and is padded with -1; `slots` and `signals` have shape
    (reviews, candidates, slots); the first slot is the name and the last the description.
    """

    candidates: Integers
    pairs: tuple[Pair, ...]
    slots: Integers
    signals: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cosines:
    """Cosines of reviews (rows) with products' names and descriptions, by the text encoder."""

    reviews: Matrix
    names: Matrix
    descriptions: Matrix


def lay_out(
    rows: Integers,
    candidates: Integers,
    reviews: Reviews,
    kb: KnowledgeBase,
    sheets: Sequence[Sheet],
    found: Sequence[Found],
    cosines: Cosines,
    count: int,
) -> Layout:
    """The slots of `candidates`, shape (len(rows), candidates), for the reviews at `rows`; `count` is N."""
    numbers: dict[Pair, int] = {}
    slots = np.full((*candidates.shape, count + 2), -1, dtype=np.int64)
    signals = np.zeros(slots.shape, dtype=np.float32)
    for n, review in enumerate(rows):
        mention = reviews.mentions[review]
        for c, product in enumerate(candidates[n]):
            if product < 0:
                continue
            chosen = choose_attributes(sheets[product], found[review], count)
            texts = {0: f"Product Name of {mention} is {kb.names[product]}"}
            texts |= {place: f"{key} of {mention} is {value}" for place, (key, value, _) in enumerate(chosen, 1)}
            texts[count + 1] = kb.descriptions[product] or kb.names[product]
            for place, text in texts.items():
                slots[n, c, place] = numbers.setdefault((int(review), text), len(numbers))
            signals[n, c, 0] = cosines.reviews[review] @ cosines.names[product]
            signals[n, c, 1 : len(chosen) + 1] = [signal for _, _, signal in chosen]
            signals[n, c, -1] = cosines.reviews[review] @ cosines.descriptions[product]
    return Layout(candidates, tuple(numbers), slots, np.round(signals, 4))


def choose_attributes(sheet: Sheet, found: Found, count: int) -> list[tuple[str, str, float]]:
    """Up to `count` attributes of a product as (key, value, signal): those whose key the review states come first."""
    rated = [(key, value, found.signal(sheet, key)) for key, value in sheet.rows]
    rated.sort(key=lambda one: one[2] == 0)  # stable: the sheet's order within both halves
    return rated[:count]


def encode_pairs(work: Work, settings: Settings, reviews: Reviews, pairs: Sequence[Pair]) -> Matrix:
    """Representations of pairs by the frozen encoder, shape (pairs, dimension), rounded to four decimals.

    The first text is `mention. review`. Shards hold whole pairs in order of review id and hypothesis, so that what
    stands in a batch depends on the pairs alone.
    """
    order = sorted(range(len(pairs)), key=lambda n: (reviews.ids[pairs[n][0]], pairs[n][1]))
    texts = [(f"{reviews.mentions[r]}. {reviews.texts[r]}", text) for r, text in (pairs[n] for n in order)]
    models, size = settings.models, settings.run.shard_rows
    name = models.nli_encoder or models.text_encoder
    common = (name, models.device, models.batch, settings.baseline.max_tokens)
    code = module_fingerprint("ameli_build.models.pairs", __name__)
    parts = [texts[start : start + size] for start in range(0, len(texts), size)]
    shards = [Shard(fingerprint("pairs", part, identity(name), common[1:], code), (*common, part)) for part in parts]
    tables = work.map("encode pairs", _encode, shards)
    if not tables:
        return np.zeros((0, 0), dtype=np.float32)
    sorted_vectors = np.concatenate([table["vector"].to_numpy() for table in tables])
    vectors = np.empty_like(sorted_vectors)
    vectors[order] = sorted_vectors
    return vectors


def _encode(payload: tuple[str, str, int, int, list[tuple[str, str]]]) -> pl.DataFrame:
    name, device, batch, max_tokens, pairs = payload
    vectors = np.round(load_pair_encoder(name, device, batch, max_tokens).encode(pairs), 4)
    return pl.DataFrame({"vector": vectors}, schema={"vector": pl.Array(pl.Float32, vectors.shape[1])})
