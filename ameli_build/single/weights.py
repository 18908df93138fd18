"""The weighted sum of a review's channels: its similarity to each product (section 4.3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ameli_build.baseline.retrieval.pools import DECIMALS
from ameli_build.core.arrays import Floats


def weighted_sum(tuned: Mapping[str, float], channels: Mapping[str, Floats]) -> Floats:
    """The sum of the available channels, shape (products,).

    Args:
        tuned: Weights by channel. The available channels count equally if none of them has a weight.
        channels: Cosines with all products by channel, each of shape (products,).
    """
    known = {name: tuned.get(name, 0.0) for name in channels}
    weights = known if any(known.values()) else dict.fromkeys(channels, 1.0)
    total = sum(weights.values())
    parts = [np.float32(weights[name] / total) * scores for name, scores in channels.items()]
    return np.asarray(np.round(sum(parts, np.float32(0)), DECIMALS), dtype=np.float32)
