"""The tables of predictions: candidates with all scores, and the first products of each row of Table 4 (section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.baseline.linking.combine import Mixture
from ameli_build.baseline.predictions.reading import PREDICTIONS, RETRIEVED
from ameli_build.baseline.retrieval.pools import DEPTH, Ranking
from ameli_build.baseline.runs import Run, Runs
from ameli_build.core.arrays import Mask
from ameli_build.core.not_run import NotRun
from ameli_build.datasets.data import Data
from ameli_build.scores import tables


def predictions(data: Data, runs: Sequence[Run]) -> pl.DataFrame:
    """A row for each run and dev or test review: candidates, scores of all modules, rankings of all linkers.

    Gold products are not in it; join them by `review_id`.
    """
    rows = [{"run": number, **_row(data, run, n)} for number, run in enumerate(runs) for n in range(len(run.case.rows))]
    return pl.DataFrame(rows, schema=PREDICTIONS, orient="row").sort("review_id", "run")


def _row(data: Data, run: Run, n: int) -> dict[str, Any]:
    case, best, skus = run.case, run.retrieved.best, data.kb.skus
    row, products = case.rows[n], case.candidates[n]
    real = np.flatnonzero(products >= 0)
    known = dict(zip(best.rows[row].tolist(), best.scores[row].tolist(), strict=True))
    ranked = {name: some[n][some[n] >= 0] for name, some in run.ranked.items() if not isinstance(some, NotRun)}
    stated = {name: some[row] for name, some in run.extracted.by.items() if not isinstance(some, NotRun)}
    combined = case.full.scores if isinstance(case.full, Mixture) else np.zeros(case.candidates.shape, dtype=np.float32)
    modules = {"text": case.text, "image": case.image, "combined": combined}
    return {
        "review_id": data.reviews.ids[row],
        "split": data.reviews.splits[row],
        "mention": data.reviews.mentions[row],
        "candidates": [skus[product] for product in products[real]],
        "retrieval": [round(known.get(int(product), 0.0), 4) for product in products[real]],
        **{f"retrieval_{name}": _rounded(values[row], real) for name, values in run.retrieved.channels.items()},
        **{name: None if isinstance(some, NotRun) else _rounded(some[n], real) for name, some in modules.items()},
        "contradicted": case.contradicted[n, real].tolist(),
        "attributes": [{"name": key, "value": value} for key, value in run.extracted.found[row].pairs()],
        "extractors": list(stated),
        "extracted": [
            {"extractor": name, "name": key, "value": value}
            for name, found in stated.items()
            for key, value in found.pairs()
        ],
        "predicted": [{"method": name, "sku": skus[some[0]] if len(some) else None} for name, some in ranked.items()],
        "ranked": [{"method": name, "skus": [skus[product] for product in some]} for name, some in ranked.items()],
    }


def _rounded(values: npt.NDArray[Any], real: npt.NDArray[Any]) -> list[float]:
    return [round(float(values[c]), 4) for c in real]


def retrieved_table(data: Data, runs: Runs) -> pl.DataFrame:
    """The first products of all dev and test reviews, for every row of Table 4 that ran; without gold products."""
    return pl.concat([pl.DataFrame(schema=RETRIEVED), *_tables(data, runs)])


def _tables(data: Data, runs: Runs) -> Iterator[pl.DataFrame]:
    """A table for each row and run: a million lists of a hundred would not fit in memory as Python objects."""
    each = [(0, runs.shared), *((number, run.retrieved.rankings) for number, run in enumerate(runs.runs))]
    for number, rankings in each:
        for name, ranking in rankings.items():
            if isinstance(ranking, Ranking):
                yield _table(data, name, number, ranking)


def _table(data: Data, name: str, run: int, ranking: Ranking) -> pl.DataFrame:
    reviews, rows = data.reviews, data.reviews.linked()
    products, scores, allowed = (part[rows, :DEPTH] for part in (ranking.rows, ranking.scores, ranking.allowed))
    skus = np.array(data.kb.skus, dtype=object)
    real = products >= 0
    rounded = np.round(np.where(real, scores, 0), 4)
    return pl.DataFrame(
        {
            "row": [name] * len(rows),
            "run": [run] * len(rows),
            "review_id": [reviews.ids[n] for n in rows],
            "split": [reviews.splits[n] for n in rows],
            "skus": _lists(skus[products], real),
            "scores": None if name == tables.PRIOR else _lists(rounded, real),
            "allowed": _lists(allowed, real) if ranking.after else None,
        },
        schema=RETRIEVED,
    )


def _lists(values: npt.NDArray[Any], real: Mask) -> list[list[Any]]:
    return [row[there].tolist() for row, there in zip(values, real, strict=True)]
