"""Shares with their confidence intervals."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ameli_build.core.arrays import Values

SIDE = 0.975
"""One-sided confidence of each end of a 95 % interval."""


def wilson_lower_bound(share: npt.ArrayLike, rows: npt.ArrayLike, confidence: float) -> Values:
    """Wilson's one-sided lower bound of a share of `rows`; 0 without rows."""
    z = NormalDist().inv_cdf(confidence)
    share, rows = np.asarray(share, dtype=np.float64), np.maximum(rows, 1)
    spread = z * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    bound: Values = (share + z**2 / (2 * rows) - spread) / (1 + z**2 / rows)
    return bound


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `rows`, with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    rows: int

    @classmethod
    def of(cls, hits: float, rows: int) -> Share:
        """`hits` of `rows`, to 4 decimals; means of hits can be fractional. The interval is 0 to 1 without rows."""
        if not rows:
            return cls(0.0, 0.0, 1.0, 0)
        low = float(wilson_lower_bound(hits / rows, rows, SIDE))
        high = 1 - float(wilson_lower_bound(1 - hits / rows, rows, SIDE))
        return cls(round(hits / rows, 4), round(low, 4), round(high, 4), rows)

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"
