"""Search against brute force: ties, faiss indexes by name, pooling over pictures, pools by index."""

import numpy as np
import pytest

from ameli_build.baseline.retrieval.channels import (
    BestPairScorer,
    Pictures,
    VectorScorer,
    cosine_scorer,
    picture_scorer,
)
from ameli_build.baseline.retrieval.pools import build_pool, rank
from ameli_build.baseline.retrieval.search import among_top, best_columns, build_index
from ameli_build.core.errors import UnusableInput


def unit(generator: np.random.Generator, rows: int, width: int = 16) -> np.ndarray:
    matrix = generator.normal(size=(rows, width)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def pictures(generator: np.random.Generator, items: int) -> Pictures:
    counts = generator.integers(1, 5, size=items)
    return Pictures(unit(generator, int(counts.sum())), np.concatenate([[0], np.cumsum(counts)]))


def brute(scores: np.ndarray, top: int) -> np.ndarray:
    return np.argsort(-scores, axis=1, kind="stable")[:, :top]


@pytest.mark.parametrize("top", [1, 3, 10, 39, 40, 60])
def test_ties_go_to_the_smaller_column(top: int) -> None:
    scores = np.random.default_rng(top).integers(0, 6, size=(200, 40)).astype(np.float32)
    scores[:20] = -np.inf
    scores[3, 30:33] = 1
    wanted = brute(scores, top)
    assert np.array_equal(best_columns(scores, top), wanted)
    mask = np.zeros(scores.shape, dtype=bool)
    np.put_along_axis(mask, wanted, True, axis=1)
    assert np.array_equal(among_top(scores, top), mask)


def test_the_exact_pool_equals_the_best_of_all_sorted_scores() -> None:
    generator = np.random.default_rng(3)
    queries, texts, images = unit(generator, 300), unit(generator, 500), unit(generator, 500)
    texts[100:120] = texts[90]  # twenty equal products
    queries[:50] = texts[90]
    scorers = {"text": cosine_scorer(queries, texts), "image": cosine_scorer(queries, images)}
    pool = build_pool(scorers, [np.ones(500, dtype=bool)] * 300, 500, 12)
    full = {"text": np.round(queries @ texts.T, 6), "image": np.round(queries @ images.T, 6)}
    for n in range(300):
        wanted = sorted({*brute(full["text"], 12)[n], *brute(full["image"], 12)[n]})
        assert pool.rows[n][pool.rows[n] >= 0].tolist() == wanted
        for name, values in pool.channels.items():
            assert values[n, : len(wanted)] == pytest.approx(full[name][n, wanted], abs=2e-6)
    assert not pool.allowed[pool.rows < 0].any()


def test_flat_index_gives_the_exact_pool() -> None:
    generator = np.random.default_rng(4)
    queries, entities = unit(generator, 60), unit(generator, 400)
    allowed = [np.ones(400, dtype=bool)] * 60
    exact, flat = (
        build_pool({"text": cosine_scorer(queries, entities)}, allowed, 400, 20, index) for index in ("exact", "Flat")
    )
    assert np.array_equal(exact.rows, flat.rows)
    assert np.allclose(exact.channels["text"], flat.channels["text"], atol=2e-6)
    assert np.array_equal(rank(exact, {"text": 1.0}).rows, rank(flat, {"text": 1.0}).rows)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("HNSW32", 0.95), ("IVF16,Flat", 0.4), ("PQ8", 0.4)])
def test_an_approximate_index_finds_most_neighbours(name: str, least: float) -> None:
    generator = np.random.default_rng(5)
    queries, entities = unit(generator, 80), unit(generator, 2000)
    rows = build_index(entities, name).nearest(queries, 20)
    assert rows.shape == (80, 20)
    wanted = brute(queries @ entities.T, 20)
    recall = np.mean([len({*found} & {*right}) / 20 for found, right in zip(rows, wanted, strict=True)])
    assert recall >= least
    assert np.array_equal(build_index(entities, name).nearest(queries, 20), rows)


@pytest.mark.parametrize("name", ["IVF256,Flat", "PQ5", "no such thing"])
def test_an_index_that_cannot_be_built_is_refused(name: str) -> None:
    scorer = cosine_scorer(*(unit(np.random.default_rng(6), 30) for _ in range(2)))
    with pytest.raises(UnusableInput, match=r"setting baseline\.index: '.*' cannot be built from 30 vectors of 16"):
        build_pool({"text": scorer}, [np.ones(30, dtype=bool)] * 30, 30, 5, name)


def test_a_pool_of_everything_needs_no_index() -> None:
    scorer = cosine_scorer(*(unit(np.random.default_rng(6), 30) for _ in range(2)))
    pool = build_pool({"text": scorer}, [np.ones(30, dtype=bool)] * 30, 30, 1000, "IVF256,Flat")
    assert pool.rows.tolist() == [list(range(30))] * 30


def pairwise(reviews: Pictures, products: Pictures, pool: str) -> np.ndarray:
    """Pooled cosines, computed separately for each pair of items."""
    parts = [np.split(some.vectors.astype(np.float64), some.starts[1:-1]) for some in (reviews, products)]
    how = {"maximum": np.max, "mean": np.mean}[pool]
    return np.array([[how(mine @ theirs.T) for theirs in parts[1]] for mine in parts[0]])


@pytest.mark.parametrize("pooling", ["maximum", "mean"])
def test_pooling_over_many_pictures_agrees_with_pairwise_pooling(pooling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(7)
    reviews, products = pictures(generator, 40), pictures(generator, 90)
    scorer = picture_scorer(reviews, products, pooling)
    wanted = pairwise(reviews, products, pooling)
    some = np.array([5, 0, 39, 12])
    for room in (1 << 25, 1000, 1):  # all reviews at once, a few, one at a time
        monkeypatch.setattr("ameli_build.baseline.retrieval.channels.PAIRS", room)
        assert np.allclose(scorer(some), wanted[some], atol=1e-6)
    rows = np.array([[0, 89, 3, -1]] * 4)
    assert np.allclose(scorer.at(some, rows)[:, :3], wanted[some][:, [0, 89, 3]], atol=1e-6)


@pytest.mark.parametrize("pooling", ["first", "maximum", "mean"])
def test_pictures_are_searched_by_index(pooling: str) -> None:
    generator = np.random.default_rng(8)
    reviews, products = pictures(generator, 30), pictures(generator, 300)
    scorer = picture_scorer(reviews, products, pooling)
    assert isinstance(scorer, BestPairScorer if pooling == "maximum" else VectorScorer)
    some = np.arange(30)
    found = scorer.nearest(scorer.index("Flat"), some, 25)
    wanted = brute(scorer(some), 25)
    shared = [len({*mine} & {*right}) for mine, right in zip(found, wanted, strict=True)]
    assert min(shared) >= (12 if pooling == "maximum" else 25)
    assert all(row[0] in mine for row, mine in zip(wanted, found, strict=True))
    assert all(len({*mine[mine >= 0]}) == (mine >= 0).sum() for mine in found)
