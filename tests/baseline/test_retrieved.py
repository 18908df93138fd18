"""Every Recall@K of Table 4 can be computed from the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from baseline_world import write_dataset

from ameli_build.baseline.predictions.reading import RETRIEVED
from ameli_build.baseline.run import run_baseline
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.scores.tables import PRIOR, TUNED_BOTH

KEEP = 5
QUICK = (
    "baseline.runs=2",
    "baseline.ocr_images=1",
    "baseline.text_epochs=1",
    "baseline.adapter_epochs=2",
    "baseline.bootstrap=10",
    "baseline.attributes_per_candidate=1",
    "baseline.max_tokens=32",
    "baseline.text_reviews=4",
    "baseline.text_candidates=3",
    f"baseline.keep={KEEP}",
)


def first(row: dict[str, Any], k: int) -> list[str]:
    """The first k products, by the file's description."""
    if row["allowed"] is None:
        return row["skus"][:k]
    cut = list(zip(row["skus"], row["allowed"], strict=True))[: max(k, KEEP)]
    return ([sku for sku, good in cut if good] or [sku for sku, _ in cut])[:k]


@pytest.mark.parametrize("prior", ["before", "after"])
def test_recall_can_be_computed_from_the_file(tmp_path: Path, prior: str) -> None:
    root = write_dataset(tmp_path / "small", {"train": 8, "dev": 4, "test": 7})
    scores = run_baseline(Snapshot(root), load_settings("demo", (*QUICK, f"baseline.prior={prior}")))
    table = pl.read_parquet(root / "baseline" / "retrieved.parquet")
    assert table.schema == RETRIEVED
    gold = dict(pl.read_parquet(root / "dataset" / "test.parquet", columns=["review_id", "sku"]).iter_rows())
    test = table.filter(pl.col("split") == "test")
    scored = {name: row for name, row in scores.table4["test"].items() if row["recall@10"] is not None}
    assert set(test["row"]) == set(scored)
    assert len(scored) >= 11
    for name, row in scored.items():
        rows = list(test.filter(pl.col("row") == name).iter_rows(named=True))
        assert len(rows) == len(gold) * len({line["run"] for line in rows})
        for k in (1, 10):
            found = [gold[line["review_id"]] in first(line, k) for line in rows]
            assert round(100 * sum(found) / len(found), 2) == row[f"recall@{k}"], (name, k)
    assert set(test.filter(pl.col("row") == TUNED_BOTH)["run"]) == {0, 1}
    assert set(table["split"]) == {"dev", "test"}
    assert (table["scores"].is_null() == (table["row"] == PRIOR)).all()
    assert table["allowed"].is_null().all() == (prior == "before")
    with_scores = table.filter(pl.col("scores").is_not_null())
    assert (with_scores["scores"].list.len() == with_scores["skus"].list.len()).all()
    assert all(numbers == sorted(numbers, reverse=True) for numbers in with_scores["scores"].to_list())


def test_predictions_hold_every_channel_and_every_extractor(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "small", {"train": 8, "dev": 4, "test": 7})
    scores = run_baseline(Snapshot(root), load_settings("demo", (*QUICK, "baseline.runs=1")))
    table = pl.read_parquet(root / "baseline" / "predictions.parquet")
    weights = scores.tuned["weights"]["Fine-tuned CLIP+Pre-trained SBERT+P(e|m)"]
    assert table["retrieval_cross"].is_null().all()
    for row in table.iter_rows(named=True):
        channels = zip(row["retrieval_text"], row["retrieval_image"], strict=True)
        sums = [weights["text"] * text + weights["image"] * image for text, image in channels]
        assert row["retrieval"] == pytest.approx(sums, abs=2e-4)
        stated = {(found["name"], found["value"]) for found in row["extracted"]}
        assert stated >= {(attribute["name"], attribute["value"]) for attribute in row["attributes"]}
        assert {found["extractor"] for found in row["extracted"]} <= set(row["extractors"])
    assert table["attributes"].list.len().sum() > 0
