"""A baseline's predictions for reviews, in the fields of the authors' code."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.scores import tables

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
"""Suffixes of the `predicted_attribute_*` fields. The authors' code requires all of them, even empty."""

OURS = {"string match": "exact", "ocr": "ocr", "generator": "gpt2"}
"""The authors' name of each extractor. Implied values have none."""

CHANNELS = {"bi_score": "retrieval_text", "image_score": "retrieval_image", "cross_score": "retrieval_cross"}

TEXT, IMAGE, CROSS = CHANNELS["bi_score"], CHANNELS["image_score"], CHANNELS["cross_score"]
NEAREST = {TEXT: (tables.SBERT,), IMAGE: (tables.TUNED, tables.CLIP)}
"""Rows of Table 4 that rank by a single channel; the first that ran counts. With a cross-encoder, SBERT's has two."""

SURE = 0.00005
"""Half a unit of a stored score's last digit. It replaces probabilities of 0 and 1, which have no logit."""

MISSING = -1.0
"""The authors' value for a missing score of a candidate."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions for a review: retrieved products, best first, their scores by kind, and the attributes found."""

    skus: Sequence[str] = ()
    scores: Mapping[str, Sequence[float]] | None = None
    found: Sequence[tuple[str, str]] = ()
    by: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Attributes by extractor, under the authors' names."""
    nearest: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    """Best products of each channel with their scores, including products that are not candidates."""

    def first(self, count: int) -> Predicted:
        """The same prediction with only the first candidates."""
        scores = {name: values[:count] for name, values in (self.scores or {}).items()}
        return replace(self, skus=self.skus[:count], scores=scores, nearest={})

    def candidates(self, ids: Mapping[str, int], *, modules: bool = False) -> dict[str, Any]:
        """`fused_candidate_list` and `fused_score_dict`; with the scores of disambiguation for `modules`."""
        scores = self.scores or {}
        scores_by_id: dict[str, dict[str, Any]] = {}
        for n, sku in enumerate(self.skus):
            entry: dict[str, Any] = {"corpus_id": str(ids[sku])}
            entry |= {name: _at(scores, kind, n) for name, kind in CHANNELS.items()}
            if CHANNELS["cross_score"] not in scores:
                entry["cross_score"] = None  # the authors' value without a cross-encoder
            entry["fused_score"] = _at(scores, "retrieval", n)
            if modules:
                entry |= {
                    "disambiguation_text_score": _at(scores, "text", n),
                    "disambiguation_image_score": _at(scores, "image", n),
                    "disambiguation_fused_score": _at(scores, "combined", n),
                }
            scores_by_id[str(ids[sku])] = entry
        return {"fused_candidate_list": [ids[sku] for sku in self.skus], "fused_score_dict": scores_by_id}

    def channels(self, ids: Mapping[str, int]) -> dict[str, Any]:
        """Scores of each channel; the authors' search combines them with weights of its own.

        The text channel of this package reads title and description together. So the field for descriptions is empty.
        """
        scores = self.scores or {}
        cross = dict(zip(self.skus, scores.get(CROSS, ()), strict=False))
        text, image = self._ranked(TEXT), self._ranked(IMAGE)
        return {
            "text_score_dict": {
                str(ids[sku]): {
                    "idx": n,
                    "cross_score": _logit(cross.get(sku)),
                    "bi_score": score,
                    "cross_score_sigmoid": cross.get(sku),
                }
                for n, (sku, score) in enumerate(text)
            },
            "image_score_dict": {str(ids[sku]): {"idx": n, "score": score} for n, (sku, score) in enumerate(image)},
            "desc_score_dict": {},
            "product_id_with_similar_text_by_review": [ids[sku] for sku, _ in text],
            "product_id_with_similar_image_by_review": [ids[sku] for sku, _ in image],
            "product_id_with_similar_desc_by_review": [],
        }

    def _ranked(self, kind: str) -> list[tuple[str, float]]:
        """Products by the score of one channel, best first."""
        known = dict(self.nearest.get(kind, ()))
        known |= zip(self.skus, (self.scores or {}).get(kind, ()), strict=False)
        rounded = ((sku, round(score, 4)) for sku, score in known.items())
        return sorted(rounded, key=lambda pair: (-pair[1], pair[0]))

    def attributes(self) -> dict[str, dict[str, Any]]:
        """The `predicted_attribute*` fields: values of all extractors together, and of each extractor that ran."""
        values = _lists(self.found)
        return {
            "predicted_attribute": {name: listed[0] for name, listed in values.items()},
            "predicted_attribute_contain_all": values,
            **{f"predicted_attribute_{name}": _lists(self.by.get(name, ())) for name in EXTRACTORS},
        }


NOTHING = Predicted()


def read_predicted(baseline: Path, products: Container[str]) -> dict[str, Predicted]:
    """Predictions of the first run by review id; empty without a baseline in the folder.

    Predictions with products that are not in `products` belong to another build, and are ignored.
    """
    path = baseline / "predictions.parquet"
    if not path.is_file():
        return {}
    table = pl.read_parquet(path)
    if "run" in table.columns:
        table = table.filter(pl.col("run") == 0)
    kinds = [name for name in ("retrieval", *CHANNELS.values(), "text", "image", "combined") if name in table.columns]
    has_cross = CROSS in table.columns and table[CROSS].is_not_null().any()
    nearest = _read_nearest(baseline / "retrieved.parquet", products, (IMAGE,) if has_cross else (TEXT, IMAGE))
    return {
        row["review_id"]: Predicted(
            row["candidates"],
            {kind: row[kind] for kind in kinds if row[kind] is not None},
            [(attribute["name"], attribute["value"]) for attribute in row["attributes"] or ()],
            _by_extractor(row.get("extracted") or ()),
            {kind: ranked[row["review_id"]] for kind, ranked in nearest.items() if row["review_id"] in ranked},
        )
        for row in table.iter_rows(named=True)
        if all(sku in products for sku in row["candidates"])
    }


def _read_nearest(
    path: Path, products: Container[str], kinds: Sequence[str]
) -> dict[str, dict[str, list[tuple[str, float]]]]:
    """The best products of rows with a single channel, by channel and review id."""
    if not path.is_file():
        return {}
    found: dict[str, dict[str, list[tuple[str, float]]]] = {}
    first = pl.scan_parquet(path).filter(pl.col("run") == 0)
    for kind in kinds:
        for name in NEAREST[kind]:
            rows = first.filter(pl.col("row") == name).select("review_id", "skus", "scores").collect()
            if rows.height:
                found[kind] = {
                    review: [pair for pair in zip(skus, scores, strict=True) if pair[0] in products]
                    for review, skus, scores in rows.iter_rows()
                }
                break
    return found


def _logit(probability: float | None) -> float | None:
    """The logit of a cross-encoder's score, because the authors' code applies a sigmoid; None without a score."""
    if probability is None:
        return None
    sure = min(max(probability, SURE), 1 - SURE)
    return round(math.log(sure / (1 - sure)), 4)


def _lists(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        values[name].append(value)
    return dict(values)


def _by_extractor(extracted: Sequence[Mapping[str, str]]) -> dict[str, list[tuple[str, str]]]:
    by: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for attribute in extracted:
        if attribute["extractor"] in OURS:
            by[OURS[attribute["extractor"]]].append((attribute["name"], attribute["value"]))
    return dict(by)


def _at(scores: Mapping[str, Sequence[float]], kind: str, place: int) -> float:
    return round(scores[kind][place], 4) if kind in scores else MISSING
