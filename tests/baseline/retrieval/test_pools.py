"""Pools, fusion, the prior filter before and after the cut, tuning, and pooling over pictures."""

import numpy as np
import pytest

from ameli_build.baseline.retrieval.channels import Pictures, cosine_scorer, picture_scorer
from ameli_build.baseline.retrieval.pools import Pool, build_pool, rank, score_candidates, select, tune


def unit(rows: list[list[float]]) -> np.ndarray:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def pool_of(text: list[list[float]], image: list[list[float]], allowed: list[list[bool]] | None = None) -> Pool:
    scores = np.array(text, dtype=np.float32)
    rows = np.tile(np.arange(scores.shape[1]), (len(scores), 1))
    mask = np.ones(scores.shape, dtype=bool) if allowed is None else np.array(allowed)
    return Pool(rows, {"text": scores, "image": np.array(image, dtype=np.float32)}, mask)


def test_fused_order_and_ties_by_row() -> None:
    pool = pool_of([[0.5, 0.5, 0.9, 0.1]], [[0.5, 0.5, 0.1, 0.9]])
    assert rank(pool, {"text": 1.0}).top(4).tolist() == [[2, 0, 1, 3]]
    assert rank(pool, {"text": 0.5, "image": 0.5}).top(2).tolist() == [[0, 1]]
    assert rank(pool, {"text": 1.0}).top(6).tolist() == [[2, 0, 1, 3, -1, -1]]


def test_the_prior_applies_before_the_cut_unless_it_removes_all_products() -> None:
    scores = [[0.9, 0.8, 0.7, 0.6]] * 2
    pool = pool_of(scores, scores, [[False, False, True, True], [False] * 4])
    ranking = rank(pool, {"text": 1.0}, prior="before", keep=2)
    assert ranking.top(2).tolist() == [[2, 3], [0, 1]]
    assert ranking.top(4).tolist() == [[2, 3, -1, -1], [0, 1, 2, 3]]


def test_the_prior_after_the_cut_adds_no_product_below_the_cut() -> None:
    scores = [[0.9, 0.8, 0.7, 0.6]] * 2
    pool = pool_of(scores, scores, [[False, True, True, True], [False, False, False, True]])
    ranking = rank(pool, {"text": 1.0}, prior="after", keep=2)
    assert ranking.top(2).tolist() == [[1, -1], [0, 1]]
    assert ranking.top(1).tolist() == [[1], [0]]
    assert ranking.top(4).tolist() == [[1, 2, 3, -1], [3, -1, -1, -1]]


def test_pool_is_the_union_of_both_channels() -> None:
    text = unit([[1, 0], [0.9, 0.1], [0, 1], [-1, 0]])
    image = unit([[0, 1], [0, -1], [0.1, 1], [1, 0]])
    queries = unit([[1, 0]])
    allowed = [np.array([True, False, True, True])]
    pool = build_pool({"text": cosine_scorer(queries, text), "image": cosine_scorer(queries, image)}, allowed, 4, 1)
    assert pool.rows.tolist() == [[0, 3]]
    assert pool.channels["text"][0].tolist() == [1.0, -1.0]
    assert pool.channels["image"][0].tolist() == [0.0, 1.0]
    assert pool.allowed.tolist() == [[True, True]]
    assert build_pool({"text": cosine_scorer(queries, text)}, allowed, 4, 1000).rows.tolist() == [[0, 1, 2, 3]]


def test_blocks_of_different_width_are_joined() -> None:
    generator = np.random.default_rng(0)
    queries = unit(generator.normal(size=(300, 4)).tolist())
    entities = unit(generator.normal(size=(30, 4)).tolist())
    other = unit(generator.normal(size=(30, 4)).tolist())
    scorers = {"text": cosine_scorer(queries, entities), "image": cosine_scorer(queries, other)}
    pool = build_pool(scorers, [np.ones(30, dtype=bool)] * 300, 30, 5)
    ranked = rank(pool, {"text": 1.0}).top(5)
    expected = np.argsort(-np.round(queries @ entities.T, 6), axis=1, kind="stable")[:, :5]
    assert np.array_equal(ranked, expected)


def test_tuning_prefers_the_channel_that_finds_gold() -> None:
    generator = np.random.default_rng(1)
    gold = generator.integers(0, 40, size=60)
    image = generator.normal(size=(60, 40)).astype(np.float32) * 0.1
    image[np.arange(60), gold] += 1
    pool = pool_of(generator.normal(size=(60, 40)).tolist(), image.tolist())
    weights = tune(pool, ["text", "image"], gold, 3, "")
    assert weights["image"] >= 0.8
    assert sum(weights.values()) == pytest.approx(1)
    assert tune(select(pool, np.array([], dtype=np.int64)), ["text", "image"], gold[:0], 3, "") == {
        "text": 0.5,
        "image": 0.5,
    }


def test_pooling_over_pictures_by_hand() -> None:
    reviews = Pictures(unit([[1, 0], [0, 1]]), np.array([0, 2]))
    products = Pictures(unit([[1, 0], [0, 1], [-1, 0]]), np.array([0, 2, 3]))
    some = np.array([0])
    assert picture_scorer(reviews, products, "first")(some).tolist() == [[1.0, -1.0]]
    assert picture_scorer(reviews, products, "maximum")(some).tolist() == [[1.0, 0.0]]
    assert picture_scorer(reviews, products, "mean")(some).tolist() == [[0.5, -0.5]]
    scorer = picture_scorer(reviews, products, "mean")
    assert score_candidates(scorer, some, np.array([[1, 0, -1]]))[0, :2].tolist() == [-0.5, 0.5]
