"""The image module (sections 4.3 and 4.4): adapters over frozen picture embeddings, trained against a whole batch.

`H + ReLU(H W1) W2`, one adapter for reviews and one for products, as the paper writes it; or, as in the authors'
code, one for both with `0.2 ReLU(ReLU(H W1) W2) + 0.8 H`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.linking.checkpoints import fill_modules, read_modules, save_modules
from ameli_build.baseline.linking.determinism import steady
from ameli_build.baseline.linking.training import Judged, Task, batches, count_steps, key_of, learn
from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.errors import UnusableInput
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

    def save(self, folder: Path, name: str = NAME) -> None:
        """Write `adapters.safetensors` and `adapters.json`."""
        told = {"epoch": self.epoch, "dev_mrr": self.dev_mrr, "shared": self.review is self.product}
        told |= {"width": self.review.down.in_features, "hidden": self.review.down.out_features}
        save_modules(folder, name, _modules(self.review, self.product), told)

    @classmethod
    def load(cls, folder: Path, name: str = NAME) -> Adapters:
        """Adapters from the files of `save`; raises `UnusableInput` if they are missing or damaged."""
        told, weights = read_modules(folder, name)
        try:
            review, product = _make(told["width"], told["hidden"], told["shared"])
            adapters = cls(review, product, told["epoch"], told["dev_mrr"])
        except (KeyError, TypeError) as error:
            raise UnusableInput(f"{folder / name}.json: does not tell of adapters ({error!r})") from None
        fill_modules(folder, name, _modules(review, product), weights)
        return adapters


def _make(width: int, hidden: int, shared: bool) -> tuple[Adapter, Adapter]:
    """The adapters of reviews and products; the same object if shared."""
    review = Adapter(width, hidden, shared)
    return review, review if shared else Adapter(width, hidden, shared)


def _modules(review: Adapter, product: Adapter) -> dict[str, nn.Module]:
    return {"review": review} if review is product else {"review": review, "product": product}


@dataclass(frozen=True, slots=True)
class Examples:
    """Reviews of train or dev: their vectors, gold rows, and rows of hard negatives."""

    vectors: Matrix
    gold: Integers
    hard: Sequence[Sequence[int]]


def train_adapters(
    train: Examples,
    dev: Examples,
    products: Matrix,
    settings: BaselineSettings,
    seed: int,
    cache: Path | None = None,
) -> Adapters | None:
    """Train with the contrastive loss of section 4.4; None without data to train on.

    The negatives of a review are all entities of its batch: gold products and hard negatives of all its reviews.
    Keeps the epoch with the best mean reciprocal rank on dev, the untrained start included; the last one without dev.
    `cache` is a folder for checkpoints and finished weights.
    """
    if len(train.gold) == 0 or len(products) < 2:
        return None
    kept = None if cache is None else cache / _key(train, dev, products, settings, seed)
    with steady(seed):
        review, product = _make(products.shape[1], settings.adapter_hidden, settings.adapters == "shared")
        modules = nn.ModuleDict(_modules(review, product))
        optimizer = torch.optim.Adam(modules.parameters(), lr=settings.adapter_learning_rate)
        task = Task(
            "learn adapters",
            dict(modules.items()),
            {"optimizer": optimizer},
            lambda epoch: _one_epoch(review, product, optimizer, train, products, settings, seed, epoch),
            count_steps(len(train.gold), settings.batch),
            lambda: _mrr(review, product, dev, products),
            judge_start=True,
        )
        chosen, best = learn(task, settings.adapter_epochs, seed, kept)
    return Adapters(review, product, chosen, None if best is None else best[0])


def _key(train: Examples, dev: Examples, products: Matrix, settings: BaselineSettings, seed: int) -> str:
    """Covers all that the training depends on."""
    options = {name: getattr(settings, name) for name in SETTINGS}
    code = work_code(__name__)
    hard = [list(map(int, rows)) for rows in train.hard]
    return key_of(NAME, train.vectors, train.gold, hard, dev.vectors, dev.gold, products, options, seed, code)


def _one_epoch(
    review: Adapter,
    product: Adapter,
    optimizer: torch.optim.Optimizer,
    train: Examples,
    products: Matrix,
    settings: BaselineSettings,
    seed: int,
    epoch: int,
) -> Iterator[float]:
    queries, entities = torch.from_numpy(train.vectors), torch.from_numpy(products)
    for batch, rows, target in _batches(train, settings.batch, seed, epoch):
        scores = review(queries[batch]) @ product(entities[rows]).T
        loss = functional.cross_entropy(scores * settings.adapter_scale, target)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        yield float(loss.detach())


def _batches(
    train: Examples, size: int, seed: int, epoch: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """An epoch's batches: rows of reviews, rows of their entities, and the place of each gold among the entities."""
    for batch in batches(len(train.gold), size, seed, epoch):
        rows = np.unique(np.concatenate([train.gold[batch], *(np.array(train.hard[n], dtype=np.int64) for n in batch)]))
        target = np.searchsorted(rows, train.gold[batch])
        yield torch.from_numpy(batch), torch.from_numpy(rows), torch.from_numpy(target)


def _mrr(review: Adapter, product: Adapter, dev: Examples, products: Matrix) -> Judged | None:
    """The mean of 1 over the gold product's place; products with the same picture tie and stand in order of SKU."""
    if len(dev.gold) == 0:
        return None
    scores = np.round(_apply(review, dev.vectors) @ _apply(product, products).T, 6)
    gold = scores[np.arange(len(dev.gold)), dev.gold][:, None]
    before = (scores > gold) | ((scores == gold) & (np.arange(len(products)) < dev.gold[:, None]))
    return (round(float((1 / (before.sum(axis=1) + 1)).mean()), 6),)


def _apply(adapter: Adapter, vectors: Matrix) -> Matrix:
    with torch.inference_mode():
        adapted: Matrix = adapter(torch.from_numpy(np.ascontiguousarray(vectors))).numpy()
    return adapted
