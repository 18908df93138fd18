"""The rows of the demo's scoreboard for `ameli link`, with a right and with a wrong truth."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from baseline_world import write_dataset

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.linked import link_rows


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return Snapshot(write_dataset(tmp_path_factory.mktemp("linked"), {"train": 1, "dev": 1, "test": 12}))


def write_truth(snapshot: Snapshot, mention: str | None = None, sku: str | None = None) -> None:
    reviews = pl.read_parquet(snapshot.dataset / "test.parquet").to_dicts()
    lines = [
        {"review_id": review["review_id"], "sku": sku or review["sku"], "mention": mention or review["mention"]}
        for review in reviews
    ]
    folder = Path(snapshot.root / "truth")
    folder.mkdir(exist_ok=True)
    (folder / "reviews.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_answers_are_compared_with_the_truth(snapshot: Snapshot) -> None:
    settings = load_settings("demo")
    write_truth(snapshot)
    mentions, first, among = link_rows(snapshot, settings)
    assert mentions.value == "1.000 (12 of 12)"
    assert among.value == "1.000 (12 of 12)"
    assert 0 < float(first.value.split()[0]) <= 1
    assert mentions.ok
    assert among.ok
    write_truth(snapshot, mention="sofa", sku="999")
    rows = link_rows(snapshot, settings)
    assert [row.value for row in rows] == ["0.000 (0 of 12)"] * 3
    assert not any(row.ok for row in rows)
