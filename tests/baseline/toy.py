"""Small learnable worlds: gold candidates with the pair text yes, reviews as noisy copies of products."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline.linking.head import Lists, make_lists
from ameli_build.baseline.linking.image_module import Examples
from ameli_build.baseline.linking.pairs import Layout, Pair, PairTexts
from ameli_build.core.settings import BaselineSettings

CHOICES = 3
OPTIONS = BaselineSettings(
    text_epochs=6, text_pooled=8, text_hidden=16, text_learning_rate=1e-2, text_encoder_learning_rate=3e-3, batch=4
)


def marked_lists(name: str, count: int, seed: int) -> tuple[Lists, np.ndarray]:
    """Lists for the encoder `name`, and their gold products; the second slots of the first list are missing."""
    generator = np.random.default_rng(seed)
    candidates = np.stack([generator.permutation(CHOICES) for _ in range(count)]).astype(np.int64)
    gold = generator.integers(0, CHOICES, size=count)
    texts: list[tuple[str, str]] = []
    for n, (row, target) in enumerate(zip(candidates, gold, strict=True)):
        for product in row:
            texts.append((f"review {n}", "yes" if product == target else "no"))
            texts.append((f"product {product}", f"review {n}"))
    slots = np.arange(len(texts)).reshape(count, CHOICES, 2)
    slots[0, :, 1] = -1
    pairs = tuple(Pair(n, text) for n, (_, text) in enumerate(texts))
    layout = Layout(candidates, pairs, slots, np.zeros(slots.shape, dtype=np.float32))
    return make_lists(layout, PairTexts(tuple(texts), name, "cpu", 16, 16)), gold


def picture_examples(seed: int, count: int = 60) -> tuple[Examples, np.ndarray]:
    """Reviews whose vectors are noisy copies of the vectors of their products."""
    generator = np.random.default_rng(seed)
    products = generator.normal(size=(20, 8)).astype(np.float32)
    gold = generator.integers(0, 20, size=count)
    reviews = (products[gold] + generator.normal(size=(count, 8))).astype(np.float32)
    products /= np.linalg.norm(products, axis=1, keepdims=True)
    reviews /= np.linalg.norm(reviews, axis=1, keepdims=True)
    return Examples(reviews, gold, [[int(row)] for row in gold]), products
