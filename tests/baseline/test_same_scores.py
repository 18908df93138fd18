"""The same data set in three layouts gives the same scores."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from baseline_world import write_dataset

from ameli_build.baseline.run import run_baseline
from ameli_build.baseline.sources import open_source
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.export.formats import export
from ameli_build.scores.tables import HUMAN

QUICK = (
    "baseline.runs=1",
    "baseline.ocr_images=4",
    "baseline.images=maximum",
    "baseline.text_epochs=3",
    "baseline.adapter_epochs=3",
    "baseline.bootstrap=50",
    "baseline.attributes_per_candidate=2",
    "baseline.max_tokens=48",
    "baseline.text_reviews=12",
    "baseline.text_candidates=4",
)
REPORT = {
    "task": "clean-test",
    "accuracy": 0.75,
    "reviews": 8,
    "simulated": False,
    "annotators": {"Kim": {"accuracy": 0.75}},
    "comments": [{"annotator": "Kim", "comment": "blurred"}],
}


def settings() -> Settings:
    return load_settings("demo", QUICK)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders with the results: from a snapshot, its release alone, and its export."""
    base = tmp_path_factory.mktemp("shapes")
    root = write_dataset(base / "snapshot", {"train": 16, "dev": 5, "test": 8}, clean=5)
    (root / "sheets").mkdir()
    (root / "sheets" / "report.json").write_text(json.dumps(REPORT))
    release = shutil.copytree(root / "dataset", base / "release")
    shutil.copy(root / "sheets" / "report.json", release)
    export(Snapshot(root), settings(), "official", str(base / "official"))
    homes = {"snapshot": root, "release": release, "official": base / "results"}
    plans = {root: None, release: None, base / "official": homes["official"]}
    for path, out in plans.items():
        source = open_source(path, out)
        run_baseline(source, settings())
    return homes


def scores(home: Path) -> Any:
    return json.loads((home / "baseline" / "scores.json").read_text())


@pytest.mark.slow
def test_scores_are_equal(homes: dict[str, Path]) -> None:
    first = scores(homes["snapshot"])
    assert first["table5"]["clean_test"]["AMELINK (Ours)"]["end_to_end_n"] == 5
    assert first["table5"]["test"][HUMAN]["disambiguation_f1"] == 75.0
    assert scores(homes["release"]) == first
    assert scores(homes["official"]) == first


def test_predictions_are_equal(homes: dict[str, Path]) -> None:
    tables = [pl.read_parquet(home / "baseline" / "predictions.parquet") for home in homes.values()]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_the_exported_report_names_no_annotator(homes: dict[str, Path]) -> None:
    text = (homes["official"].parent / "official" / "report.json").read_text()
    assert json.loads(text).keys() == REPORT.keys() - {"annotators", "comments"}
    assert "Kim" not in text


def test_a_second_run_does_nothing(homes: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    official = homes["official"].parent / "official"
    run_baseline(open_source(official, homes["official"]), settings())
    assert "baseline: nothing to do" in capsys.readouterr().err


def test_results_are_in_their_own_folder_with_a_record(homes: dict[str, Path]) -> None:
    official = homes["official"].parent / "official"
    assert not (official / "baseline").exists()
    assert not (official / "cache").exists()
    assert (homes["official"] / "cache").is_dir()
    assert json.loads((homes["official"] / "run.json").read_text())["settings"]["profile"] == "demo"
    assert load_settings(None, (), open_source(official, homes["official"]).origin).profile == "demo"
    assert not (homes["snapshot"] / "run.json").exists()
