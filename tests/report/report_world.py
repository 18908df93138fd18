"""A released snapshot with files of a baseline that are written directly, so that its misses are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.provenance import write_run_record
from ameli_build.scores.comparisons import compare
from ameli_build.scores.rows import human_row, table4_rows, table5_rows
from ameli_build.scores.tables import (
    FLOORS,
    HUMAN,
    OURS,
    RANDOM,
    TABLE4,
    TABLE5,
    TUNED_TEXT,
    Bootstrap,
    Outcome,
    Scores,
)
from tests.made import released_snapshot

SETTINGS = load_settings("demo")


def row(review: str, candidates: list[str], ranked: list[str], sure: float, against: str = "", run: int = 0) -> Any:
    """One prediction: the first of `ranked` scores `sure`, all others 0.1; `against` is contradicted."""
    combined = [sure if sku == ranked[0] else 0.1 for sku in candidates]
    return {
        "review_id": review,
        "run": run,
        "split": "test",
        "mention": "laptop",
        "candidates": candidates,
        "retrieval": combined,
        "text": combined,
        "image": None,
        "combined": combined,
        "contradicted": [sku == against for sku in candidates],
        "attributes": [{"name": "Screen Size", "value": "14in"}],
        "predicted": [{"method": OURS, "sku": ranked[0]}],
        "ranked": [{"method": OURS, "skus": ranked}],
    }


def write_predictions(snapshot: Snapshot, rows: list[Any]) -> None:
    """Rows as `baseline/predictions.parquet`."""
    (snapshot.root / "baseline").mkdir(exist_ok=True)
    pl.DataFrame(rows, schema=PREDICTIONS).write_parquet(snapshot.root / "baseline" / "predictions.parquet")


def made_scores() -> Scores:
    """Scores of two reviews: two rows that ran and many that did not."""
    hit, miss = np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])
    retrieval: dict[str, Any] = dict.fromkeys((*TABLE4, TUNED_TEXT, *FLOORS), NotRun("no <model> here"))
    retrieval[TABLE4[1]] = {f"recall@{k}": hit for k in (1, 10, 20, 50, 100)} | {"mrr": hit}
    linking: dict[str, Any] = dict.fromkeys(TABLE5, NotRun("no <model> here"))
    linking |= {OURS: {"recall@1": hit, "mrr": hit}, RANDOM: {"recall@1": miss, "mrr": miss}}
    outcome, bootstrap = Outcome(retrieval, linking, np.ones((1, 2)), np.array([0, 0])), Bootstrap(20, 1)
    rated = {"string match": {"reason": "not asked", "precision": None, "recall": None}}
    notes = {"entities": 4, "runs": 1, "candidates": {"k": 3}, "reviews": {"train": 2, "test": 2}}
    table5 = table5_rows(outcome, bootstrap) | {HUMAN: human_row("test", {})}
    tuned: dict[str, Any] = {"runs": [], "text_module": {"train_reviews": 2}}
    rows = compare("test", outcome, bootstrap)
    return Scores({"test": table4_rows(outcome, bootstrap)}, {"test": table5}, tuned, rows, notes, {"test": rated})


def reported_snapshot(root: Path) -> Snapshot:
    """Two test reviews of p4, r4 with hostile text, both linked to another product; r4 with more confidence."""
    snapshot = released_snapshot(root, SETTINGS)
    write_predictions(
        snapshot,
        [
            row("r4", ["p1", "p4"], ["p1", "p4"], 0.8),
            row("r5", ["p1", "p2", "p4"], ["p2", "p1", "p4"], 0.6, against="p4"),
        ],
    )
    write_json(snapshot.root / "baseline" / "scores.json", made_scores().as_json())
    write_run_record(snapshot, SETTINGS, "build")
    return snapshot
