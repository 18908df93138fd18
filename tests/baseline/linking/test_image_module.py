"""Adapters learn the hidden mapping of a synthetic world, and are absent without train reviews."""

import numpy as np
import pytest

from ameli_build.baseline.linking.image_module import Examples, train_adapters
from ameli_build.core.settings import BaselineSettings

OPTIONS = BaselineSettings(adapter_hidden=32, adapter_epochs=30, adapter_learning_rate=5e-3, adapter_scale=20)


def world(seed: int = 0) -> tuple[Examples, Examples, np.ndarray]:
    """Reviews with noisy vectors of their products; half of the dimensions are positive noise."""
    generator = np.random.default_rng(seed)
    products = generator.normal(size=(120, 16)).astype(np.float32)
    gold = generator.integers(0, 120, size=600)
    reviews = products[gold] + generator.normal(size=(600, 16)).astype(np.float32) * 0.2
    reviews[:, :8] = np.abs(generator.normal(size=(600, 8))) * 3

    def normal(matrix: np.ndarray) -> np.ndarray:
        return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)

    hard = [[int(row), int((row + 1) % 120)] for row in gold]
    products, reviews = normal(products), normal(reviews)
    return Examples(reviews[:500], gold[:500], hard[:500]), Examples(reviews[500:], gold[500:], hard[500:]), products


def recall(queries: np.ndarray, entities: np.ndarray, gold: np.ndarray) -> float:
    return float(((queries @ entities.T).argmax(axis=1) == gold).mean())


@pytest.mark.parametrize("form", ["separate", "shared"])
def test_adapters_beat_the_plain_embeddings(form: str) -> None:
    train, dev, products = world()
    options = OPTIONS.model_copy(update={"adapters": form})
    adapters = train_adapters(train, dev, products, options, seed=1)
    assert adapters is not None
    before = recall(dev.vectors, products, dev.gold)
    after = recall(adapters.adapt_reviews(dev.vectors), adapters.adapt_products(products), dev.gold)
    assert after > before + (0.3 if form == "separate" else 0.02)
    assert adapters.dev_mrr is not None
    assert after <= adapters.dev_mrr <= 1
    assert np.linalg.norm(adapters.adapt_products(products), axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_seed_gives_the_same_adapters() -> None:
    train, dev, products = world()
    first, second = (train_adapters(train, dev, products, OPTIONS, seed=3) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.adapt_reviews(dev.vectors), second.adapt_reviews(dev.vectors))


def test_there_are_no_adapters_without_train_reviews() -> None:
    train, dev, products = world()
    none = Examples(train.vectors[:0], train.gold[:0], [])
    assert train_adapters(none, dev, products, OPTIONS, seed=1) is None
    adapters = train_adapters(train, none, products, OPTIONS.model_copy(update={"adapter_epochs": 2}), seed=1)
    assert adapters is not None
    assert (adapters.epoch, adapters.dev_mrr) == (2, None)
