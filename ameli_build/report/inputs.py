"""The inputs of the report; a missing part is None."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.annotation.disputes import report_path
from ameli_build.annotation.tasks import TASKS
from ameli_build.baseline.predictions.reading import read_predictions
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_records
from ameli_build.scores.tables import Scores, read_scores

Record = dict[str, Any]
LINKED = "test"
"""The split whose misses are shown."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Content of a snapshot's files; `scores`, `predictions` and `gold` are None or empty without a baseline."""

    snapshot: Snapshot
    run: Mapping[str, Any] | None
    """`run.json`."""
    stats: Mapping[str, Any] | None
    """`dataset/stats.json`."""
    scores: Scores | None
    curves: Mapping[str, Any] | None
    """`baseline/curves.json`."""
    predictions: pl.DataFrame | None
    """Predictions for the split `LINKED`."""
    gold: Mapping[str, str]
    """Gold product by review of the split `LINKED`."""
    clean: frozenset[str]
    """Reviews of Clean-Test."""
    annotation: Sequence[Mapping[str, Any]] = ()
    """Reports of the imports of answers, one for each task with answers."""

    @classmethod
    def read(cls, snapshot: Snapshot) -> Inputs:
        """Read the files of a snapshot; raises `UnusableInput` if a file exists but cannot be read."""
        scores = snapshot.root / "baseline" / "scores.json"
        predictions = read_predictions(snapshot, pl.col("split") == LINKED)
        return cls(
            snapshot,
            read_object(snapshot.root / "run.json"),
            read_object(snapshot.dataset / "stats.json"),
            read_scores(scores) if scores.is_file() else None,
            read_object(scores.with_name("curves.json")),
            predictions,
            _gold(snapshot.dataset / f"{LINKED}.parquet") if predictions is not None else {},
            frozenset(_gold(snapshot.dataset / "clean_test.parquet")),
            [report for task in TASKS if (report := read_object(report_path(snapshot, task)))],
        )

    @property
    def stages(self) -> Mapping[str, Mapping[str, Any]]:
        """Records of all stages that have run; `run.json` lacks a baseline that was run later."""
        return stage_records(self.snapshot)

    @property
    def of_one_build(self) -> bool:
        """Whether the predictions are for the current reviews of the data set."""
        return self.predictions is not None and set(self.predictions["review_id"]) == self.gold.keys()

    def reviews(self, review_ids: Collection[str]) -> Mapping[str, Record]:
        """Rows of the split `LINKED`, by review."""
        return _rows(self.snapshot.dataset / f"{LINKED}.parquet", "review_id", review_ids)

    def products(self, skus: Collection[str]) -> Mapping[str, Record]:
        """Rows of the knowledge base, by SKU."""
        return _rows(self.snapshot.dataset / "products.parquet", "sku", skus)

    def categories(self) -> Mapping[str, Sequence[str]]:
        """The path of every product's category, by SKU."""
        table = pl.scan_parquet(self.snapshot.dataset / "products.parquet")
        return dict(table.select("sku", "categories").collect().iter_rows())


def read_object(path: Path) -> Mapping[str, Any] | None:
    """A JSON object; None without the file. Raises `UnusableInput` if it is unreadable."""
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"{path}: unreadable ({error})") from None
    if not isinstance(value, dict):
        raise UnusableInput(f"{path}: unreadable (not an object)")
    return value


def _gold(path: Path) -> dict[str, str]:
    return dict(pl.read_parquet(path, columns=["review_id", "sku"]).iter_rows()) if path.is_file() else {}


def _rows(path: Path, key: str, wanted: Collection[str]) -> Mapping[str, Record]:
    rows = pl.scan_parquet(path).filter(pl.col(key).is_in(sorted(wanted))).collect()
    return {row[key]: row for row in rows.iter_rows(named=True)}
