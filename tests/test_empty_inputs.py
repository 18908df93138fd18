"""Every stage on empty inputs, and commands on a data set without products."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from ameli_build.catalog.ingest import ingest
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.pipeline import STAGES, build
from ameli_build.single.linker import link_review
from ameli_build.verify import verify

DEMO = load_settings("demo")


def rows(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """One product with a picture, and one review of it whose photograph is there."""
    (tmp_path / "in").mkdir()
    body = io.BytesIO()
    Image.effect_noise((96, 96), 80).convert("RGB").save(body, "JPEG")
    (tmp_path / "in" / "p.jpg").write_bytes(body.getvalue())
    product = {"sku": "1", "name": "Orlan - Desk Lamp - White", "categories": ["Lamps"], "images": ["p.jpg"]}
    review = {"review_id": "r1", "sku": "1", "text": "A white lamp that lights my desk.", "images": ["p.jpg"]}
    made = Snapshot(tmp_path / "snapshot")
    files = rows(tmp_path / "products", product), rows(tmp_path / "reviews", review)
    ingest(made, *files, tmp_path / "in", DEMO)
    return made


@pytest.mark.parametrize(
    "empty",
    [
        {"catalog/products"},
        {"catalog/reviews"},
        {"catalog/images"},
        {"catalog/products", "catalog/reviews"},
        {"catalog/products", "catalog/reviews", "catalog/images"},
    ],
    ids=lambda names: "+".join(sorted(names)),
)
def test_every_stage_runs_on_empty_tables(snapshot: Snapshot, empty: set[str]) -> None:
    for name in empty:
        write_table(snapshot.table_path(name), snapshot.read(name).clear())
    ran(snapshot, DEMO)
    dropped = pl.read_parquet(snapshot.dataset / "dropped.parquet")
    assert dropped.height == snapshot.read("catalog/reviews").height


@pytest.mark.parametrize("number", range(2, len(STAGES)), ids=lambda number: STAGES[number].name)
def test_each_stage_runs_when_all_of_its_inputs_are_empty(snapshot: Snapshot, number: int) -> None:
    ran(snapshot, DEMO, until=number)
    for name in STAGES[number].inputs:
        write_table(snapshot.table_path(name), snapshot.read(name).clear())
    ran(snapshot, DEMO, since=number)


def ran(snapshot: Snapshot, settings: Settings, since: int = 1, until: int = len(STAGES)) -> None:
    """Run the functions of stages on the tables of a snapshot."""
    for stage in STAGES[since:until]:
        tables = {name: snapshot.scan(name) for name in stage.inputs}
        result = stage.compute(tables, settings, Work.of(snapshot, settings))
        for name, table in result.tables.items():
            write_table(snapshot.table_path(name), table)


@pytest.mark.parametrize("state", ["no folder", "an empty folder", "ingested", "built to the catalogue", "a cut table"])
def test_linking_without_a_data_set_is_refused_at_once(
    snapshot: Snapshot, tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = snapshot if state in ("ingested", "built to the catalogue") else Snapshot(tmp_path / "other")
    if state == "an empty folder":
        given.root.mkdir()
    if state == "built to the catalogue":
        build(given, DEMO, until="clean")
    if state == "a cut table":
        given.dataset.mkdir(parents=True)
        (given.dataset / "products.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr("ameli_build.single.linker.Linker.open", lambda *_: pytest.fail("an index is made"))
    with pytest.raises(UnusableInput, match=r"products\.parquet: "):
        link_review(given, DEMO, "A lamp", [tmp_path / "in" / "p.jpg"])


def test_a_data_set_without_a_product_is_whole_and_links_nothing(snapshot: Snapshot, tmp_path: Path) -> None:
    files = snapshot.raw / "products.jsonl", snapshot.raw / "reviews.jsonl"
    hollow = Snapshot(tmp_path / "hollow")
    (tmp_path / "elsewhere").mkdir()
    ingest(hollow, *files, tmp_path / "elsewhere", DEMO)
    build(hollow, DEMO)
    assert pl.read_parquet(hollow.dataset / "products.parquet").is_empty()
    verify(hollow)
    for photos in ([], [tmp_path / "in" / "p.jpg"], [tmp_path / "none.jpg"]):
        with pytest.raises(UnusableInput, match=r"products\.parquet: no product to link to"):
            link_review(hollow, DEMO, "A lamp", photos)
    assert not (hollow.root / "baseline").exists()
