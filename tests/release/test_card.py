"""The card: its head for the hub, the script that loads the data set, its fields, its example and its citation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from made import made_snapshot, released_snapshot

from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import write_table
from ameli_build.release.citation import BIBTEX
from ameli_build.release.fields import card_fields
from ameli_build.release.hub_metadata import LICENSES, hub_license, size_category
from ameli_build.release.stage import STAGE
from ameli_build.release.tables import SCHEMAS

ROOT = Path(__file__).parents[2]
SCRIPT = re.compile(r"```python\n(.*?)```", re.DOTALL)


def card_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8")


def head_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(card_of(folder).split("---\n")[1])
    return found


@pytest.mark.parametrize("empty", ["", "train", "dev"])
def test_the_script_of_the_card_runs_unchanged(empty: str, tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path / "snapshot")
    splits = snapshot.read("splits/splits")
    moved = splits.with_columns(split=pl.col("split").replace(empty, "test"))
    write_table(snapshot.table_path("splits/splits"), moved)
    run_stage(STAGE, snapshot, load_settings("demo"))
    (script,) = SCRIPT.findall(card_of(snapshot.dataset))
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=snapshot.dataset, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first = next(table for name in ("train", "dev", "test") if (table := rows(snapshot.dataset, name)))[0]
    assert done.stdout.splitlines() == [f"{first['mention']} {first['sku']} (40, 30)"]


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return pl.read_parquet(folder / f"{name}.parquet").to_dicts()


def test_the_card_has_every_field_and_the_first_review(tmp_path: Path) -> None:
    folder = released_snapshot(tmp_path).dataset
    card = card_of(folder)
    lines = re.findall(r"(?m)^\| `(\w+)` \| `.*", card)
    assert lines == [*SCHEMAS["train"], *SCHEMAS["products"]]
    first = rows(folder, "train")[0]
    assert f"| `text` | `string` | the review's body | {first['text']} |" in card
    gold = next(row for row in rows(folder, "products") if row["sku"] == first["sku"])
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", card)
    assert pictures == [first["images"][0], gold["images"][0]]
    assert all((folder / path).is_file() for path in pictures)


@pytest.mark.parametrize("table", ["test", "products"])
def test_every_field_has_a_type_and_a_meaning(table: str) -> None:
    fields = card_fields(table, "cosine", {})
    assert [field.name for field in fields] == SCHEMAS[table].names()
    assert all(field.kind and field.meaning and not field.value for field in fields)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (["a", "b", "c"], "a, b … (3 in all)"),
        ("x" * 101, "x" * 100 + " …"),
        (None, ""),
        ([{"group": "", "name": "Color", "value": "Red"}], "Color: Red"),
        (0.0, "0.0"),
    ],
)
def test_a_long_value_is_cut(value: object, shown: str) -> None:
    assert {field.value for field in card_fields("test", "cosine", {"title": value})} == {"", shown}


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ("CC-BY-4.0", "cc-by-4.0"),
        ("CC BY 4.0", "cc-by-4.0"),
        ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "cc-by-nc-sa-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc0-1.0"),
        ("Apache-2.0", "apache-2.0"),
        ("AGPL-3.0-or-later", "agpl-3.0"),
        ("ODC-By-1.0", "odc-by"),
        ("PDDL-1.0", "pddl"),
        ("https://spdx.org/licenses/MIT", "mit"),
        ("Creative Commons https://creativecommons.org/licenses/by-sa/4.0", "cc-by-sa-4.0"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_licence_has_the_hub_s_name(given: str, known: str) -> None:
    assert hub_license(given) == {"license": known}
    assert known in LICENSES


@pytest.mark.parametrize(
    ("given", "name", "link"),
    [
        ("MIT-0", "mit-0", None),
        ("BSD-4-Clause", "bsd-4-clause", None),
        ("The shop's terms https://shop.test/terms", "the-shop-s-terms", "https://shop.test/terms"),
        ("https://shop.test/terms", "shop.test-terms", "https://shop.test/terms"),
        ("<b>x</b>: y\n---", "b-x-b-y", None),
        ("契約", "other", None),
    ],
)
def test_another_licence_keeps_its_name_and_link(given: str, name: str, link: str | None) -> None:
    found = hub_license(given)
    assert (found["license"], found["license_name"], found.get("license_link")) == ("other", name, link)


def test_the_head_has_the_fields_of_the_hub(tmp_path: Path) -> None:
    settings = load_settings("demo", ["release.license=Terms: of #1 https://shop.test/a?b=c&d"])
    head = head_of(released_snapshot(tmp_path, settings).dataset)
    assert head["license"] == "other"
    assert (head["license_name"], head["license_link"]) == ("terms-of-1", "https://shop.test/a?b=c&d")
    assert (head["size_categories"], head["source_datasets"]) == (["n<1K"], ["original"])
    assert head["task_ids"] == ["entity-linking-retrieval"]
    assert {"pretty_name", "language", "task_categories", "annotations_creators", "configs"} <= head.keys()


@pytest.mark.parametrize(
    ("rows", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (10**9, "1B<n<10B")],
)
def test_size_categories(rows: int, category: str) -> None:
    assert size_category(rows) == category


def test_the_citation_is_the_same_everywhere(tmp_path: Path) -> None:
    folder = released_snapshot(tmp_path).dataset
    assert BIBTEX in card_of(folder)
    assert json.loads((folder / "croissant.json").read_text())["citeAs"] == BIBTEX
    assert BIBTEX in (ROOT / "README.md").read_text(encoding="utf-8")
    (paper,) = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["references"]
    entry = " ".join(BIBTEX.replace("{AMELI}", "AMELI").split())
    authors = " and ".join(f"{author['family-names']}, {author['given-names']}" for author in paper["authors"])
    assert f"title = {{{paper['title']}}}, author = {{{authors}}}," in entry
    assert f"{paper['journal']} {paper['identifiers'][0]['value']}" in entry
    assert f"year = {{{paper['year']}}}" in entry


@pytest.mark.parametrize("day", ["2024-13-01", "yesterday", "2023-02-29"])
def test_a_day_that_does_not_exist_is_refused(day: str) -> None:
    with pytest.raises(UnusableInput, match=r"release\.published"):
        load_settings("demo", [f"release.published={day}"])
