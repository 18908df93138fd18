"""Agreement of annotators: Krippendorff's alpha for nominal values, and the share of agreeing pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal values; each unit has the values of its annotators, without missing values.

    1 is perfect agreement, 0 the agreement of chance. Alpha is None if it is undefined: no unit has two values, or all
    values are the same.

    >>> krippendorff_alpha([(1, 1), (0, 0), (1, 0)])
    0.4444444444444444
    """
    pairable = [values for values in units if len(values) > 1]
    totals: Counter[Hashable] = Counter()
    disagreed = 0.0
    for values in pairable:
        counts = Counter(values)
        totals.update(counts)
        size = len(values)
        disagreed += (size * size - sum(n * n for n in counts.values())) / (size - 1)
    count = totals.total()
    expected = count * count - sum(n * n for n in totals.values())
    if not expected:
        return None
    return 1 - (count - 1) * disagreed / expected


def pairwise_share(units: Iterable[Sequence[Hashable]]) -> float | None:
    """The share of pairs of values of a unit that are the same; None if no unit has two values.

    >>> pairwise_share([(1, 1), (0, 0), (1, 0), (1, 1, 0)])
    0.5
    """
    agreed = pairs = 0
    for values in units:
        agreed += sum(n * (n - 1) // 2 for n in Counter(values).values())
        pairs += len(values) * (len(values) - 1) // 2
    return agreed / pairs if pairs else None
