"""The recipe for a row of Table 4: a function and its name, and every output shows the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from baseline_world import QUICK, recipe, restored, write_dataset

from ameli_build.baseline.retrieval import table4
from ameli_build.baseline.retrieval.pools import Ranking
from ameli_build.baseline.retrieval.table4 import RETRIEVERS, Case, retriever
from ameli_build.baseline.run import run_baseline
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.report.run import make_report
from ameli_build.scores.tables import CLIP, FLOORS, TABLE4, TUNED, TUNED_TEXT
from ameli_build.scores.text import render

RUNS = "baseline.runs=2"
NAMES = ("Pictures again", "Adapted pictures again", "Without the best", "Needs a licence", "Pictures and prior")
RECIPE = "Add a row to Table 4"
BEYOND = "beyond the paper"


@pytest.fixture
def registry() -> Iterator[None]:
    """Restores the registered rows after the test."""
    with restored(RETRIEVERS):
        yield


@pytest.mark.usefixtures("registry")
def test_a_registered_row_is_in_every_output(tmp_path: Path) -> None:
    @retriever(NAMES[1], adapted=True)
    @retriever(NAMES[0], note="as before")
    def again(case: Case) -> Ranking:
        return case.ranked("image")

    @retriever(NAMES[2])
    def without_the_best(case: Case) -> Ranking:
        ranking = case.ranked(*case.text)
        return replace(ranking, rows=ranking.rows[:, 1:], scores=ranking.scores[:, 1:], allowed=ranking.allowed[:, 1:])

    @retriever(NAMES[3])
    def needs_a_licence(case: Case) -> NotRun:
        return NotRun("no licence here")

    exec(recipe(RECIPE), vars(table4))
    snapshot = Snapshot(write_dataset(tmp_path / "s", {"train": 6, "dev": 2, "test": 4}))
    settings = load_settings("demo", (*QUICK, RUNS))
    scores = run_baseline(snapshot, settings)
    rows = json.loads((snapshot.root / "baseline" / "scores.json").read_text())["table4"]["test"]
    numbers = [metric for metric in rows[CLIP] if metric.startswith(("recall", "mrr", "macro"))]
    for name, other in ((NAMES[0], CLIP), (NAMES[1], TUNED)):
        assert [rows[name][metric] for metric in numbers] == [rows[other][metric] for metric in numbers]
    assert [rows[name].get("note") for name in NAMES] == ["as before", BEYOND, BEYOND, None, BEYOND]
    assert {rows[name]["paper"] for name in NAMES} == {False}
    assert rows[NAMES[3]]["reason"] == "no licence here"

    table = pl.read_parquet(snapshot.root / "baseline" / "retrieved.parquet")
    runs = {name: set(table.filter(row=name)["run"]) for name in NAMES}
    assert runs == dict(zip(NAMES, ({0}, {0, 1}, {0}, set(), {0}), strict=True))
    assert set(table.filter(row=NAMES[2])["skus"].list.len()) == {15}
    assert scores.tuned["weights"].keys() == {*TABLE4[1:], *NAMES} - {NAMES[3]}
    make_report(snapshot, settings)
    outputs = (
        render(scores),
        (snapshot.root / "baseline" / "MODEL_CARD.md").read_text(),
        (snapshot.root / "report.html").read_text(),
    )
    for text in outputs:
        assert [name for name in NAMES if name not in text] == []


def test_every_row_of_the_paper_is_registered() -> None:
    assert set(RETRIEVERS) == {*TABLE4, TUNED_TEXT, *FLOORS}
