"""Settings and records of two snapshots, and the message if one of them lacks a part."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ameli_build.core.not_run import NotRun
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import mark_of
from ameli_build.diff.run import diff
from ameli_build.diff.settings import compare_runs, compare_stages
from ameli_build.diff.show import value
from ameli_build.diff.tables import Changes
from tests.diff.diff_worlds import MAX_TOKENS, Worlds
from tests.made import made_snapshot, released_snapshot

pytestmark = pytest.mark.timeout(900)
"""The first test builds the snapshots."""


def files(snapshot: Snapshot) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in snapshot.root.rglob("*")}


@pytest.mark.slow
def test_a_snapshot_does_not_differ_from_itself(worlds: Worlds) -> None:
    before = files(worlds.month)
    with worlds.month.lock():  # as by a build
        found = diff(worlds.month, worlds.month)
    lines = str(found).splitlines()
    assert [line for line in lines if "no difference" not in line][:2] == lines[:2]
    assert len([line for line in lines[2:] if "no difference" not in line]) == 1, "only the line above the scores"
    assert {path: state for path, state in files(worlds.month).items() if path.name != ".lock"} == {
        path: state for path, state in before.items() if path.name != ".lock"
    }


def test_a_changed_threshold(worlds: Worlds) -> None:
    found = compare_runs(worlds.month, worlds.stricter)
    assert found.settings == {
        "clean.max_tokens": [500, MAX_TOKENS],
        "baseline.prior": ["before", "after"],
    }
    assert (found.models, found.versions) == ({}, {})
    stages = compare_stages(worlds.month, worlds.stricter)
    assert "catalog" not in stages
    assert stages["clean"] == "other settings"
    assert stages["mentions"].startswith("other inputs: clean/")
    lines = str(diff(worlds.month, worlds.stricter)).splitlines()
    assert ["clean.max_tokens", "500", str(MAX_TOKENS)] in [line.split() for line in lines]


def test_settings_of_a_baseline_that_only_one_side_has_do_not_differ(worlds: Worlds) -> None:
    found = compare_runs(worlds.month, worlds.next_month)
    assert (found.settings, found.models, found.versions) == ({}, {}, {})
    assert compare_stages(worlds.month, worlds.next_month)["baseline"] == "has not run in B"


def test_models_versions_and_code(worlds: Worlds, tmp_path: Path) -> None:
    shutil.copytree(worlds.month.root, tmp_path / "other", ignore=shutil.ignore_patterns("images"))
    other = Snapshot(tmp_path / "other")
    record = json.loads((other.root / "run.json").read_text())
    record["models"]["text_encoder"], record["libraries"]["numpy"] = "another 1.0", "\x1b[31m0.1"
    (other.root / "run.json").write_text(json.dumps(record))
    mark = json.loads(mark_of(other, "splits").read_text())
    mark_of(other, "splits").write_text(json.dumps(mark | {"fingerprint": "another"}))
    found = compare_runs(worlds.month, other)
    assert [name for part in (found.settings, found.models, found.versions) for name in part] == [
        "text_encoder",
        "numpy",
    ]
    assert compare_stages(worlds.month, other) == {"splits": "other code, models or libraries"}
    text = str(diff(worlds.month, other))
    assert "another 1.0" in text
    assert text.replace("\n", "").isprintable()


def test_products_of_the_next_month(worlds: Worlds) -> None:
    found = diff(worlds.month, worlds.next_month).products
    assert isinstance(found, Changes)
    assert [example["sku"] for example in found.vanished.examples] == [worlds.gone]
    assert [example["sku"] for example in found.appeared.examples] == [worlds.new]
    changed = {example["sku"]: example["columns"] for example in found.changed.examples}
    priced, specified, renamed = worlds.changed
    assert changed[priced].keys() == {"price"}
    assert changed[priced]["price"][1] == 1.5
    assert changed[specified].keys() == {"attributes"}
    assert changed[renamed]["name"][1] == changed[renamed]["name"][0] + " (2026)"
    assert found.columns == {"price": 1, "attributes": 1, "name": 1}


def test_reviews_and_links_of_the_next_month(worlds: Worlds) -> None:
    found = diff(worlds.month, worlds.next_month, None)
    assert isinstance(found.reviews, Changes)
    assert isinstance(found.links, Changes)
    links = [snapshot.read("catalog/reviews") for snapshot in (worlds.month, worlds.next_month)]
    ids, pairs = (
        [set(table.select(*names).rows()) for table in links] for names in (["review_id"], ["review_id", "sku"])
    )
    assert [(example["review_id"],) for example in found.reviews.vanished.examples] == sorted(ids[0] - ids[1])
    assert [example["review_id"] for example in found.reviews.appeared.examples] == ["new-review"]
    assert [example["review_id"] for example in found.reviews.changed.examples] == [worlds.edited]
    assert found.reviews.changed.examples[0]["columns"].keys() == {"text", "helpful"}
    assert [tuple(example.values()) for example in found.links.vanished.examples] == sorted(pairs[0] - pairs[1])
    assert {sku for _, sku in pairs[0] - pairs[1]} == {worlds.gone}
    assert [tuple(example.values()) for example in found.links.appeared.examples] == [("new-review", "new-sku")]


def test_foreign_texts_stay_on_their_line(worlds: Worlds) -> None:
    text = str(diff(worlds.month, worlds.next_month))
    assert "    new-sku  Brand-New \\x1b[31mLaptop forged: line" in text.splitlines()
    assert text.replace("\n", "").isprintable()
    assert "text: …" in text
    assert " -> 1.5" in text
    assert "Unheard of" in text


@pytest.mark.parametrize("escape", ["\n", "\x1b[2J", "\x9b31m", "\r", "\u202e", "\ud83d"])
def test_a_value_is_one_printable_line(escape: str) -> None:
    for given in (f"a{escape}b größe 尺寸 😀", {"name": f"a{escape}", "value": escape}, [f"{escape}{'long' * 50}"]):
        assert value(given).isprintable()
        assert len(value(given)) <= 60
    assert value(f"größe 尺寸{escape}").startswith("größe 尺寸\\")


def test_a_limit_cuts_examples_only(worlds: Worlds) -> None:
    few, some, every = (diff(worlds.month, worlds.next_month, most) for most in (0, 1, None))
    assert isinstance(few.products, Changes)
    assert (few.products.changed.count, few.products.changed.examples) == (3, [])
    assert "(--all)" not in str(few)
    assert "and 2 more (--all)" in str(some)
    assert "more (--all)" not in str(every)


@pytest.mark.parametrize(
    ("missing", "section"),
    [
        ("run.json", "runs"),
        ("catalog/products.parquet", "products"),
        ("catalog/reviews.parquet", "links"),
        ("dataset/dropped.parquet", "verdicts"),
        ("dataset/test.parquet", "verdicts"),
        ("baseline/scores.json", "scores"),
        ("baseline/predictions.parquet", "scores"),
        ("baseline/retrieved.parquet", "scores"),
    ],
)
@pytest.mark.parametrize("damaged", [False, True])
def test_a_part_that_is_missing_on_one_side_is_named(
    worlds: Worlds, tmp_path: Path, missing: str, section: str, damaged: bool
) -> None:
    shutil.copytree(worlds.month.root, tmp_path / "other", ignore=shutil.ignore_patterns("images"))
    path = tmp_path / "other" / missing
    path.unlink()
    if damaged:
        path.write_bytes(b"PAR1 damaged")
    for sides in ((worlds.month, Snapshot(tmp_path / "other")), (Snapshot(tmp_path / "other"), worlds.month)):
        found = diff(*sides)
        reason = getattr(found, section)
        assert isinstance(reason, NotRun)
        assert damaged or str(path) in reason.reason
        assert "not compared: " in str(found)
        assert "not_compared" in json.loads(found.as_json())[section]


def test_stages_that_have_not_run(tmp_path: Path) -> None:
    (tmp_path / "empty" / "raw").mkdir(parents=True)
    made, empty = released_snapshot(tmp_path / "made"), Snapshot(tmp_path / "empty")
    assert compare_stages(made, empty) == {"release": "has not run in B"}
    assert compare_stages(empty, made) == {"release": "has not run in A"}
    assert isinstance(diff(made, empty).verdicts, NotRun)
    assert isinstance(diff(made_snapshot(tmp_path / "unreleased"), made).verdicts, NotRun)
