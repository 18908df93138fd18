"""The image module (sections 4.3 and 4.4): adapters over frozen picture embeddings, trained against a whole batch.

`H + ReLU(H W1) W2`, one adapter for reviews and one for products, as the paper writes it; or, as in the authors'
code, one for both with `0.2 ReLU(ReLU(H W1) W2) + 0.8 H`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.training import (
    Curve,
    Rating,
    Task,
    batches,
    deterministic,
    key_of,
    learn,
    load_modules,
    save_modules,
)
from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.fingerprints import work_code
from ameli_build.core.settings import BaselineSettings

SHARED_RATIO = 0.2
NAME = "adapters"
SETTINGS = ("adapters", "adapter_hidden", "adapter_epochs", "adapter_learning_rate", "adapter_scale", "batch")


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
    """The adapters of reviews and products, and the epoch and dev MRR (None without dev) that chose their weights.

    `curve` is empty in loaded adapters.
    """

    review: Adapter
    product: Adapter
    epoch: int = 0
    dev_mrr: float | None = None
    curve: Curve = field(default_factory=dict)

    @classmethod
    def untrained(cls, width: int, hidden: int, shared: bool) -> Adapters:
        """Two new adapters; the same object twice if shared."""
        review = Adapter(width, hidden, shared)
        return cls(review, review if shared else Adapter(width, hidden, shared))

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The distinct adapters by name."""
        modules: dict[str, nn.Module] = {"review": self.review}
        if self.product is not self.review:
            modules["product"] = self.product
        return modules

    def adapt_reviews(self, vectors: Matrix) -> Matrix:
        """Adapted unit vectors of review pictures."""
        return _apply(self.review, vectors)

    def adapt_products(self, vectors: Matrix) -> Matrix:
        """Adapted unit vectors of product pictures or texts."""
        return _apply(self.product, vectors)

    def save(self, folder: Path) -> None:
        """Write `adapters.safetensors` and `adapters.json`."""
        description = {"epoch": self.epoch, "dev_mrr": self.dev_mrr, "shared": self.review is self.product}
        description |= {"width": self.review.down.in_features, "hidden": self.review.down.out_features}
        save_modules(folder, NAME, self.modules, description)

    @classmethod
    def load(cls, folder: Path) -> Adapters:
        """Load the files of `save`; raises `UnusableInput` if they are missing or damaged."""

        def make(values: Mapping[str, Any]) -> Adapters:
            adapters = cls.untrained(values["width"], values["hidden"], values["shared"])
            return replace(adapters, epoch=values["epoch"], dev_mrr=values["dev_mrr"])

        return load_modules(folder, NAME, make, lambda adapters: adapters.modules)


@dataclass(frozen=True, slots=True)
class Examples:
    """Reviews of train or dev: their vectors, gold rows, and rows of hard negatives."""

    vectors: Matrix
    gold: Integers
    hard: Sequence[Sequence[int]]


def train_adapters(
    train: Examples, dev: Examples, products: Matrix, settings: BaselineSettings, seed: int, cache: Path | None = None
) -> Adapters | None:
    """Train with the contrastive loss of section 4.4.

    The negatives of a review are all entities of its batch: gold products and hard negatives of all its reviews. The
    epoch with the best mean reciprocal rank on dev is chosen, the untrained start included; without dev, the last.

    Args:
        train: Train reviews.
        dev: Dev reviews; may be empty.
        products: Vectors of all products, shape (products, dimension).
        settings: Settings of the training.
        seed: Seed of weights and batches.
        cache: Folder for checkpoints and finished weights.

    Returns:
        The trained adapters; None without a train review or with fewer than two products.
    """
    if len(train.gold) == 0 or len(products) < 2:
        return None
    with deterministic(seed):
        adapters = Adapters.untrained(products.shape[1], settings.adapter_hidden, settings.adapters == "shared")
        modules = nn.ModuleDict(adapters.modules)
        optimizer = torch.optim.Adam(modules.parameters(), lr=settings.adapter_learning_rate)
        queries, entities = torch.from_numpy(train.vectors), torch.from_numpy(products)

        def one_epoch(epoch: int) -> Iterator[float]:
            for batch, rows, target in _batches(train, settings.batch, seed, epoch):
                scores = adapters.review(queries[batch]) @ adapters.product(entities[rows]).T
                loss = functional.cross_entropy(scores * settings.adapter_scale, target)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                yield float(loss.detach())

        steps = math.ceil(len(train.gold) / settings.batch)
        others, rate = {"optimizer": optimizer}, partial(_mrr, adapters, dev, products)
        task = Task("learn adapters", adapters.modules, others, one_epoch, steps, rate, rate_start=True)
        path = None if cache is None else cache / _key(train, dev, products, settings, seed)
        epoch, best, curve = learn(task, settings.adapter_epochs, seed, path)
    return replace(adapters, epoch=epoch, dev_mrr=None if best is None else best[0], curve=curve)


def _key(train: Examples, dev: Examples, products: Matrix, settings: BaselineSettings, seed: int) -> str:
    """A hash of all inputs of the training."""
    options = {name: getattr(settings, name) for name in SETTINGS}
    hard = [list(map(int, rows)) for rows in train.hard]
    inputs = (train.vectors, train.gold, hard, dev.vectors, dev.gold, products)
    return key_of(NAME, *inputs, options, seed, work_code(__name__))


def _batches(
    train: Examples, size: int, seed: int, epoch: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """An epoch's batches: rows of reviews, rows of their entities, and the place of each gold among the entities."""
    for batch in batches(len(train.gold), size, seed, epoch):
        rows = np.unique(np.concatenate([train.gold[batch], *(np.array(train.hard[n], dtype=np.int64) for n in batch)]))
        target = np.searchsorted(rows, train.gold[batch])
        yield torch.from_numpy(batch), torch.from_numpy(rows), torch.from_numpy(target)


def _mrr(adapters: Adapters, dev: Examples, products: Matrix) -> Rating | None:
    """The mean of 1 over the gold product's place; products with the same picture tie and stand in order of SKU."""
    if len(dev.gold) == 0:
        return None
    scores = np.round(adapters.adapt_reviews(dev.vectors) @ adapters.adapt_products(products).T, 6)
    gold = scores[np.arange(len(dev.gold)), dev.gold][:, None]
    before = (scores > gold) | ((scores == gold) & (np.arange(len(products)) < dev.gold[:, None]))
    return (round(float((1 / (before.sum(axis=1) + 1)).mean()), 6),)


def _apply(adapter: Adapter, vectors: Matrix) -> Matrix:
    with torch.inference_mode():
        adapted: Matrix = adapter(torch.from_numpy(np.ascontiguousarray(vectors))).numpy()
    return adapted
