"""The input of the text module: name, attributes and description of candidates, paired with reviews (section 4.4).

A candidate has slots: its name, up to N attributes (first those that the review states, then the sheet's order), and
its description. A slot is a pair (review, hypothesis) and a signal, since a frozen encoder cannot learn to compare. The
signal of an attribute is 1 if the review states this value, -1 if it states another value, else 0; the signal of name
and description is their cosine with the review. Without `baseline.text_signals`, all signals are 0.

The order of a pair is the paper's: mention and review before an attribute, a description before mention and review.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.core.arrays import Floats, Integers, Matrix
from ameli_build.core.cache import Kind, Work, length_key, vectors_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import BaselineSettings, Settings
from ameli_build.datasets.data import KnowledgeBase, Reviews
from ameli_build.models.pairs import TextPair, load_pair_encoder
from ameli_build.models.sources import identity


class Pair(NamedTuple):
    """A review's row and a statement on the mention: a hypothesis, or (`entity_first`) a product's description."""

    review: int
    text: str
    entity_first: bool = False


@dataclass(frozen=True, slots=True)
class PairTexts:
    """Pairs that are not encoded yet, because their encoder is trained too; with the settings of the encoder."""

    texts: tuple[TextPair, ...]
    name: str
    device: str
    batch: int
    max_tokens: int

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots of candidate lists: `pairs` are the distinct pairs in order, `slots` their numbers, -1 for none.

    `candidates` has shape (reviews, candidates) and is padded with -1; `slots` and `signals` have shape
    (reviews, candidates, slots); the first slot is the name and the last the description.
    """

    candidates: Integers
    pairs: tuple[Pair, ...]
    slots: Integers
    signals: Floats


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
    options: BaselineSettings,
) -> Layout:
    """The slots of `candidates`, shape (len(rows), candidates), for the reviews at `rows`."""
    count = options.attributes_per_candidate
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
                pair = Pair(int(review), text, place == count + 1)
                slots[n, c, place] = numbers.setdefault(pair, len(numbers))
            if not options.text_signals:
                continue
            signals[n, c, 0] = cosines.reviews[review] @ cosines.names[product]
            signals[n, c, 1 : len(chosen) + 1] = [signal for _, _, signal in chosen]
            signals[n, c, -1] = cosines.reviews[review] @ cosines.descriptions[product]
    return Layout(candidates, tuple(numbers), slots, np.round(signals, 4))


def choose_attributes(sheet: Sheet, found: Found, count: int) -> list[tuple[str, str, float]]:
    """Up to `count` attributes of a product as (key, value, signal); keys that the review states come first."""
    rated = [(key, value, found.signal(sheet, key)) for key, value in sheet.rows]
    rated.sort(key=lambda row: row[2] == 0)  # stable: the sheet's order within both halves
    return rated[:count]


def encode_pairs(work: Work, settings: Settings, reviews: Reviews, pairs: Sequence[Pair]) -> Matrix | PairTexts:
    """Representations of pairs by the frozen encoder, shape (pairs, dimension), rounded to four decimals.

    With `baseline.text_layers`, the texts of the pairs. The batches depend on the texts alone.
    """
    texts = [text_pair(f"{reviews.mentions[pair.review]}. {reviews.texts[pair.review]}", pair) for pair in pairs]
    models, limit = settings.models, settings.baseline.max_tokens
    name, device = models.nli_encoder or models.text_encoder, models.device_of(models.pair_role)
    if settings.baseline.text_layers:
        return PairTexts(tuple(texts), name, device, models.batch, limit)
    common = (name, device, models.batch, limit, models.precision)
    mine = fingerprint("pairs", identity(name), common[1:])
    keys = [length_key(*pair) for pair in texts]
    items = dict(zip(keys, texts, strict=True))
    kind = Kind("encode pairs", _encode, common, mine, models.batch, device=device, unit="pairs")
    return vectors_of(work, kind, items, keys, settings.run.shard_rows)


def text_pair(reviewed: str, pair: Pair) -> TextPair:
    """The two texts of a pair in the encoder's order; `reviewed` is `mention. review`."""
    return (pair.text, reviewed) if pair.entity_first else (reviewed, pair.text)


def _encode(
    name: str, device: str, batch: int, max_tokens: int, precision: str, pairs: Sequence[TextPair]
) -> pl.DataFrame:
    encoder = load_pair_encoder(name, device, batch, max_tokens, precision=precision)
    vectors = np.round(encoder.encode(pairs), 4)
    return pl.DataFrame({"vector": vectors}, schema={"vector": pl.Array(pl.Float32, vectors.shape[1])})
