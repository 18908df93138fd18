"""The numbers of the paper have the same names as those of a snapshot."""

import json
from pathlib import Path

import pytest
from made import released_snapshot

from ameli_build.core.paper import paper
from ameli_build.scores.rows import linking_blank
from ameli_build.scores.tables import RECALLS, TABLE4, TABLE5


def test_tables_4_and_5_have_the_rows_and_columns_of_the_scores() -> None:
    assert tuple(paper().table4) == TABLE4
    assert tuple(paper().table5) == TABLE5
    assert {tuple(row) for row in paper().table4.values()} == {tuple(f"recall@{k}" for k in RECALLS)}
    assert {name for row in paper().table5.values() for name in row} <= linking_blank().keys()
    assert all(list(row.values()) == sorted(row.values()) for row in paper().table4.values())


def test_table_3_counts_and_percentages_agree() -> None:
    rows = paper().table3
    assert [row["products"] for row in rows] == sorted((row["products"] for row in rows), reverse=True)
    assert len(rows) == 10
    every = paper().table2["knowledge_base"]["products"]
    for row in rows:
        assert float(row["percent"]) == pytest.approx(100 * float(row["products"]) / every, abs=0.006)


def test_table_2_has_the_names_of_stats_json(tmp_path: Path) -> None:
    stats = json.loads((released_snapshot(tmp_path).dataset / "stats.json").read_text())["table2"]
    theirs = paper().table2
    assert {name: set(theirs[name]) for name in stats} == {name: set(stats[name]) for name in stats}
    assert set(theirs) == {*stats, "clean_test"}
    assert round(100 * theirs["clean_test"]["reviews"] / theirs["test"]["reviews"], 2) == paper().human
    assert sum(theirs[split]["reviews"] for split in ("train", "dev", "test")) == 19241  # section 3.5
    for split in ("train", "dev", "test", "clean_test"):
        row = theirs[split]
        assert row["images_per_review"] == round(row["review_images"] / row["reviews"], 2)
