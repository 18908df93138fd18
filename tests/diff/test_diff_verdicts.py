"""Reviews whose verdict differs between two releases."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.diff import tables
from ameli_build.diff.run import diff
from ameli_build.diff.verdicts import KINDS, Verdicts, compare_verdicts
from ameli_build.explain import explain
from tests.diff.diff_worlds import MAX_TOKENS, Worlds
from tests.made import released_snapshot

LOST, GAINED, OTHERWISE, MOVED, VANISHED, APPEARED = KINDS

pytestmark = pytest.mark.timeout(900)
"""The first test builds the snapshots."""


def fates(snapshot: Snapshot) -> dict[str, tuple[bool, str]]:
    """Whether each review is released, and its split or reason, from the files of the release."""
    found = {}
    for split in ("train", "dev", "test"):
        ids = pl.read_parquet(snapshot.dataset / f"{split}.parquet")["review_id"]
        found.update(dict.fromkeys(ids, (True, split)))
    dropped = pl.read_parquet(snapshot.dataset / "dropped.parquet")
    return found | {review: (False, reason) for review, reason in dropped.select("review_id", "reason").iter_rows()}


def expected(a: Snapshot, b: Snapshot) -> dict[str, dict[str, tuple[str, str]]]:
    """The fates in A and B of the reviews of each kind, counted in Python."""
    of_a, of_b = fates(a), fates(b)
    found: dict[str, dict[str, tuple[str, str]]] = {kind: {} for kind in KINDS}
    for review in sorted({**of_a, **of_b}):
        (released_a, fate_a), (released_b, fate_b) = of_a.get(review, (None, "")), of_b.get(review, (None, ""))
        kind = {
            (True, False): LOST,
            (False, True): GAINED,
            (False, False): OTHERWISE,
            (True, True): MOVED,
            (True, None): VANISHED,
            (None, True): APPEARED,
        }.get((released_a, released_b))
        if kind and fate_a != fate_b:
            found[kind][review] = fate_a, fate_b
    return found


def check(found: Verdicts, a: Snapshot, b: Snapshot) -> None:
    wanted = expected(a, b)
    for kind, flips in found.flips.items():
        assert {example["review_id"]: (example["a"], example["b"]) for example in flips.found.examples} == wanted[
            kind
        ], kind
        assert flips.found.count == len(wanted[kind]) == flips.fates.total()


def test_a_stricter_threshold_drops_with_value_and_threshold(worlds: Worlds) -> None:
    found = compare_verdicts(worlds.month, worlds.stricter, None)
    check(found, worlds.month, worlds.stricter)
    assert found.flips[LOST].found.count > 5
    assert not found.flips[GAINED].found.count
    settings = load_settings("demo")
    for example in found.flips[LOST].found.examples:
        assert (example["b"], example["threshold"]) == ("too_long", str(MAX_TOKENS))
        assert int(example["value"]) > MAX_TOKENS
        explanation = str(explain(worlds.stricter, example["review_id"], settings))
        assert f"failed  {example['value']}  (threshold: {example['threshold']})" in explanation
        assert example["detail"] in explanation
    back = compare_verdicts(worlds.stricter, worlds.month, None)
    check(back, worlds.stricter, worlds.month)
    assert [example["value"] for example in back.flips[GAINED].found.examples] == [
        example["value"] for example in found.flips[LOST].found.examples
    ]
    assert f"(threshold: {MAX_TOKENS})" in str(diff(worlds.stricter, worlds.month))


def test_verdicts_of_the_next_month_are_compared(worlds: Worlds) -> None:
    found = compare_verdicts(worlds.month, worlds.next_month, None)
    check(found, worlds.month, worlds.next_month)
    assert sum(flips.found.count for flips in found.flips.values()) > 0


@pytest.mark.parametrize("size", [1, 5, 40])
def test_ranges_of_any_size_find_the_same_verdicts(worlds: Worlds, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    whole = compare_verdicts(worlds.month, worlds.next_month, None).as_json()
    monkeypatch.setattr(tables, "RANGE", size * 20)
    assert compare_verdicts(worlds.month, worlds.next_month, None).as_json() == whole


def edited(snapshot: Snapshot, table: str, *columns: pl.Expr) -> None:
    path = snapshot.dataset / f"{table}.parquet"
    write_table(path, pl.read_parquet(path).with_columns(*columns))


def moved(snapshot: Snapshot, review: str, before: str, after: str) -> None:
    tables = {name: pl.read_parquet(snapshot.dataset / f"{name}.parquet") for name in (before, after)}
    row = tables[before].filter(pl.col("review_id") == review)
    write_table(snapshot.dataset / f"{before}.parquet", tables[before].filter(pl.col("review_id") != review))
    write_table(snapshot.dataset / f"{after}.parquet", pl.concat([tables[after], row]).sort("review_id"))


def test_reviews_released_in_both_with_another_product_mention_candidates_or_split(tmp_path: Path) -> None:
    a, b = (released_snapshot(tmp_path / name) for name in ("a", "b"))
    first = pl.col("review_id") == "r1"
    edited(b, "train", pl.when(first).then(pl.lit("p9")).otherwise("sku").alias("sku"))
    edited(b, "test", pl.lit("notebook").alias("mention"), pl.col("candidates").list.reverse())
    moved(b, "r3", "dev", "train")
    found = compare_verdicts(a, b, None)
    assert found.changed.columns == {"sku": 1, "mention": 2, "candidates": 2}
    assert [example["review_id"] for example in found.changed.changed.examples] == ["r1", "r4", "r5"]
    assert found.flips[MOVED].found.examples == [
        {"review_id": "r3", "a": "dev", "b": "train", "detail": None, "value": None, "threshold": None}
    ]
    lines = str(diff(a, b)).splitlines()
    assert "    r3  dev -> train" in lines
    assert "        sku: p1 -> p9" in lines
    assert "        candidates: another order" in lines


def test_reviews_dropped_in_both_for_another_reason(tmp_path: Path) -> None:
    a, b = (released_snapshot(tmp_path / name) for name in ("a", "b"))
    other = {"reason": "profanity", "detail": "a \x1b]0;word\x07"}
    edited(b, "dropped", *(pl.lit(value).alias(name) for name, value in other.items()))
    found = compare_verdicts(a, b, None).flips[OTHERWISE]
    assert found.fates == {("no_image", "profanity"): 1}
    text = str(diff(a, b))
    assert "    r6  no_image -> profanity: a \\x1b]0;word\\x07  0  (threshold: 1)" not in text
    assert "    r6  no_image -> profanity: a \\x1b]0;word\\x07" in text
    assert text.replace("\n", "").isprintable()
