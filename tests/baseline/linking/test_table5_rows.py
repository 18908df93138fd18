"""The recipe for a row of Table 5: one function and its name, and every output shows the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from baseline_world import QUICK, recipe, restored, write_dataset

from ameli_build.baseline.linking import table5
from ameli_build.baseline.linking.case import Case
from ameli_build.baseline.linking.table5 import LINKERS, linker
from ameli_build.baseline.predictions.explained import explain_predictions
from ameli_build.baseline.run import run_baseline
from ameli_build.core.arrays import Integers
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.report.run import make_report
from ameli_build.scores.tables import TABLE5, in_order
from ameli_build.scores.text import render

RUNS = "baseline.runs=1"
NAMES = ("As retrieved", "Worst first", "Text without attributes", "Needs a licence")
RECIPE = "Add a row to Table 5"


@pytest.fixture
def registry() -> Iterator[None]:
    """Restores the registered rows after the test."""
    with restored(LINKERS):
        yield


@pytest.mark.usefixtures("registry")
def test_a_registered_row_is_in_every_output(tmp_path: Path) -> None:
    @linker(NAMES[0])
    def as_retrieved(case: Case) -> Integers:
        return case.candidates

    @linker(NAMES[1])
    def worst_first(case: Case) -> Integers | NotRun:
        return case.rank(np.arange(case.candidates.size, dtype=np.float32).reshape(case.candidates.shape))

    exec(recipe(RECIPE), vars(table5))

    @linker(NAMES[3])
    def needs_a_licence(case: Case) -> NotRun:
        return NotRun("no licence here")

    snapshot, settings = (
        Snapshot(write_dataset(tmp_path / "s", {"train": 6, "dev": 2, "test": 4})),
        load_settings("demo", (*QUICK, RUNS)),
    )
    scores = run_baseline(snapshot, settings)
    rows = json.loads((snapshot.root / "baseline" / "scores.json").read_text())["table5"]["test"]
    assert [rows[name]["end_to_end_n"] for name in NAMES[:3]] == [4, 4, 4]
    assert rows[NAMES[3]]["reason"] == "no licence here"
    assert rows[NAMES[3]]["end_to_end_f1"] is None
    assert {rows[name]["note"] for name in NAMES[:3]} == {"beyond the paper"}
    assert [name for name in in_order(rows) if name in NAMES] == sorted(NAMES)
    assert list(in_order(rows))[-1] == "human"

    predictions = pl.read_parquet(snapshot.root / "baseline" / "predictions.parquet").to_dicts()
    for prediction in predictions:
        ranked = {method["method"]: method["skus"] for method in prediction["ranked"]}
        assert ranked[NAMES[0]] == prediction["candidates"]
        assert ranked[NAMES[1]] == prediction["candidates"][::-1]
        assert NAMES[3] not in ranked
    make_report(snapshot, settings)
    outputs = (
        render(scores),
        (snapshot.root / "baseline" / "MODEL_CARD.md").read_text(),
        (snapshot.root / "report.html").read_text(),
    )
    for text in outputs:
        assert [name for name in NAMES if name not in text] == []
        assert "no licence here" in text
    lines = "\n".join(explain_predictions(snapshot, predictions[0]["review_id"]))
    assert all(name in lines for name in NAMES[:3])


def test_every_row_of_the_paper_except_chance_is_registered() -> None:
    assert set(LINKERS) >= {*TABLE5} - {"Random Baseline"}
