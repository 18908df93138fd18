"""The image module (sections 4.3 and 4.4): adapters over frozen picture embeddings, trained against a whole batch.

`H + ReLU(H W1) W2`, one adapter for reviews and one for products, as the paper writes it; or, as in the authors'
code, one for both with `0.2 ReLU(ReLU(H W1) W2) + 0.8 H`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.linking.steady import steady
from ameli_build.baseline.metrics import Integers
from ameli_build.models import Matrix
from ameli_build.settings import BaselineSettings

SHARED_RATIO = 0.2


class Adapter(nn.Module):
    """A feed-forward layer with a residual connection; `mixed` for the form of the authors' code."""

    def __init__(self, width: int, hidden: int, mixed: bool) -> None:
        super().__init__()
        self.down = nn.Linear(width, hidden, bias=False)
        self.up = nn.Linear(hidden, width, bias=False)
        self.mixed = mixed
        if not mixed:
            nn.init.zeros_(self.up.weight)  # training starts at the embeddings as they are

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Unit vectors of the same shape."""
        change = self.up(torch.relu(self.down(vectors)))
        mixed = SHARED_RATIO * torch.relu(change) + (1 - SHARED_RATIO) * vectors
        return functional.normalize(mixed if self.mixed else vectors + change, dim=-1)


@dataclass(frozen=True, slots=True)
class Adapters:
    """The trained pair, and the epoch and dev mean reciprocal rank (None without dev) that chose it."""

    review: Adapter
    product: Adapter
    epoch: int
    dev_mrr: float | None

    def adapt_reviews(self, vectors: Matrix) -> Matrix:
        """Adapted unit vectors of review pictures."""
        return _apply(self.review, vectors)

    def adapt_products(self, vectors: Matrix) -> Matrix:
        """Adapted unit vectors of product pictures or texts."""
        return _apply(self.product, vectors)


@dataclass(frozen=True, slots=True)
class Examples:
    """Reviews to learn from or to choose by: their vectors, gold rows, and rows of hard negatives."""

    vectors: Matrix
    gold: Integers
    hard: Sequence[Sequence[int]]


def train_adapters(
    train: Examples, dev: Examples, products: Matrix, settings: BaselineSettings, seed: int
) -> Adapters | None:
    """Train with the contrastive loss of section 4.4; None where there is nothing to learn from.

    The negatives of a review are all entities of its batch: gold products and hard negatives of all its reviews.
    Keeps the epoch with the best mean reciprocal rank on dev, the untrained start included; the last one without dev.
    """
    if len(train.gold) == 0 or len(products) < 2:
        return None
    with steady(seed):
        return _train(train, dev, products, settings, seed)


def _train(train: Examples, dev: Examples, products: Matrix, settings: BaselineSettings, seed: int) -> Adapters:
    mixed = settings.adapters == "shared"
    review = Adapter(products.shape[1], settings.adapter_hidden, mixed)
    product = review if mixed else Adapter(products.shape[1], settings.adapter_hidden, mixed)
    parameters = {id(one): one for one in (*review.parameters(), *product.parameters())}
    optimizer = torch.optim.Adam(parameters.values(), lr=settings.adapter_learning_rate)
    queries, entities = torch.from_numpy(train.vectors), torch.from_numpy(products)
    best, state = _mrr(review, product, dev, products), _state(review, product)
    chosen = 0
    generator = np.random.default_rng(seed)
    for epoch in range(1, settings.adapter_epochs + 1):
        for batch, rows, target in _batches(train, settings.batch, generator):
            scores = review(queries[batch]) @ product(entities[rows]).T
            loss = functional.cross_entropy(scores * settings.adapter_scale, target)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        now = _mrr(review, product, dev, products)
        if now is None or best is None or now > best:
            best, state, chosen = now, _state(review, product), epoch
    review.load_state_dict(state[0])
    product.load_state_dict(state[1])
    return Adapters(review, product, chosen, best)


def _batches(
    train: Examples, size: int, generator: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Batches in a new random order: rows of reviews, rows of their entities, and where each gold stands in them."""
    order = generator.permutation(len(train.gold))
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        rows = np.unique(np.concatenate([train.gold[batch], *(np.array(train.hard[n], dtype=np.int64) for n in batch)]))
        target = np.searchsorted(rows, train.gold[batch])
        yield torch.from_numpy(batch), torch.from_numpy(rows), torch.from_numpy(target)


def _mrr(review: Adapter, product: Adapter, dev: Examples, products: Matrix) -> float | None:
    """The mean of 1 over the gold product's place; products with the same picture tie and stand in order of SKU."""
    if len(dev.gold) == 0:
        return None
    scores = np.round(_apply(review, dev.vectors) @ _apply(product, products).T, 6)
    gold = scores[np.arange(len(dev.gold)), dev.gold][:, None]
    before = (scores > gold) | ((scores == gold) & (np.arange(len(products)) < dev.gold[:, None]))
    return round(float((1 / (before.sum(axis=1) + 1)).mean()), 6)


def _state(review: Adapter, product: Adapter) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    first, second = (
        {name: value.clone() for name, value in module.state_dict().items()} for module in (review, product)
    )
    return first, second


def _apply(adapter: Adapter, vectors: Matrix) -> Matrix:
    with torch.inference_mode():
        adapted: Matrix = adapter(torch.from_numpy(np.ascontiguousarray(vectors))).numpy()
    return adapted
