"""`croissant.json` in its own reader: mlcroissant finds no problem, and reads the rows of the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made import released_snapshot

from ameli_build.core.settings import load_settings
from ameli_build.release.citation import BIBTEX

ml = pytest.importorskip("mlcroissant", reason="mlcroissant is in the extra dev")


@pytest.fixture
def released(tmp_path: Path) -> Callable[..., Path]:
    """The `dataset/` of a small release with some settings."""
    return lambda *given: released_snapshot(tmp_path, load_settings("demo", given)).dataset


def rows(dataset: Any, table: str) -> list[dict[str, Any]]:
    """The records of a table as mlcroissant reads them, fields by the names of columns, bytes as texts."""
    return [plain(record) for record in dataset.records(table)]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.rpartition("/")[2]: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("given", [(), ("release.homepage=https://example.org/a",), ("release.name=Mine & 'yours'",)])
def test_mlcroissant_finds_no_problem(released: Callable[..., Path], given: tuple[str, ...]) -> None:
    found = ml.Dataset(jsonld=released(*given) / "croissant.json").metadata
    assert not found.ctx.issues.errors
    assert ["datePublished" in warning for warning in found.ctx.issues.warnings] == [True]
    assert found.name == load_settings("demo", given).release.name


@pytest.mark.parametrize("day", ["2024-10-01", "1999-12-31", "2024-02-29"])
def test_mlcroissant_recommends_nothing_with_a_day_of_publication(released: Callable[..., Path], day: str) -> None:
    found = ml.Dataset(jsonld=released(f"release.published={day}") / "croissant.json").metadata
    assert not found.ctx.issues.errors
    assert not found.ctx.issues.warnings
    assert found.date_published.date().isoformat() == day
    assert found.cite_as == BIBTEX


def test_mlcroissant_reads_the_rows_of_every_table(released: Callable[..., Path]) -> None:
    folder = released()
    dataset = ml.Dataset(jsonld=folder / "croissant.json")
    names = {path.stem for path in folder.glob("*.parquet")}
    assert {record_set.name for record_set in dataset.metadata.record_sets} == names
    assert names >= {"products", "train", "dev", "test", "dropped"}
    for name in sorted(names):
        assert rows(dataset, name) == pl.read_parquet(folder / f"{name}.parquet").to_dicts()


def without_distribution(described: dict[str, Any]) -> None:
    del described["distribution"][0]


def with_unknown_file(described: dict[str, Any]) -> None:
    described["recordSet"][0]["field"][0]["source"]["fileObject"]["@id"] = "other.parquet"


def without_address(described: dict[str, Any]) -> None:
    del described["distribution"][0]["contentUrl"]


@pytest.mark.parametrize("spoil", [without_distribution, with_unknown_file, without_address])
def test_mlcroissant_refuses_a_wrong_file(
    released: Callable[..., Path], spoil: Callable[[dict[str, Any]], None]
) -> None:
    path = released() / "croissant.json"
    described = json.loads(path.read_text())
    spoil(described)
    path.write_text(json.dumps(described))
    with pytest.raises(ml.ValidationError):
        ml.Dataset(jsonld=path)
