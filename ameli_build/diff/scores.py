"""The scores of two baselines side by side, with paired differences on the reviews that both have (section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from ameli_build.core.arrays import Values
from ameli_build.core.settings.baseline import BaselineSettings
from ameli_build.core.settings.run import RunSettings
from ameli_build.core.snapshot import Snapshot
from ameli_build.diff.judged import ATTRIBUTES, LINKING, RETRIEVAL, Key, judge
from ameli_build.diff.tables import scan
from ameli_build.scores.metrics import difference
from ameli_build.scores.tables import Row, Scores, in_order, read_scores

METRICS = {
    RETRIEVAL: ("recall@10", "mrr"),
    LINKING: ("disambiguation_f1", "end_to_end_f1"),
    ATTRIBUTES: ("precision", "recall"),
}
"""The compared scores. Recall of attributes has no difference, because the predictions lack its denominator."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score of A and of B in percent, each on its own reviews; None without one.

    `shared` are both scores on the reviews that both have, `difference` is B - A on these, with its bootstrap 95 %
    `interval`. They are None without such reviews, and for scores that are not means over reviews.
    """

    table: str
    metric: str
    row: str
    a: float | None
    b: float | None
    shared: tuple[float, float] | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def alike(self) -> bool:
        """Both sides have the same score, and no resample of reviews gives a difference."""
        return self.a == self.b and not any(self.interval or ())


@dataclass(frozen=True, slots=True)
class SplitScores:
    """The scores of a split, and its numbers of reviews: in A, in B and in both."""

    split: str
    reviews: tuple[int, int, int]
    scores: tuple[Score, ...]

    def as_json(self) -> dict[str, Any]:
        """The scores as JSON values."""
        return asdict(self)


def compare_scores(a: Snapshot, b: Snapshot) -> list[SplitScores]:
    """Compare the scores of test and of Clean-Test.

    The scores of A and B are those of `scores.json`; differences are computed from the predictions.

    Raises:
        UnusableInput: A snapshot has no baseline, or its files are damaged or of another build.
    """
    scores = [read_scores(snapshot.root / "baseline" / "scores.json") for snapshot in (a, b)]
    return [_compare(split, (a, b), scores) for split in in_order(scores[0].table5 | scores[1].table5)]


def _compare(split: str, snapshots: Sequence[Snapshot], scores: Sequence[Scores]) -> SplitScores:
    gold = [_gold(snapshot, split) for snapshot in snapshots]
    shared = [mine.join(other, on="review_id", how="semi", maintain_order="left") for mine, other in (gold, gold[::-1])]
    judged = [
        judge(snapshot, reviews, int(found.notes.get("candidates", {}).get("k", BaselineSettings().keep)))
        for snapshot, reviews, found in zip(snapshots, shared, scores, strict=True)
    ]
    reported = [_reported(found, split) for found in scores]
    rows = tuple(_score(key, [side.get(key) for side in reported], judged) for key in _keys(reported))
    return SplitScores(split, (gold[0].height, gold[1].height, shared[0].height), rows)


def _gold(snapshot: Snapshot, split: str) -> pl.DataFrame:
    """The reviews of a split, sorted by `review_id`, with their products `gold`; none without a Clean-Test."""
    path = snapshot.dataset / f"{split}.parquet"
    if split == "clean_test" and not path.is_file():
        return pl.DataFrame(schema={"review_id": pl.String, "gold": pl.String})
    return scan(path, "ameli build").select("review_id", gold="sku").sort("review_id").collect()


def _reported(scores: Scores, split: str) -> dict[Key, float]:
    """The scores in `scores.json`."""
    tables: dict[str, Mapping[str, Row]] = {
        RETRIEVAL: scores.table4.get(split, {}),
        LINKING: scores.table5.get(split, {}),
        ATTRIBUTES: scores.attributes.get(split, {}),
    }
    return {
        (table, metric, name): row[metric]
        for table, rows in tables.items()
        for metric in METRICS[table]
        for name, row in rows.items()
        if row.get(metric) is not None
    }


def _keys(reported: Sequence[Mapping[Key, float]]) -> Iterator[Key]:
    """The scores that at least one side has, in the order of the tables."""
    both = {key for side in reported for key in side}
    for table, metrics in METRICS.items():
        names = in_order({name: None for of_table, _, name in sorted(both) if of_table == table})
        yield from ((table, metric, name) for metric in metrics for name in names if (table, metric, name) in both)


def _score(key: Key, reported: Sequence[float | None], judged: Sequence[Mapping[Key, Values]]) -> Score:
    a, b = reported
    of_a, of_b = (side.get(key) for side in judged)
    if of_a is None or of_b is None:
        return Score(*key, a, b)
    found = difference(of_b, of_a, BaselineSettings().bootstrap, RunSettings().seed)
    if found is None:
        return Score(*key, a, b)
    row, shared = found.as_json(), (round(100 * float(values.mean()), 2) for values in (of_a, of_b))
    return Score(*key, a, b, (next(shared), next(shared)), row["value"], tuple(row["interval"]))
