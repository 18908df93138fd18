"""Runs of a stage: skipped, resumed or repeated, and without a lost row."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from damages import DAMAGES

from ameli_build.core.cache import Shard, Work
from ameli_build.core.errors import RunFailed
from ameli_build.core.execution import run_stage
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.core.standing import stage_record
from ameli_build.core.workers import process_mapper


def double(payload: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"n": [2 * n for n in payload]})


def sharded(tables: Tables, settings: Settings, work: Work) -> Result:
    numbers = tables["catalog/reviews"].select(pl.col("review_id").cast(int)).collect()["review_id"].to_list()
    shards = [Shard(fingerprint(part), part) for part in (numbers[n : n + 2] for n in range(0, len(numbers), 2))]
    doubled = pl.concat(work.map("double", double, shards))
    small = doubled.filter(pl.col("n") < settings.clean.max_tokens).with_columns(review_id=(pl.col("n") // 2).cast(str))
    large = doubled.filter(pl.col("n") >= settings.clean.max_tokens).with_columns(
        review_id=(pl.col("n") // 2).cast(str)
    )
    return Result({"clean/reviews": small, "clean/dropped": large}, {"doubled": doubled.height})


STAGE = Stage(
    "clean",
    sharded,
    inputs=("catalog/reviews",),
    outputs=("clean/reviews", "clean/dropped"),
    sections=("clean",),
    conserved=(Conserved("catalog/reviews", "clean/reviews", "clean/dropped"),),
)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    made = Snapshot(tmp_path / "snapshot")
    fill(made, 7)
    return made


def fill(snapshot: Snapshot, rows: int) -> None:
    write_table(snapshot.table_path("catalog/reviews"), pl.DataFrame({"review_id": [str(n) for n in range(rows)]}))


def settings(limit: int = 8) -> Settings:
    return load_settings("demo", [f"clean.max_tokens={limit}"])


def bytes_below(snapshot: Snapshot) -> dict[str, bytes]:
    folder = snapshot.root / "stages"
    return {p.name: p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_an_unchanged_stage_runs_once(snapshot: Snapshot) -> None:
    assert run_stage(STAGE, snapshot, settings())
    assert not run_stage(STAGE, snapshot, settings())
    record = stage_record(snapshot, "clean")
    assert record["rows"] == {"clean/reviews": 4, "clean/dropped": 3}
    assert record["counts"] == {"doubled": 7}


def test_a_stage_runs_again_after_a_change_of_settings_or_inputs(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    assert run_stage(STAGE, snapshot, settings(4))
    assert snapshot.read("clean/reviews").height == 2
    fill(snapshot, 9)
    assert run_stage(STAGE, snapshot, settings(4))
    assert snapshot.read("clean/dropped").height == 7


def test_a_setting_of_another_section_changes_nothing(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    assert not run_stage(STAGE, snapshot, load_settings("demo", ["clean.max_tokens=8", "splits.policy=review"]))


def test_a_damaged_output_is_made_again(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    before = bytes_below(snapshot)
    snapshot.table_path("clean/dropped").write_bytes(b"damage")
    assert run_stage(STAGE, snapshot, settings())
    assert bytes_below(snapshot) == before


def test_a_killed_stage_reuses_its_finished_shards(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    before = bytes_below(snapshot)
    entries = sorted((snapshot.root / "cache" / "double").iterdir())
    assert len(entries) == 4
    entries[0].unlink()
    (snapshot.root / "stages" / "clean" / "stage.json").unlink()
    stamps = {path: path.stat().st_mtime_ns for path in entries[1:]}
    assert run_stage(STAGE, snapshot, settings())
    assert bytes_below(snapshot) == before
    assert {path: path.stat().st_mtime_ns for path in entries[1:]} == stamps


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_entry_of_the_cache_is_made_again(snapshot: Snapshot, damage: str, workers: int) -> None:
    run_stage(STAGE, snapshot, settings())
    before, entries = bytes_below(snapshot), sorted((snapshot.root / "cache" / "double").iterdir())
    whole = [path.read_bytes() for path in entries]
    for path in entries[::2]:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    (snapshot.root / "stages" / "clean" / "stage.json").unlink()
    with process_mapper(workers) as mapper:
        assert run_stage(STAGE, snapshot, settings(), mapper)
    assert bytes_below(snapshot) == before
    assert [path.read_bytes() for path in entries] == whole


@pytest.mark.parametrize("text", ["", '{"fingerprint": "a', "[]", "null", "{}", '"text"', "[" * 100_000])
def test_a_damaged_record_is_ignored(snapshot: Snapshot, text: str) -> None:
    run_stage(STAGE, snapshot, settings())
    before, mark = bytes_below(snapshot), snapshot.root / "stages" / "clean" / "stage.json"
    mark.write_text(text)
    assert run_stage(STAGE, snapshot, settings())
    assert bytes_below(snapshot) == before
    assert stage_record(snapshot, "clean")["rows"] == {"clean/reviews": 4, "clean/dropped": 3}


def test_the_number_of_workers_changes_no_byte(snapshot: Snapshot, tmp_path: Path) -> None:
    other = Snapshot(tmp_path / "other")
    fill(other, 7)
    run_stage(STAGE, snapshot, settings())
    with process_mapper(2) as mapper:
        run_stage(STAGE, other, settings(), mapper)
    assert bytes_below(other) == bytes_below(snapshot)


def test_a_lost_row_fails_the_stage(snapshot: Snapshot) -> None:
    def losing(tables: Tables, settings: Settings, work: Work) -> Result:
        result = sharded(tables, settings, work)
        return Result({**result.tables, "clean/dropped": pl.DataFrame({"review_id": ["5"]})})

    with pytest.raises(RunFailed, match="2 lost"):
        run_stage(replace(STAGE, compute=losing), snapshot, settings())
    assert stage_record(snapshot, "clean") == {}


def test_the_record_names_inputs_and_outputs(snapshot: Snapshot) -> None:
    run_stage(STAGE, snapshot, settings())
    record = json.loads((snapshot.root / "stages" / "clean" / "stage.json").read_text())
    assert set(record["inputs"]) == {"catalog/reviews"}
    assert set(record["outputs"]) == {"clean/reviews", "clean/dropped"}
