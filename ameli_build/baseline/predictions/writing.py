"""The table of predictions with all scores, and the annotators' row of Table 5 (section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline.data import Data
from ameli_build.baseline.predictions.reading import PREDICTIONS
from ameli_build.baseline.rows import linking_blank
from ameli_build.baseline.runs import Run
from ameli_build.core.not_run import NotRun
from ameli_build.core.statistics import Share

CLEAN_TEST = "clean-test"
"""The annotation task in which a person chooses the product."""


def human_row(split: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """The annotators' accuracy with the gold product always among the candidates, from `sheets/report.json`.

    The 95 % interval is Wilson's: the report has the number of right reviews, no result per review.
    """
    row = linking_blank()
    if split == "clean_test":
        return row | {"reason": "Clean-Test holds what annotators got right: their accuracy on it says nothing"}
    accuracy = report.get("accuracy") if report.get("task", CLEAN_TEST) == CLEAN_TEST else None
    if not isinstance(accuracy, int | float):
        return row | {"reason": "no annotation sheet has been imported"}
    who = ["a simulated annotator, not a person"] if report.get("simulated") else []
    note = "; ".join([*who, "gold always among the candidates, so nothing is said of end to end"])
    reviews = int(report.get("reviews") or 0)
    share = Share.of(round(accuracy * reviews), reviews)
    return row | {
        "disambiguation_f1": round(100 * accuracy, 2),
        "disambiguation_interval": [round(100 * share.low, 2), round(100 * share.high, 2)],
        "disambiguation_n": reviews,
        "note": note,
    }


def predictions(data: Data, runs: Sequence[Run]) -> pl.DataFrame:
    """One row for each run and dev or test review: candidates, scores of all modules, rankings of all linkers.

    Gold products are not in it; join them by `review_id`.
    """
    rows = [
        {"run": number, **_row(data, run, n)}
        for number, run in enumerate(runs)
        for n in range(len(run.linked.judged.rows))
    ]
    return pl.DataFrame(rows, schema=PREDICTIONS, orient="row").sort("review_id", "run")


def _row(data: Data, run: Run, n: int) -> dict[str, Any]:
    judged, best, skus = run.linked.judged, run.retrieved.best, data.kb.skus
    row, products = judged.rows[n], judged.candidates[n]
    real = np.flatnonzero(products >= 0)
    known = dict(zip(best.rows[row].tolist(), best.scores[row].tolist(), strict=True))
    ranked = {name: some[n][some[n] >= 0] for name, some in run.linked.ranked.items() if not isinstance(some, NotRun)}
    one: dict[str, Any] = {
        "review_id": data.reviews.ids[row],
        "split": data.reviews.splits[row],
        "mention": data.reviews.mentions[row],
        "candidates": [skus[product] for product in products[real]],
        "retrieval": [round(known.get(int(product), 0.0), 4) for product in products[real]],
        **{f"retrieval_{name}": _at(values[row], real) for name, values in run.retrieved.channels.items()},
        "contradicted": [bool(judged.contradicted[n, c]) for c in real],
        "attributes": [{"name": key, "value": value} for key, value in run.extracted.found[row].pairs()],
        **_extracted(run, int(row)),
        "predicted": [{"method": name, "sku": skus[some[0]] if len(some) else None} for name, some in ranked.items()],
        "ranked": [{"method": name, "skus": [skus[product] for product in some]} for name, some in ranked.items()],
    }
    for name, values in (("text", judged.text), ("image", judged.image), ("combined", run.linked.combined)):
        one[name] = None if isinstance(values, NotRun) else _at(values[n], real)
    return one


def _extracted(run: Run, row: int) -> dict[str, Any]:
    """The extractors that ran, and the attributes that each found in the review."""
    by = {name: some[row] for name, some in run.extracted.by.items() if not isinstance(some, NotRun)}
    return {
        "extractors": list(by),
        "extracted": [
            {"extractor": name, "name": key, "value": value}
            for name, found in by.items()
            for key, value in found.pairs()
        ],
    }


def _at(values: Any, real: Any) -> list[float]:
    return [round(float(values[c]), 4) for c in real]
