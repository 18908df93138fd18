"""The cross-encoder's channel: query and entity in one sequence, each pair scored once for all pools (section 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ameli_build.baseline.retrieval.pools import BLOCK, Pool
from ameli_build.core.arrays import Floats, Integers
from ameli_build.core.cache import Work, by_content, length_key
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.models.score import score_texts


@dataclass(frozen=True, slots=True)
class CrossScores:
    """Scores of the products of several pools: review n has products `rows[n]`, ascending, with `scores[n]`."""

    rows: Sequence[Integers]
    scores: Sequence[Floats]

    def onto(self, pool: Pool) -> Pool:
        """One of the pools with the channel `cross`; 0 for reviews without scores and for padding."""
        channel = np.zeros(pool.rows.shape, dtype=np.float32)
        for n, (rows, scores) in enumerate(zip(self.rows, self.scores, strict=True)):
            real = pool.rows[n] >= 0
            if len(rows):
                channel[n, real] = scores[np.searchsorted(rows, pool.rows[n, real])]
        return replace(pool, channels={**pool.channels, "cross": channel})


def cross_encode(work: Work, settings: Settings, data: Data, reviews: Integers, pools: Iterable[Pool]) -> CrossScores:
    """Score each pair of a review and a product in its pools once.

    At full size there are tens of millions of pairs, so they are scored in blocks of reviews. The content of the
    reviews decides the blocks. Raises `UnusableInput` if the model is not available.
    """
    rows: list[Integers] = [np.zeros(0, dtype=np.int64)] * len(data.reviews)
    for pool in pools:
        for n in reviews:
            rows[n] = np.union1d(rows[n], pool.rows[n][pool.rows[n] >= 0])
    scores = [np.zeros(len(products), dtype=np.float32) for products in rows]
    entities = data.kb.texts(settings.baseline.entity_text)
    sharing: dict[str, list[int]] = {}
    for n in reviews:
        sharing.setdefault(length_key(data.reviews.texts[n]), []).append(int(n))
    for _, keys in by_content(sorted(sharing), lambda part: len(part) > BLOCK):
        block = [n for key in keys for n in sharing[key]]
        pairs = [(data.reviews.texts[n], entities[row]) for n in block for row in rows[n]]
        found = iter(score_texts(work, settings, pairs))
        for n in block:
            scores[n] = np.fromiter(found, dtype=np.float32, count=len(rows[n]))
    return CrossScores(rows, scores)
