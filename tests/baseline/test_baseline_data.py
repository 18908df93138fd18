"""Reviews of a data set: the sample of a split for training."""

from collections.abc import Sequence

import numpy as np

from ameli_build.datasets.data import Reviews


def made(ids: Sequence[str]) -> Reviews:
    """Train reviews with these ids, and a test review."""
    count, none = len(ids) + 1, np.zeros(len(ids) + 1, dtype=np.int64)
    blank: tuple[tuple[str, ...], ...] = ((),) * count
    splits = (*("train" for _ in ids), "test")
    texts = ("",) * count
    return Reviews((*ids, "t"), splits, texts, texts, blank, blank, none, ((),) * count, none.astype(bool))


def test_a_sample_does_not_depend_on_the_order_of_the_reviews() -> None:
    ids = [f"r{n}" for n in range(20)]
    chosen = {ids[row] for row in made(ids).sample("train", 5, 13)}
    assert len(chosen) == 5
    backwards = ids[::-1]
    assert {backwards[row] for row in made(backwards).sample("train", 5, 13)} == chosen
    assert made(ids).sample("train", 0, 13).tolist() == list(range(20))
