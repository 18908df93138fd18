"""What a finished baseline said of a review, in the fields that the authors' code keeps it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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

OURS = {"string match": "exact", "ocr": "ocr", "generator": "gpt2"}
"""The authors' names of our extractors; what a review implies has none."""

CHANNELS = {"bi_score": "retrieval_text", "image_score": "retrieval_image", "cross_score": "retrieval_cross"}

MISSING = -1.0
"""The authors' score of a channel that says nothing of a candidate."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Retrieved products, best first, their scores by kind, and the attributes that were found in the review."""

    skus: Sequence[str] = ()
    scores: Mapping[str, Sequence[float]] | None = None
    found: Sequence[tuple[str, str]] = ()
    by: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """What single extractors found, by the authors' name."""

    def first(self, count: int) -> Predicted:
        """With the first candidates alone."""
        scores = {name: values[:count] for name, values in (self.scores or {}).items()}
        return replace(self, skus=self.skus[:count], scores=scores)

    def candidates(self, ids: Mapping[str, int], *, modules: bool = False) -> dict[str, Any]:
        """`fused_candidate_list` and `fused_score_dict`; with the scores of disambiguation for `modules`."""
        scores = self.scores or {}
        told: dict[str, dict[str, Any]] = {}
        for n, sku in enumerate(self.skus):
            one: dict[str, Any] = {"corpus_id": str(ids[sku])}
            one |= {name: _at(scores, kind, n) for name, kind in CHANNELS.items()}
            if CHANNELS["cross_score"] not in scores:
                one["cross_score"] = None  # as theirs is without a cross-encoder
            one["fused_score"] = _at(scores, "retrieval", n)
            if modules:
                one |= {
                    "disambiguation_text_score": _at(scores, "text", n),
                    "disambiguation_image_score": _at(scores, "image", n),
                    "disambiguation_fused_score": _at(scores, "combined", n),
                }
            told[str(ids[sku])] = one
        return {"fused_candidate_list": [ids[sku] for sku in self.skus], "fused_score_dict": told}

    def attributes(self) -> dict[str, dict[str, Any]]:
        """The `predicted_attribute*` fields: those of all extractors together, and of each that was run."""
        values = _lists(self.found)
        return {
            "predicted_attribute": {name: some[0] for name, some in values.items()},
            "predicted_attribute_contain_all": values,
            **{f"predicted_attribute_{name}": _lists(self.by.get(name, ())) for name in EXTRACTORS},
        }


NOTHING = Predicted()


def read_predicted(path: Path) -> dict[str, Predicted]:
    """By review id, the first run of a baseline; empty where there is none."""
    if not path.is_file():
        return {}
    table = pl.read_parquet(path)
    if "run" in table.columns:
        table = table.filter(pl.col("run") == 0)
    kinds = [name for name in ("retrieval", *CHANNELS.values(), "text", "image", "combined") if name in table.columns]
    return {
        row["review_id"]: Predicted(
            row["candidates"],
            {kind: row[kind] for kind in kinds if row[kind] is not None},
            [(one["name"], one["value"]) for one in row["attributes"] or ()],
            _by_extractor(row.get("extracted") or ()),
        )
        for row in table.iter_rows(named=True)
    }


def _lists(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        values[name].append(value)
    return dict(values)


def _by_extractor(extracted: Sequence[Mapping[str, str]]) -> dict[str, list[tuple[str, str]]]:
    by: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in extracted:
        if one["extractor"] in OURS:
            by[OURS[one["extractor"]]].append((one["name"], one["value"]))
    return dict(by)


def _at(scores: Mapping[str, Sequence[float]], kind: str, place: int) -> float:
    return round(scores[kind][place], 4) if kind in scores else MISSING
