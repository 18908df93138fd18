"""Scores of many pairs of texts by the cross-encoder, cached by batch (`core.cache`).

The pairs of a batch depend only on all requested pairs. Values are float32, rounded to six decimals.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ameli_build.core.arrays import Floats
from ameli_build.core.cache import Kind, Work, length_key, rows_of
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings
from ameli_build.models.cross import load_cross_encoder
from ameli_build.models.sources import identity

DECIMALS = 6


def score_texts(work: Work, settings: Settings, pairs: Sequence[tuple[str, str]], *, logits: bool = False) -> Floats:
    """Scores of `settings.models.cross_encoder`, shape (pairs,): in 0..1, or logits with `logits` (section 4.3).

    Raises:
        UnusableInput: The model cannot be loaded.
    """
    if not pairs:
        return np.zeros(0, dtype=np.float32)
    models = settings.models
    device = models.device_of("cross_encoder")
    common = (models.cross_encoder, device, models.batch, models.precision, logits)
    inputs = fingerprint("cross", identity(models.cross_encoder), common[1:])
    kind = Kind("cross-encode", score_batch, common, inputs, models.batch, device=device, unit="pairs")
    keys = [length_key(*pair) for pair in pairs]
    rows = rows_of(work, kind, dict(zip(keys, pairs, strict=True)), keys, settings.run.shard_rows)
    scores: Floats = rows["score"].to_numpy(writable=True)
    return scores


def score_batch(
    name: str, device: str, batch: int, precision: str, logits: bool, pairs: Sequence[tuple[str, str]]
) -> pl.DataFrame:
    """The scores of a batch of pairs."""
    scorer = load_cross_encoder(name, device, batch, precision)
    scores = np.round(scorer.score(pairs, logits=logits), DECIMALS)
    return pl.DataFrame({"score": scores}, schema={"score": pl.Float32})
