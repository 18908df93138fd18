"""What a finished baseline said of a review, in the fields that the authors' code keeps it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

EXTRACTORS = (
    "ocr",
    "exact",
    "gpt2",
    "gpt2_few",
    "chatgpt",
    "vicuna",
    "model_version",
    "model_version_to_product_title",
)
"""Ends of the `predicted_attribute_*` fields, which the authors' code wants even where they are empty."""

MISSING = -1.0
"""The authors' score of a channel that says nothing of a candidate."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Retrieved products, best first, their scores by kind, and the attributes that were found in the review."""

    skus: Sequence[str] = ()
    scores: Mapping[str, Sequence[float]] | None = None
    found: Sequence[tuple[str, str]] = ()

    def first(self, count: int) -> Predicted:
        """With the first candidates alone."""
        scores = {name: values[:count] for name, values in (self.scores or {}).items()}
        return replace(self, skus=self.skus[:count], scores=scores)

    def candidates(self, ids: Mapping[str, int], *, modules: bool = False) -> dict[str, Any]:
        """`fused_candidate_list` and `fused_score_dict`; with the scores of disambiguation for `modules`."""
        scores = self.scores or {}
        told: dict[str, dict[str, Any]] = {}
        for n, sku in enumerate(self.skus):
            one: dict[str, Any] = {"corpus_id": str(ids[sku]), "bi_score": MISSING, "cross_score": None}
            one |= {"image_score": MISSING, "fused_score": _at(scores, "retrieval", n)}
            if modules:
                one |= {
                    "disambiguation_text_score": _at(scores, "text", n),
                    "disambiguation_image_score": _at(scores, "image", n),
                    "disambiguation_fused_score": _at(scores, "combined", n),
                }
            told[str(ids[sku])] = one
        return {"fused_candidate_list": [ids[sku] for sku in self.skus], "fused_score_dict": told}

    def attributes(self) -> dict[str, dict[str, Any]]:
        """The `predicted_attribute*` fields: the fused ones are filled, those of single extractors are empty."""
        values: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in self.found:
            values[name].append(value)
        return {
            "predicted_attribute": {name: some[0] for name, some in values.items()},
            "predicted_attribute_contain_all": dict(values),
            **{f"predicted_attribute_{name}": {} for name in EXTRACTORS},
        }


NOTHING = Predicted()


def read_predicted(path: Path) -> dict[str, Predicted]:
    """By review id, the first run of a baseline; empty where there is none."""
    if not path.is_file():
        return {}
    table = pl.read_parquet(path)
    if "run" in table.columns:
        table = table.filter(pl.col("run") == 0)
    kinds = [name for name in ("retrieval", "text", "image", "combined") if name in table.columns]
    return {
        row["review_id"]: Predicted(
            row["candidates"],
            {kind: row[kind] for kind in kinds if row[kind] is not None},
            [(one["name"], one["value"]) for one in row["attributes"] or ()],
        )
        for row in table.iter_rows(named=True)
    }


def _at(scores: Mapping[str, Sequence[float]], kind: str, place: int) -> float:
    return round(scores[kind][place], 4) if kind in scores else MISSING
