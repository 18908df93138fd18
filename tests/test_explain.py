"""The life of one review, explained from the stages' own tables and rules."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from made import released_snapshot

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import write_table
from ameli_build.explain import explain


def test_a_review_in_a_split_is_explained(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path)
    values = snapshot.read("clean/values")
    write_table(snapshot.table_path("clean/values"), values.with_columns(n_decoded=pl.lit(1), n_found=pl.lit(1)))
    text = str(explain(snapshot, "r4", load_settings("demo", ["informativeness.n_attributes=0"])))
    assert "listed under p4 at line 1 of made-up: " in text
    assert "no_image                passed  1  (threshold: 1)" in text
    assert "n_attributes            passed  1 (Color: Gray)  (threshold: above 0)" in text
    assert "'laptop' at" in text
    assert text.endswith("ended: in test")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("pages-00001.warc.gz:609954", "byte 609954 of pages-00001.warc.gz"),
        ("raw/reviews.parquet:3", "row 3 of raw/reviews.parquet"),
        ("raw/reviews.jsonl:3", "line 3 of raw/reviews.jsonl"),
    ],
)
def test_a_review_has_its_place_in_the_source(tmp_path: Path, source: str, place: str) -> None:
    snapshot = released_snapshot(tmp_path)
    links = snapshot.read("catalog/reviews").with_columns(source=pl.lit(source))
    write_table(snapshot.table_path("catalog/reviews"), links)
    assert f"listed under p4 at {place}: " in str(explain(snapshot, "r4", load_settings("demo")))


def test_logits_are_compared_with_thresholds_of_either_sign(tmp_path: Path) -> None:
    overrides = ["informativeness.similarity=cross-encoder", "informativeness.title_similarity=-2.5"]
    text = str(explain(released_snapshot(tmp_path), "r4", load_settings("demo", overrides)))
    lines = [line for line in text.splitlines() if line.startswith("  3.4")]
    assert [line.split()[1] for line in lines if "(logit)" in line] == ["description_similarity", "title_similarity"]
    assert "(logit)  (threshold: above -2.5)" in lines[3]


def test_checks_after_a_drop_are_not_evaluated(tmp_path: Path) -> None:
    text = str(explain(released_snapshot(tmp_path), "r6", load_settings("demo")))
    assert "no_image                failed  0  (threshold: 1)" in text
    assert "object_not_found        not evaluated" in text
    assert "no_mention              not evaluated" in text
    assert text.endswith("ended: dropped by clean: no_image (no photo)")


def test_an_unknown_review_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no review 'r9'"):
        explain(released_snapshot(tmp_path), "r9", load_settings("demo"))
