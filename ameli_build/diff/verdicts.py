"""The fates of reviews in two releases: dropped and by which rule, or kept and in which split (sections 3.2 to 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ameli_build.core.reasons import DROPPED
from ameli_build.core.snapshot import Snapshot
from ameli_build.diff.tables import OF_B, Changes, Sample, compare_tables, ranges, scan
from ameli_build.release.tables import SPLITS

_A, _B, _OTHER = pl.col("kept"), pl.col(f"kept{OF_B}"), pl.col("fate") != pl.col(f"fate{OF_B}")
KINDS: Mapping[str, pl.Expr] = {
    "dropped_in_b": _A & ~_B,
    "released_in_b": ~_A & _B,
    "other_reason": ~_A & ~_B & _OTHER,
    "other_split": _A & _B & _OTHER,
    "only_in_a": _A & _B.is_null(),
    "only_in_b": _B & _A.is_null(),
}
"""Kinds of flips, with their conditions on the joined fates of a review; at most one holds."""
WHY = ("detail", "value", "threshold")


@dataclass(slots=True)
class Flips:
    """Reviews of one of `KINDS`. `fates` counts them by their split or reason in A and in B, "" where they are not.

    An example has the review's id, its fates `a` and `b`, and detail, value and threshold of the rule that dropped it;
    if both dropped it, those of B.
    """

    found: Sample
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """The reviews as JSON values."""
        fates = [{"a": a, "b": b, "count": count} for (a, b), count in self.fates.most_common()]
        return {**self.found.as_json(), "fates": fates}


@dataclass(slots=True)
class Verdicts:
    """Numbers of released reviews in A and B, the flips by kind, and changed rows of reviews that both released."""

    released: list[int]
    flips: dict[str, Flips]
    changed: Changes

    def as_json(self) -> dict[str, Any]:
        """The verdicts as JSON values."""
        flips = {name: flips.as_json() for name, flips in self.flips.items()}
        changed = {**self.changed.changed.as_json(), "columns": dict(self.changed.columns)}
        return {"released": self.released, "flips": flips, "changed": changed}


def compare_verdicts(a: Snapshot, b: Snapshot, most: int | None) -> Verdicts:
    """Compare the fates of all reviews, with at most `most` examples of each kind.

    Raises:
        UnusableInput: A snapshot has no release.
    """
    sides = [(_released(snapshot), _dropped(snapshot), _measures(snapshot)) for snapshot in (a, b)]
    changed = compare_tables(sides[0][0], sides[1][0], ["review_id"], most, ignored=["split"])
    flips = {kind: Flips(Sample(most)) for kind in KINDS}
    for where in ranges([table for released, dropped, _ in sides for table in (released, dropped)], "review_id"):
        of_a, of_b = (_fates(*side, where) for side in sides)
        both = of_a.join(of_b, on="review_id", how="full", coalesce=True, suffix=OF_B).sort("review_id")
        for kind, condition in KINDS.items():
            rows = both.filter(condition).select(
                "review_id",
                a=pl.col("fate").fill_null(""),
                b=pl.col(f"fate{OF_B}").fill_null(""),
                **{name: pl.when(~_B).then(f"{name}{OF_B}").otherwise(name) for name in WHY},
            )
            flips[kind].found.add(rows)
            flips[kind].fates.update(
                {(a, b): count for a, b, count in rows.group_by("a", "b", maintain_order=True).len().iter_rows()}
            )
    return Verdicts(changed.rows, flips, changed)


def _released(snapshot: Snapshot) -> pl.LazyFrame:
    """The rows of all splits, with `split`, and with `clean_test` for the reviews that annotators confirmed."""
    tables = {split: scan(snapshot.dataset / f"{split}.parquet", "ameli build") for split in SPLITS}
    path = snapshot.dataset / "clean_test.parquet"
    ids = pl.read_parquet(path, columns=["review_id"])["review_id"].to_list() if path.is_file() else []
    confirmed = pl.col("review_id").is_in(ids)
    return pl.concat([table.with_columns(split=pl.lit(split), clean_test=confirmed) for split, table in tables.items()])


def _dropped(snapshot: Snapshot) -> pl.LazyFrame:
    return scan(snapshot.dataset / "dropped.parquet", "ameli build")


def _measures(snapshot: Snapshot) -> pl.LazyFrame:
    """Value and threshold of each dropped review, which the release does not have."""
    paths = sorted((snapshot.root / "stages").glob("*/dropped.parquet"))
    tables = [DROPPED.to_frame().lazy(), *(pl.scan_parquet(path) for path in paths)]
    return pl.concat([table.select("review_id", "stage", "reason", "value", "threshold") for table in tables])


def _fates(released: pl.LazyFrame, dropped: pl.LazyFrame, measures: pl.LazyFrame, where: pl.Expr) -> pl.DataFrame:
    """The split or the reason of some reviews as `fate`, with `kept`, and `WHY` of dropped ones."""
    measured = dropped.filter(where).join(measures.filter(where), on=["review_id", "stage", "reason"], how="left")
    fates = [
        released.filter(where).select("review_id", fate="split", kept=pl.lit(True)),
        measured.select("review_id", *WHY, fate="reason", kept=pl.lit(False)),
    ]
    return pl.concat(fates, how="diagonal").collect(engine="streaming")
