"""Statements of the release about near-duplicates in different splits and personal data."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from made import made_snapshot

from ameli_build.core.errors import RunFailed
from ameli_build.core.execution import run_stage
from ameli_build.core.reasons import DROPPED
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json, write_table
from ameli_build.explain import explain
from ameli_build.near_duplicates.leaks import LEAKS
from ameli_build.release.stage import STAGE
from ameli_build.verify import verify

PAIRS = [
    ("image", "r4", "test", "r1", "train", None, 7, "raw/images/b.jpg", "raw/images/a.jpg"),
    ("text", "r3", "dev", "r1", "train", 0.91, None, None, None),
]


def released(root: Path, dropped: bool) -> Snapshot:
    """The made-up snapshot with two leaks; with `dropped`, the later review of each leak has been dropped."""
    snapshot = made_snapshot(root)
    write_table(snapshot.table_path("splits/leaks"), pl.DataFrame(PAIRS, schema=LEAKS, orient="row"))
    if dropped:
        splits = snapshot.read("splits/splits").filter(~pl.col("review_id").is_in(["r3", "r4"]))
        rows = [
            ("r3", "p3", "splits", "leak", "nearly", "0.91", "0.8"),
            ("r4", "p4", "splits", "leak", "so", "7", "32"),
        ]
        write_table(snapshot.table_path("splits/splits"), splits)
        write_table(snapshot.table_path("splits/dropped"), pl.DataFrame(rows, schema=DROPPED, orient="row"))
    counts = {"links_in": 6, "emails_masked": 2, "phones_masked": 1, "reviews_masked": 3}
    write_json(snapshot.root / "stages" / "clean" / "stage.json", {"counts": counts, "settings": {}})
    run_stage(STAGE, snapshot, load_settings("demo", ["splits.near_duplicates=drop"] if dropped else []))
    return snapshot


@pytest.mark.parametrize("dropped", [False, True])
def test_statistics_and_card(tmp_path: Path, dropped: bool) -> None:
    snapshot = released(tmp_path, dropped)
    stats = json.loads((snapshot.dataset / "stats.json").read_text())
    assert stats["near_duplicates"] == {
        "text_pairs": 1,
        "image_pairs": 1,
        "reviews": 3,
        "reviews_dropped": 2 if dropped else 0,
        "pairs_released": 0 if dropped else 2,
    }
    assert stats["personal_data"] == {"emails_masked": 2, "phones_masked": 1, "reviews_masked": 3}
    assert stats["links"] == {"links_in": 6}
    leaks = {"leak": 2} if dropped else {}
    assert stats["funnel"]["stages"]["splits"] == {"in": 5, "out": 3 if dropped else 5, "dropped": leaks}
    card = " ".join((snapshot.dataset / "README.md").read_text().split())
    assert "1 pairs of reviews by text (Jaccard similarity from 0.8) and 1 by photograph" in card
    assert ("The later ones left as `leak`: 2 reviews." in card) == dropped
    assert "2 e-mail addresses and 1 telephone numbers in 3 of the reviews" in card
    assert "rules hold" in verify(snapshot)


def test_a_dropped_review_is_in_dropped_and_its_pictures_are_not_released(tmp_path: Path) -> None:
    snapshot = released(tmp_path, dropped=True)
    rows = pl.read_parquet(snapshot.dataset / "dropped.parquet").filter(pl.col("reason") == "leak")
    assert rows.select("review_id", "stage").rows() == [("r3", "splits"), ("r4", "splits")]
    everyone = snapshot.read("clean/reviews").filter(pl.col("review_id").is_in(["r3", "r4"]))
    names = {Path(path).name for path in everyone["images"].explode()}
    assert names.isdisjoint(path.name for path in (snapshot.dataset / "images").iterdir())
    explanation = str(explain(snapshot, "r4", load_settings("demo")))
    assert "leak                    failed  7  (threshold: 32)" in explanation
    assert explanation.endswith("ended: dropped by splits: leak (so)")


def test_verify_reports_near_duplicates_that_should_have_been_dropped(tmp_path: Path) -> None:
    snapshot = released(tmp_path, dropped=False)
    record = {"settings": {"splits": {"near_duplicates": "drop"}}}
    write_json(snapshot.root / "stages" / "splits" / "stage.json", record)
    with pytest.raises(RunFailed, match="near-duplicates in different splits: 2, for example 'r4'"):
        verify(snapshot)


def test_no_file_names_an_author(tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path)
    links = snapshot.read("catalog/reviews").with_columns(author=pl.lit("Jane Roe of Springfield"))
    write_table(snapshot.table_path("catalog/reviews"), links)
    run_stage(STAGE, snapshot, load_settings("demo"))
    for path in snapshot.dataset.rglob("*.parquet"):
        table = pl.read_parquet(path)
        assert "author" not in table.columns
        assert "Springfield" not in table.write_json()
    texts = [path.read_text() for path in snapshot.dataset.rglob("*") if path.suffix in (".json", ".md")]
    assert not any("Springfield" in text for text in texts)
