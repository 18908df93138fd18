"""Softmax over candidates, lambda, and the attribute filter at inference, by hand."""

import numpy as np
import pytest

from ameli_build.baseline.linking.combine import predict, rank, softmax, tune_weight, weighted

CANDIDATES = np.array([[4, 7, 9], [2, 3, -1]])


def test_softmax_gives_padding_no_probability() -> None:
    scores = softmax(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 99.0]], dtype=np.float32), CANDIDATES)
    assert scores[0] == pytest.approx([1 / 3] * 3)
    assert scores[1] == pytest.approx([0.5, 0.5, 0])


def test_contradicted_candidates_are_not_predicted_unless_all_are() -> None:
    scores = np.array([[0.7, 0.2, 0.1], [0.4, 0.6, 0.9]], dtype=np.float32)
    assert predict(scores, CANDIDATES).tolist() == [4, 3]
    mask = np.array([[True, False, False], [True, True, False]])
    assert predict(scores, CANDIDATES, mask).tolist() == [7, 3]
    assert predict(scores, np.full((2, 3), -1)).tolist() == [-1, -1]
    assert predict(np.zeros((2, 3), dtype=np.float32), CANDIDATES).tolist() == [4, 2]


def test_contradicted_candidates_are_ranked_last() -> None:
    scores = np.array([[0.7, 0.2, 0.1], [0.4, 0.6, 0.9]], dtype=np.float32)
    mask = np.array([[True, False, False], [True, True, False]])
    assert rank(scores, CANDIDATES).tolist() == [[4, 7, 9], [3, 2, -1]]
    assert rank(scores, CANDIDATES, mask).tolist() == [[7, 9, 4], [3, 2, -1]]
    assert rank(np.zeros((2, 3), dtype=np.float32), CANDIDATES).tolist() == CANDIDATES.tolist()
    assert rank(np.zeros((2, 0), dtype=np.float32), np.zeros((2, 0), dtype=np.int64)).shape == (2, 0)


def test_lambda_prefers_the_module_that_is_right() -> None:
    right = np.array([[0.8, 0.1, 0.1], [0.1, 0.9, 0.0]], dtype=np.float32)
    wrong = np.array([[0.0, 0.9, 0.1], [0.9, 0.1, 0.0]], dtype=np.float32)
    gold = np.array([4, 3])
    assert tune_weight(right, wrong, CANDIDATES, None, gold) == pytest.approx(0.6)
    assert tune_weight(wrong, right, CANDIDATES, None, gold) == pytest.approx(0.4)
    assert tune_weight(wrong, right, CANDIDATES[:0], None, gold[:0]) == 0.5
    assert weighted(right, wrong, 0.5)[0] == pytest.approx([0.4, 0.5, 0.1])
