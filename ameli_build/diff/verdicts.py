"""The fates of reviews in two releases: dropped and by which rule, or kept and in which split (sections 3.2 to 3.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ameli_build.core.reasons import DROPPED
from ameli_build.core.snapshot import Snapshot
from ameli_build.diff.tables import OF_B, Changes, Found, compare_tables, ranges, scan
from ameli_build.release.tables import SPLITS

_A, _B, _OTHER = pl.col("kept"), pl.col(f"kept{OF_B}"), pl.col("fate") != pl.col(f"fate{OF_B}")
KINDS: Mapping[str, pl.Expr] = {
    "released in A, dropped in B": _A & ~_B,
    "dropped in A, released in B": ~_A & _B,
    "dropped in both, for another reason": ~_A & ~_B & _OTHER,
    "released in both, in another split": _A & _B & _OTHER,
    "released in A, not in the catalogue of B": _A & _B.is_null(),
    "released in B, not in the catalogue of A": _B & _A.is_null(),
}
"""Conditions on joined fates, each of which holds for other reviews."""
WHY = ("detail", "value", "threshold")


@dataclass(slots=True)
class Flips:
    """Reviews of one of `KINDS`. `fates` counts them by their split or reason in A and in B, "" where they are not.

    An example has the review's id, its fates `a` and `b`, and detail, value and threshold of the rule that dropped it;
    if both dropped it, those of B.
    """

    found: Found
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
        return {"released": self.released, "flips": flips, "released in both, changed": changed}


def compare_verdicts(a: Snapshot, b: Snapshot, most: int | None) -> Verdicts:
    """Compare the fates of all reviews, with at most `most` examples of each kind.

    Raises:
        UnusableInput: A snapshot has no release.
    """
    changed = compare_tables(_released(a), _released(b), ["review_id"], most, ignored=["split"])
    flips = {kind: Flips(Found(most)) for kind in KINDS}
    for where in ranges([_released(a), _dropped(a), _released(b), _dropped(b)], "review_id"):
        both = _fates(a, where).join(_fates(b, where), on="review_id", how="full", coalesce=True, suffix=OF_B)
        for kind, condition in KINDS.items():
            rows = both.filter(condition).sort("review_id").select(
                "review_id",
                a=pl.col("fate").fill_null(""),
                b=pl.col(f"fate{OF_B}").fill_null(""),
                **{name: pl.coalesce(f"{name}{OF_B}", name) for name in WHY},
            )  # fmt: skip
            flips[kind].found.add(rows)
            flips[kind].fates.update({(a, b): count for a, b, count in rows.group_by("a", "b").len().iter_rows()})
    return Verdicts(changed.rows, flips, changed)


def _released(snapshot: Snapshot) -> pl.LazyFrame:
    """The rows of all splits, with `split`, and with `clean_test` for the reviews that annotators confirmed."""
    tables = {split: scan(snapshot.dataset / f"{split}.parquet", "ameli build") for split in SPLITS}
    path = snapshot.dataset / "clean_test.parquet"
    clean = (
        pl.read_parquet(path, columns=["review_id"])["review_id"] if path.is_file() else pl.Series([], dtype=pl.String)
    )
    confirmed = pl.col("review_id").is_in(clean.implode())
    return pl.concat([table.with_columns(split=pl.lit(split), clean_test=confirmed) for split, table in tables.items()])


def _dropped(snapshot: Snapshot) -> pl.LazyFrame:
    return scan(snapshot.dataset / "dropped.parquet", "ameli build")


def _fates(snapshot: Snapshot, where: pl.Expr) -> pl.DataFrame:
    """The split or the reason of some reviews as `fate`, with `kept`; value and threshold are in the stages' tables."""
    measures = [
        pl.scan_parquet(path).filter(where).select("review_id", "stage", "reason", "value", "threshold")
        for path in sorted((snapshot.root / "stages").glob("*/dropped.parquet"))
    ]
    none = DROPPED.to_frame().lazy().select("review_id", "stage", "reason", "value", "threshold")
    dropped = (
        _dropped(snapshot)
        .filter(where)
        .join(pl.concat([none, *measures]), on=["review_id", "stage", "reason"], how="left")
    )
    fates = [
        _released(snapshot).filter(where).select("review_id", fate="split", kept=pl.lit(True)),
        dropped.select("review_id", *WHY, fate="reason", kept=pl.lit(False)),
    ]
    return pl.concat(fates, how="diagonal").collect(engine="streaming")
