"""What a run leaves beside its scores: every prediction with its scores, and the annotators' row (section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.extraction.attributes import Found
from ameli_build.baseline.linking.linkers import Linked
from ameli_build.baseline.retrieval.retrievers import Retrieved

CLEAN_TEST = "clean-test"
"""The annotators' task that asks for the product."""

_ATTRIBUTES = pl.List(pl.Struct({"name": pl.String, "value": pl.String}))
_METHODS = pl.List(pl.Struct({"method": pl.String, "sku": pl.String}))

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "review_id": pl.String,
    "split": pl.String,
    "mention": pl.String,
    "candidates": pl.List(pl.String),
    "retrieval": pl.List(pl.Float32),
    "text": pl.List(pl.Float32),
    "image": pl.List(pl.Float32),
    "combined": pl.List(pl.Float32),
    "contradicted": pl.List(pl.Boolean),
    "attributes": _ATTRIBUTES,
    "predicted": _METHODS,
}

PREDICTIONS = pl.Schema(_COLUMNS)
"""Columns of `baseline/predictions.parquet`: lists run over the candidates, in the order of retrieval."""


def human_row(split: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """The annotators' accuracy with the gold product always among the candidates, from `sheets/report.json`."""
    row = tables.linking_blank()
    if split == "clean_test":
        return row | {"reason": "Clean-Test holds what annotators got right: their accuracy on it says nothing"}
    accuracy = report.get("accuracy") if report.get("task", CLEAN_TEST) == CLEAN_TEST else None
    if not isinstance(accuracy, int | float):
        return row | {"reason": "no annotation sheet has been imported"}
    note = "a simulated annotator, not a person" if report.get("simulated") else "gold always among the candidates"
    return row | {
        "disambiguation_f1": round(100 * accuracy, 2),
        "disambiguation_n": report.get("reviews"),
        "note": note,
    }


def predictions(data: Data, retrieved: Retrieved, found: Sequence[Found], linked: Linked) -> pl.DataFrame:
    """One row a dev or test review: retrieved candidates with every module's score, and each row's prediction.

    It holds no gold product; join it by `review_id`.
    """
    judged, skus = linked.judged, data.kb.skus
    best = retrieved.best
    rows = []
    for n, row in enumerate(judged.rows):
        real = np.flatnonzero(judged.candidates[n] >= 0)
        known = dict(zip(best.rows[row].tolist(), best.scores[row].tolist(), strict=True))
        one: dict[str, Any] = {
            "review_id": data.reviews.ids[row],
            "split": data.reviews.splits[row],
            "mention": data.reviews.mentions[row],
            "candidates": [skus[judged.candidates[n, c]] for c in real],
            "retrieval": [round(known.get(int(product), 0.0), 4) for product in judged.candidates[n][real]],
            "contradicted": [bool(judged.contradicted[n, c]) for c in real],
            "attributes": [{"name": key, "value": value} for key, value in found[row].pairs()],
        }
        for name, values in (("text", judged.text), ("image", judged.image), ("combined", linked.combined)):
            one[name] = None if values is None else _at(values[n], real)
        chosen = {name: rows_of for name, rows_of in linked.predicted.items() if not isinstance(rows_of, str)}
        one["predicted"] = [
            {"method": name, "sku": skus[picks[n]] if picks[n] >= 0 else None} for name, picks in chosen.items()
        ]
        rows.append(one)
    return pl.DataFrame(rows, schema=PREDICTIONS, orient="row").sort("review_id")


def _at(values: Any, real: Any) -> list[float]:
    return [round(float(values[c]), 4) for c in real]
