"""Paired tests and their correction, and this package's metrics against those of ranx."""

import numpy as np
import pytest
from ranx import Qrels, Run, compare, evaluate

from ameli_build.scores.metrics import hits, holm, p_value, reciprocal_ranks

REVIEWS, DEPTH = 40, 20


def made(seed: int) -> np.ndarray:
    """Rankings of thirty products, some of them short."""
    generator = np.random.default_rng(seed)
    ranked = np.stack([generator.permutation(30)[:DEPTH] for _ in range(REVIEWS)])
    ranked[::5, 4:] = -1
    return ranked


GOLD = np.random.default_rng(9).integers(0, 30, REVIEWS)
QRELS = Qrels({f"r{n:02d}": {f"p{gold}": 1} for n, gold in enumerate(GOLD)})


def run(ranked: np.ndarray, name: str) -> Run:
    scores = {
        f"r{n:02d}": {f"p{product}": float(DEPTH - place) for place, product in enumerate(row) if product >= 0}
        for n, row in enumerate(ranked)
    }
    return Run(scores, name=name)


def test_metrics_equal_those_of_ranx() -> None:
    ranked = made(1)
    wanted = evaluate(QRELS, run(ranked, "a"), ["recall@1", "recall@10", "mrr@20"], return_mean=False, threads=1)
    assert hits(ranked, GOLD, 1).tolist() == wanted["recall@1"].tolist()
    assert hits(ranked, GOLD, 10).tolist() == wanted["recall@10"].tolist()
    assert reciprocal_ranks(ranked, GOLD) == pytest.approx(wanted["mrr@20"])


def test_p_values_equal_those_of_a_comparison_by_ranx() -> None:
    first, second = made(1), np.sort(made(2), axis=1)
    report = compare(QRELS, [run(first, "a"), run(second, "b")], ["recall@10", "mrr@20"], stat_test="student")
    wanted = report.comparisons[frozenset(("a", "b"))]
    values = [reciprocal_ranks(ranked, GOLD) for ranked in (first, second)]
    assert p_value(*values) == pytest.approx(wanted["mrr@20"]["p_value"])
    assert p_value(hits(first, GOLD, 10), hits(second, GOLD, 10)) == pytest.approx(wanted["recall@10"]["p_value"])


def test_p_values_of_constant_differences() -> None:
    assert p_value(np.ones(5), np.ones(5)) == 1.0
    assert p_value(np.ones(5), np.zeros(5)) == 0.0
    assert p_value(np.ones(1), np.zeros(1)) is None
    with pytest.raises(ValueError, match="different lengths"):
        p_value(np.ones(5), np.ones(4))


def test_holm_by_hand() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == [pytest.approx(0.03), None, pytest.approx(0.06), pytest.approx(0.06)]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
