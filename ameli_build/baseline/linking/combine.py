"""Inference (section 4.4): softmax of each module over the candidates, their weighted sum, the attribute filter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ameli_build.core.arrays import Floats, Integers, Mask

STEPS = 10
RERANKED = 5
"""Number of candidates of V2VEL that V2VTEL ranks again."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """`weight` times the text module's softmax plus the rest of the image module's: (reviews, candidates)."""

    weight: float
    scores: Floats


def softmax(scores: Floats, candidates: Integers) -> Floats:
    """Softmax over the real candidates of each review, 0 for padding (-1); shape (reviews, candidates)."""
    if not scores.size:
        return scores
    masked = np.where(candidates >= 0, scores, -np.inf)
    top = masked.max(axis=1, keepdims=True)
    powers = np.exp(masked - np.where(np.isfinite(top), top, 0))
    return np.asarray(powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)


def weighted(text: Floats, image: Floats, weight: float) -> Floats:
    """`weight * text + (1 - weight) * image`, both after softmax."""
    return (np.float32(weight) * text + np.float32(1 - weight) * image).astype(np.float32)


def rank(scores: Floats, candidates: Integers, contradicted: Mask | None = None) -> Integers:
    """Each review's candidates, best first, padded with -1; the shape of `candidates`.

    `contradicted` candidates come after all others, unless all are contradicted. Ties go to the candidate that was
    retrieved first.
    """
    real = candidates >= 0
    spared = real if contradicted is None else real & ~contradicted
    spared = np.where(spared.any(axis=1, keepdims=True), spared, real)
    order = np.lexsort((-np.round(scores, 6), ~spared, ~real), axis=1)
    return np.where(real, candidates, -1)[np.arange(len(candidates))[:, None], order]


def predict(scores: Floats, candidates: Integers, contradicted: Mask | None = None) -> Integers:
    """The first of `rank` for each review, -1 where it has no candidate; shape (reviews,)."""
    ranked = rank(scores, candidates, contradicted)
    return ranked[:, 0] if ranked.shape[1] else np.full(len(ranked), -1, dtype=np.int64)


def tune_weight(text: Floats, image: Floats, candidates: Integers, contradicted: Mask | None, gold: Integers) -> float:
    """Lambda in tenths with the best F1 on dev; among equals the nearest to 0.5; 0.5 without dev."""
    if len(gold) == 0:
        return 0.5
    rated = []
    for step in range(STEPS + 1):
        predicted = predict(weighted(text, image, step / STEPS), candidates, contradicted)
        rated.append((int((predicted == gold).sum()), -abs(step - STEPS // 2), step))
    return max(rated)[2] / STEPS


def rerank(visual: Floats, text: Floats, candidates: Integers) -> Integers:
    """The first five candidates by `visual` in order of `text`, then the others by `visual` (V2VTEL)."""
    order = np.lexsort((-np.round(visual, 6), candidates < 0), axis=1)
    best = order[:, :RERANKED]
    shortlist = rank(np.take_along_axis(text, best, axis=1), np.take_along_axis(candidates, best, axis=1))
    return np.concatenate([shortlist, np.take_along_axis(candidates, order[:, RERANKED:], axis=1)], axis=1)
