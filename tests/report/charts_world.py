"""A snapshot with all that the report draws: many reviews, curves, calibrations, right and wrong predictions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.scores.tables import NO_ATTRIBUTE, V2TEL
from tests.report.report_world import SETTINGS, reported_snapshot, row, write_predictions

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>'
CURVES = {
    "image adapters": [
        {"seed": 13, "epoch": 2, "loss": [None, 3.0, 2.0, 1.5], "dev": [0.25, 0.3, 0.5, 0.4]},
        {"seed": 14, "epoch": 0, "loss": [None, 3.1, 2.5, 2.2], "dev": [0.3, 0.2, 0.1, 0.2]},
    ],
    "text module": [{"seed": 13, "epoch": 3, "loss": [None, 1.0, None, 0.5], "dev": [None] * 4}],
}
CALIBRATION: dict[str, Any] = {
    "labels": 1531,
    "positives": 397,
    "precision": 0.9384,
    "recall": 0.9975,
    "held_out": {
        "precision": {"value": 0.934, "low": 0.9062, "high": 0.9539, "rows": 424},
        "recall": {"value": 0.9975, "low": 0.9859, "high": 0.9996, "rows": 397},
    },
    "recall_at": {"linear SVM": {"0.75": 1.0, "0.95": 0.9899}, "thresholds, on the labels searched": {"0.75": 0.5}},
    "thresholds": {"image_similarity": SETTINGS.informativeness.image_similarity},
    "warnings": [],
}
THRESHOLDS = {
    "image+text, named": {"low": 0.25, "high": 0.75, "known": 92, "unknown": 91},
    "text, unnamed": {"low": None, "high": 1.0, "known": 90, "unknown": 80},
}


def others(prediction: Any, *firsts: str) -> Any:
    """A prediction whose simpler rows, V2TEL and the model without attributes, choose these products."""
    further = [{"method": name, "skus": [sku]} for name, sku in zip((NO_ATTRIBUTE, V2TEL), firsts, strict=True)]
    return {**prediction, "ranked": [*prediction["ranked"], *further]}


def crowd(snapshot: Snapshot, split: str, count: int, seed: int) -> None:
    """Replace the reviews of a split by many, with long and short texts, some photographs and some attributes."""
    path, draw = snapshot.dataset / f"{split}.parquet", random.Random(seed)
    first, *_ = pl.read_parquet(path).to_dicts()
    rows = [
        {
            **first,
            "review_id": f"{split}-{n}",
            "sku": draw.choice(["p1", "p2", "p3"]),
            "text": "word " * int(draw.lognormvariate(3.5, 0.8)) + "end",
            "images": first["images"] * draw.randint(1, 5),
            "attributes": first["attributes"] * draw.randint(0, 4),
            "candidates": ["p1"] * draw.randint(3, 60),
        }
        for n in range(count)
    ]
    schema = pl.read_parquet_schema(path)
    path.unlink()
    pl.DataFrame(rows, schema=schema).write_parquet(path)


def charted_snapshot(root: Path) -> Snapshot:
    """r4, with hostile text, is right where V2TEL is wrong; r5 is a miss in the first of two runs."""
    snapshot = reported_snapshot(root)
    crowd(snapshot, "train", 300, 1)
    crowd(snapshot, "dev", 40, 2)
    write_predictions(
        snapshot,
        [
            others(row("r4", ["p4", "p1"], ["p4", "p1"], 0.8), "p4", "p1"),
            others(row("r4", ["p4", "p1"], ["p4", "p1"], 0.8, run=1), "p4", "p1"),
            others(row("r5", ["p1", "p2", "p4"], ["p2", "p1", "p4"], 0.6), "p1", "p1"),
            others(row("r5", ["p1", "p2", "p4"], ["p4", "p1", "p2"], 0.6, run=1), "p1", "p1"),
        ],
    )
    write_json(snapshot.root / "baseline" / "curves.json", CURVES)
    (snapshot.root / "settings").mkdir(exist_ok=True)
    write_json(snapshot.root / "settings" / "calibration.json", CALIBRATION)
    (snapshot.root / "settings" / "informativeness.svg").write_bytes(DRAWING)
    (snapshot.root / "baseline" / "link").mkdir()
    write_json(snapshot.root / "baseline" / "link" / "index.json", {"thresholds": THRESHOLDS})
    return snapshot
