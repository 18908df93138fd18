"""The folder that `datasets.load_dataset` opens with pictures."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from made import made_snapshot, released_snapshot
from PIL import Image

from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_json, write_table
from ameli_build.core.standing import mark_of
from ameli_build.export.formats import export
from ameli_build.export.hub import pieces, write_hub
from ameli_build.export.results import results_of
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.release.tables import SCHEMAS
from ameli_build.scores.tables import Scores

LOADED = """
import json, sys, datasets
found = datasets.load_dataset(sys.argv[1])
base = datasets.load_dataset(sys.argv[1], "products", split="knowledge_base")
row = found["test"][0]
print(json.dumps({
    "splits": {name: rows.num_rows for name, rows in found.items()},
    "size": row["cleaned_images"][0].size, "id": row["review_id"],
    "features": str(found["test"].features["images"]),
    "products": base.num_rows, "product": base[0]["images"][0].mode, "attribute": base[0]["attributes"][0],
}))
"""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return released_snapshot(tmp_path_factory.mktemp("hub") / "snapshot")


@pytest.fixture(scope="module")
def folder(snapshot: Snapshot) -> Path:
    export(snapshot, load_settings("demo"), "hf", str(snapshot.root.parent / "out"))
    return snapshot.root.parent / "out"


def test_load_dataset_shows_pictures(snapshot: Snapshot, folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    command = [sys.executable, "-c", LOADED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    tables = {name: pl.read_parquet(snapshot.dataset / f"{name}.parquet") for name in ("train", "dev", "test")}
    assert found["splits"] == {name: table.height for name, table in tables.items()}
    first = tables["test"].row(0, named=True)
    assert found["id"] == first["review_id"]
    with Image.open(snapshot.dataset / first["cleaned_images"][0]) as picture:
        assert tuple(found["size"]) == picture.size
    assert "Image" in found["features"]
    assert found["products"] == pl.read_parquet(snapshot.dataset / "products.parquet").height
    assert set(found["attribute"]) == {"group", "name", "value"}


def test_bytes_are_equal_to_the_release(snapshot: Snapshot, folder: Path) -> None:
    table = pl.read_parquet(folder / "data" / "train-*.parquet")
    release = pl.read_parquet(snapshot.dataset / "train.parquet")
    assert table.columns == release.columns
    assert table.drop("images", "cleaned_images").equals(release.drop("images", "cleaned_images"))
    for inside, paths in zip(table["images"], release["images"], strict=True):
        assert [image["bytes"] for image in inside] == [(snapshot.dataset / path).read_bytes() for path in paths]
        Image.open(io.BytesIO(inside[0]["bytes"])).load()


def test_the_card_and_checksums_are_of_this_folder(folder: Path) -> None:
    card = (folder / "README.md").read_text()
    assert "path: data/test-*.parquet" in card
    assert "path: test.parquet" not in card
    assert "schema/" not in card
    assert "`ameli baseline` scores" in card
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} >= {"README.md", "dropped.parquet", "stats.json"}
    for line in lines:
        digest, name = line.split("  ")
        assert file_digest(folder / name) == digest


def test_the_script_of_the_card_runs_unchanged(folder: Path, tmp_path: Path) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["laptop p1 (40, 30)"]


def test_the_pictures_of_the_card_are_in_the_folder(snapshot: Snapshot, folder: Path) -> None:
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert len(shown) == 2
    assert [(folder / path).read_bytes() for path in shown] == [
        (snapshot.dataset / path).read_bytes() for path in shown
    ]
    assert sorted(path.name for path in (folder / "images").iterdir()) == sorted(Path(path).name for path in shown)


@pytest.mark.parametrize(
    "text",
    [
        f"![A photograph](images/{'0' * 64}.png) of a laptop",
        f"a laptop (images/{'0' * 64}.png)",
        "## Load it\nimport os\n## Results\nof a laptop",
    ],
)
def test_foreign_texts_do_not_change_the_structure_of_the_card(text: str, tmp_path: Path) -> None:
    snapshot = made_snapshot(tmp_path / "snapshot")
    for name, column in (("clean/reviews", "text"), ("clean/products", "description")):
        write_table(snapshot.table_path(name), snapshot.read(name).with_columns(pl.lit(text).alias(column)))
    settings = load_settings("demo", [f"release.license={text}"])
    run_stage(RELEASE, snapshot, settings)
    export(snapshot, settings, "hf", str(tmp_path / "out"))
    plain = released_snapshot(tmp_path / "plain").dataset
    headings = [
        re.findall(r"(?m)^##? (.*)", (folder / "README.md").read_text()) for folder in (tmp_path / "out", plain)
    ]
    assert headings[0] == headings[1]
    assert len(list((tmp_path / "out" / "images").iterdir())) == 2


def score(snapshot: Snapshot, finished: str) -> Path:
    """Write a baseline's scores and its record, as if it had ended at this time."""
    recall, linked = {"recall@1": 31.25, "recall@10": 62.5, "mrr": 40.0}, {"disambiguation_f1": 81.0}
    nothing: dict[str, None] = dict.fromkeys(recall)
    scores = Scores(
        table4={"test": {"P(e|m)": recall, "Pre-trained SBERT": nothing}},
        table5={"test": {"AMELINK (Ours)": linked | {"end_to_end_f1": None}}},
        tuned={},
        comparisons=[],
        notes={"reviews": {"test": 2}, "profile": "a_b", "runs": 3},
    )
    path = snapshot.root / "baseline" / "scores.json"
    write_json(path, scores.as_json())
    write_json(mark_of(snapshot, "baseline"), {"outputs": {"scores.json": file_digest(path)}, "finished": finished})
    return path


def test_results_of_this_release_are_in_the_card(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path / "snapshot")
    score(snapshot, "9999-01-01T00:00:00Z")
    export(snapshot, load_settings("demo"), "hf", str(tmp_path / "out"))
    card = (tmp_path / "out" / "README.md").read_text()
    assert "`ameli baseline` scores" not in card
    assert "On `test` (2 reviews), in percent, by `ameli baseline` of profile a\\_b; means over 3 runs" in card
    assert "| P(e\\|m) | 31.25 | 62.50 | 40.00 |" in card
    assert "| AMELINK (Ours) | 81.00 | n/a |" in card
    assert "Pre-trained SBERT" not in card
    assert card.index("## Results") < card.index("## Licence")


@pytest.mark.parametrize("how", ["changed", "earlier", "no scores", "no record"])
def test_results_of_another_release_are_not_in_the_card(how: str, tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path)
    path = score(snapshot, "2001-01-01T00:00:00Z" if how == "earlier" else "9999-01-01T00:00:00Z")
    assert bool(results_of(snapshot)) == (how != "earlier")
    if how == "changed":
        path.write_text(path.read_text().replace("31.25", "91.25"))
    elif how == "no scores":
        path.unlink()
    elif how == "no record":
        mark_of(snapshot, "baseline").unlink()
    assert results_of(snapshot) == ""


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pl.Boolean(), [True, False, None, True]),
        (pl.Int64(), [1, None, 3, 4]),
        (pl.Float64(), [0.5, None, 1.0, 2.0]),
        (pl.List(pl.String()), [["a"], [], ["b", "c"], ["d"]]),
    ],
)
def test_a_released_field_of_your_own_is_exported(
    kind: pl.DataType, values: list[object], snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, out = tmp_path / "dataset", tmp_path / "out"
    shutil.copytree(snapshot.dataset, dataset)
    monkeypatch.setitem(SCHEMAS, "products", pl.Schema({**SCHEMAS["products"], "mine": kind}))
    products = pl.read_parquet(dataset / "products.parquet").with_columns(mine=pl.Series(values, dtype=kind))
    products.write_parquet(dataset / "products.parquet")
    out.mkdir()
    write_hub(dataset, out)
    assert pl.read_parquet(out / "data" / "products-*.parquet")["mine"].to_list() == values
    schema = pq.read_schema(out / "data" / "products-00000-of-00001.parquet")
    assert "mine" in json.loads(schema.metadata[b"huggingface"])["info"]["features"]


def test_pieces_are_bounded_and_complete() -> None:
    assert list(pieces([3, 3, 3, 9, 1, 1], 6)) == [(0, 2), (2, 3), (3, 4), (4, 6)]
    assert list(pieces([], 6)) == []
    assert list(pieces([7], 6)) == [(0, 1)]
