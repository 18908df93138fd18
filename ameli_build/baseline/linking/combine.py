"""Inference (section 4.4): softmax of each module over the candidates, their weighted sum, the attribute filter."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ameli_build.baseline.metrics import Integers

Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

STEPS = 10


def softmax(scores: Scores, candidates: Integers) -> Scores:
    """Softmax over the real candidates of each review, 0 for padding (-1); shape (reviews, candidates)."""
    if not scores.size:
        return scores
    masked = np.where(candidates >= 0, scores, -np.inf)
    top = masked.max(axis=1, keepdims=True)
    powers = np.exp(masked - np.where(np.isfinite(top), top, 0))
    return np.asarray(powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)


def weighted(text: Scores, image: Scores, weight: float) -> Scores:
    """`weight * text + (1 - weight) * image`, both after softmax."""
    return (np.float32(weight) * text + np.float32(1 - weight) * image).astype(np.float32)


def predict(scores: Scores, candidates: Integers, contradicted: Mask | None = None) -> Integers:
    """The product with the best score for each review, -1 where it has no candidate; shape (reviews,).

    `contradicted` candidates are dropped unless that leaves none. Ties go to the candidate that retrieval put first.
    """
    if not candidates.size:
        return np.full(len(candidates), -1, dtype=np.int64)
    keep = candidates >= 0
    if contradicted is not None:
        spared = keep & ~contradicted
        keep = np.where(spared.any(axis=1, keepdims=True), spared, keep)
    best = np.where(keep, np.round(scores, 6), -np.inf).argmax(axis=1)
    chosen = np.take_along_axis(candidates, best[:, None], axis=1)[:, 0]
    return np.where(keep.any(axis=1), chosen, -1).astype(np.int64)


def tune_weight(text: Scores, image: Scores, candidates: Integers, contradicted: Mask | None, gold: Integers) -> float:
    """Lambda in tenths with the best F1 on dev; the one nearest 0.5 among equals, and 0.5 without dev."""
    if len(gold) == 0:
        return 0.5
    rated = []
    for step in range(STEPS + 1):
        predicted = predict(weighted(text, image, step / STEPS), candidates, contradicted)
        rated.append((int((predicted == gold).sum()), -abs(step - STEPS // 2), step))
    return max(rated)[2] / STEPS
