"""The text module's head (section 4.4): the slots of a candidate, concatenated, through an MLP to one score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from ameli_build.baseline.linking.pairs import Layout
from ameli_build.baseline.linking.steady import steady
from ameli_build.baseline.metrics import Integers
from ameli_build.models import Matrix
from ameli_build.settings import BaselineSettings

DROPOUT = 0.5
WEIGHT_DECAY = 1e-2
NEVER = -1e9
"""The score of padding."""


class Head(nn.Module):
    """`MLP([H_0 : H_1 : ... : H_s])`: one pooler for all encodings, a hidden layer, one score.

    The pooler stands for what a fine-tuned encoder would learn; without it the encodings of a frozen one, a few
    thousand numbers a candidate, are learnt by heart from a few hundred reviews.
    """

    def __init__(self, slots: int, width: int, pooled: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.pooler = nn.Linear(width, pooled)
        self.hidden = nn.Linear(slots * (pooled + 1), hidden)
        self.score = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, encodings: torch.Tensor, signals: torch.Tensor) -> torch.Tensor:
        """Scores of shape (reviews, candidates) from (reviews, candidates, slots, width) and (..., slots)."""
        pooled = torch.tanh(self.pooler(self.dropout(self.norm(encodings))))
        joined = torch.cat([pooled.flatten(-2), signals], dim=-1)
        hidden = self.dropout(torch.relu(self.hidden(joined)))
        scores: torch.Tensor = self.score(hidden).squeeze(-1)
        return scores


@dataclass(frozen=True, slots=True)
class Lists:
    """Candidate lists with what the head reads; `slots` says which slots take part."""

    candidates: Integers
    slots: torch.Tensor
    signals: torch.Tensor
    vectors: torch.Tensor
    """Encodings of the pairs, and a last row of zeros for missing slots (number -1)."""

    def inputs(self, rows: npt.NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encodings, signals and the mask of real candidates for some lists."""
        index = torch.from_numpy(rows)
        real = torch.from_numpy(self.candidates[rows] >= 0)
        return self.vectors[self.slots[index]], self.signals[index], real

    def some(self, keep: npt.NDArray[np.bool_]) -> Lists:
        """The lists at which `keep` is true."""
        index = torch.from_numpy(np.flatnonzero(keep))
        return Lists(self.candidates[keep], self.slots[index], self.signals[index], self.vectors)


@dataclass(frozen=True, slots=True)
class TextModule:
    """A trained head, and the epoch and dev F1 (None without dev) that chose it."""

    head: Head
    epoch: int
    dev_f1: float | None

    def scores(self, lists: Lists) -> npt.NDArray[np.float32]:
        """Scores of shape (reviews, candidates), -1e9 for padding."""
        return _scores(self.head, lists)


def make_lists(layout: Layout, vectors: Matrix, description_only: bool = False) -> Lists:
    """The lists of a layout; with `description_only`, the slots of the ablation without attributes."""
    chosen = slice(-1, None) if description_only else slice(None)
    padded = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), dtype=np.float32)])
    return Lists(
        layout.candidates,
        torch.from_numpy(np.ascontiguousarray(layout.slots[..., chosen])),
        torch.from_numpy(np.ascontiguousarray(layout.signals[..., chosen])),
        torch.from_numpy(padded),
    )


def train_text_module(
    train: Lists, gold: Integers, dev: Lists, dev_gold: Integers, settings: BaselineSettings, seed: int
) -> TextModule | None:
    """Train the head with cross-entropy over candidates; None where there is nothing to learn from.

    `gold` are rows of the knowledge base, in each train list. Keeps the epoch with the best dev F1, then the smallest
    dev loss; the last epoch without dev.
    """
    target = _places(train.candidates, gold)
    if (target < 0).any():
        raise ValueError("a train list lacks its gold product")
    if len(gold) == 0 or train.candidates.shape[1] < 2:
        return None
    with steady(seed):
        return _train(train, target, dev, dev_gold, settings, seed)


def _train(
    train: Lists, target: Integers, dev: Lists, dev_gold: Integers, settings: BaselineSettings, seed: int
) -> TextModule:
    head = Head(train.slots.shape[-1], train.vectors.shape[1], settings.text_pooled, settings.text_hidden)
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.text_learning_rate, weight_decay=WEIGHT_DECAY)
    generator = np.random.default_rng(seed)
    best: tuple[float, float] | None = None
    state, chosen = head.state_dict(), 0
    for epoch in range(1, settings.text_epochs + 1):
        _one_epoch(head, optimizer, train, target, settings.batch, generator)
        now = _judge(head, dev, dev_gold)
        if now is None or best is None or now > best:
            best, chosen = now, epoch
            state = {name: value.clone() for name, value in head.state_dict().items()}
    head.load_state_dict(state)
    return TextModule(head.eval(), chosen, None if best is None else best[0])


def _one_epoch(
    head: Head,
    optimizer: torch.optim.Optimizer,
    train: Lists,
    target: Integers,
    size: int,
    generator: np.random.Generator,
) -> None:
    head.train()
    order = generator.permutation(len(target))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        encodings, signals, real = train.inputs(rows)
        scores = head(encodings, signals).masked_fill(~real, NEVER)
        loss = functional.cross_entropy(scores, torch.from_numpy(target[rows]))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _places(candidates: Integers, gold: Integers) -> Integers:
    found = candidates == gold[:, None]
    return np.where(found.any(axis=1), found.argmax(axis=1), -1).astype(np.int64)


def _judge(head: Head, dev: Lists, gold: Integers) -> tuple[float, float] | None:
    """Dev F1 and minus the loss where gold is a candidate; None without such a review."""
    place = _places(dev.candidates, gold)
    there = place >= 0
    if not there.any():
        return None
    scores = torch.from_numpy(_scores(head, dev))[torch.from_numpy(there)]
    wanted = torch.from_numpy(place[there])
    right = float((scores.argmax(dim=1) == wanted).sum()) / len(gold)
    return right, -float(functional.cross_entropy(scores, wanted))


def _scores(head: Head, lists: Lists) -> npt.NDArray[np.float32]:
    head.eval()
    count = len(lists.candidates)
    parts = []
    with torch.inference_mode():
        for start in range(0, count, 64):
            encodings, signals, real = lists.inputs(np.arange(start, min(start + 64, count)))
            parts.append(head(encodings, signals).masked_fill(~real, NEVER).numpy())
    return np.concatenate(parts) if parts else np.zeros(lists.candidates.shape, dtype=np.float32)
