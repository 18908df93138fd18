"""The stage on hand-made cases: accuracy, conservation, and reviews without a name."""

import csv
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build.core.cache import Shard, Work
from ameli_build.core.execution import run_stage
from ameli_build.core.records import joined_text
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.mentions.stage import STAGE

Case = tuple[str, str, str, str]

with (Path(__file__).parent / "cases.csv").open(encoding="utf-8", newline="") as lines:
    CASES: list[Case] = [
        (row["title"], row["category"], row["review"], row["mention"]) for row in csv.DictReader(lines)
    ]


def snapshot_of(root: Path, cases: list[Case]) -> Snapshot:
    """A snapshot after the stage `clean`, with one product and one review per case."""
    snapshot = Snapshot(root)
    skus = [f"{n:04}" for n in range(len(cases))]
    products = {"sku": skus, "name": [case[0] for case in cases], "categories": [["All", case[1]] for case in cases]}
    reviews = {
        "review_id": [f"r{sku}" for sku in skus],
        "sku": skus,
        "title": ["" if n % 2 else "Five stars" for n in range(len(cases))],
        "text": [case[2] for case in cases],
    }
    write_table(snapshot.table_path("clean/products"), pl.DataFrame(products))
    write_table(snapshot.table_path("clean/reviews"), pl.DataFrame(reviews))
    return snapshot


def test_accuracy_on_hand_made_cases(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, CASES)
    assert run_stage(STAGE, snapshot, load_settings("demo", ["run.shard_rows=20"]))
    mentions = {row["review_id"]: row for row in snapshot.read("mentions/mentions").iter_rows(named=True)}
    wrong = []
    for n, (title, _, text, expected) in enumerate(CASES):
        row = mentions.get(f"r{n:04}")
        said = row["mention"] if row else ""
        if said != expected:
            wrong.append((title, text, expected, said))
        if row:
            whole = joined_text("" if n % 2 else "Five stars", text)
            assert whole[row["mention_start"] : row["mention_end"]] == said
    assert len(wrong) <= 0.03 * len(CASES), wrong
    dropped = snapshot.read("mentions/dropped")
    assert set(dropped["reason"]) == {"no_mention"}
    assert dropped.height + len(mentions) == len(CASES)


def test_a_snapshot_without_reviews_has_no_mentions(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, CASES[:1])
    write_table(snapshot.table_path("clean/reviews"), snapshot.read("clean/reviews").clear())
    assert run_stage(STAGE, snapshot, load_settings("demo"))
    assert snapshot.read("mentions/mentions").is_empty()
    assert snapshot.read("mentions/dropped").is_empty()


def test_names_of_the_whole_catalogue_are_found_on_request(tmp_path: Path) -> None:
    cases = [
        ("Acme - Toaster", "Toasters", "A fine air fryer, though", ""),
        ("Acme - Air Fryer", "Air Fryers", "ok", ""),
    ]
    snapshot = snapshot_of(tmp_path, cases)
    run_stage(STAGE, snapshot, load_settings("demo", ["mentions.source=catalogue"]))
    assert snapshot.read("mentions/mentions")["mention"].to_list() == ["air fryer"]
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert snapshot.read("mentions/mentions").is_empty()


class Weighed(Work):
    """Work that records the largest number of bytes sent to a worker for a shard."""

    def map(
        self, label: str, function: Callable[[Any], pl.DataFrame], shards: Sequence[Shard], *more: Any, **options: Any
    ) -> list[pl.DataFrame]:
        WEIGHTS.update({label: max(len(pickle.dumps(shard.payload)) for shard in shards)} if shards else {})
        return Work.map(self, label, function, shards, *more, **options)


WEIGHTS: dict[str, int] = {}


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_shard_does_not_grow_with_the_catalogue(tmp_path: Path, rows: int) -> None:
    """A slice of a frame is pickled with the texts of the whole frame: 28 MB per shard at the paper's size."""
    cases = [(f"Acme{n:03} - Air Fryer", "Air Fryers", f"The air fryer is number {n:03}", "") for n in range(100)]
    weights = []
    for count in (5, 100):
        snapshot = snapshot_of(tmp_path / str(count), cases[:count])
        tables = {name: snapshot.scan(name) for name in STAGE.inputs}
        STAGE.compute(tables, load_settings("demo", [f"run.shard_rows={rows}"]), Weighed(snapshot))
        weights.append(WEIGHTS["find mentions"])
    assert weights[1] <= 1.05 * weights[0]
