"""The text module's head (section 4.4): the slots of a candidate, concatenated, through an MLP to one score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from ameli_build.baseline.linking.encoder import LearningEncoder
from ameli_build.baseline.linking.pairs import Layout, PairTexts
from ameli_build.core.arrays import Floats, Integers, Mask, Matrix
from ameli_build.models.sources import identity

DROPOUT = 0.5
NEVER = -1e9
"""The score of padding."""


class Head(nn.Module):
    """`MLP([H_0 : H_1 : ... : H_s])`: one pooler for all encodings, a hidden layer, one score.

    The pooler replaces the fine-tuning of the encoder. Without it the head overfits: the encodings of a frozen encoder
    have a few thousand numbers for each candidate, and there are a few hundred reviews.
    """

    def __init__(self, slots: int, width: int, pooled: int, hidden: int) -> None:
        super().__init__()
        self.shape = (slots, width, pooled, hidden)
        self.norm = nn.LayerNorm(width)
        self.pooler = nn.Linear(width, pooled)
        self.hidden = nn.Linear(slots * (pooled + 1), hidden)
        self.score = nn.Linear(hidden, 1)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, encodings: torch.Tensor, signals: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Scores of shape (reviews, candidates), -1e9 where `real` (of that shape) is false.

        `encodings` are (reviews, candidates, slots, width), `signals` (reviews, candidates, slots).
        """
        pooled = torch.tanh(self.pooler(self.dropout(self.norm(encodings))))
        joined = torch.cat([pooled.flatten(-2), signals], dim=-1)
        hidden = self.dropout(torch.relu(self.hidden(joined)))
        scores: torch.Tensor = self.score(hidden).squeeze(-1)
        return scores.masked_fill(~real, NEVER)


@dataclass(frozen=True, slots=True)
class Lists:
    """Candidate lists with the inputs of the head; `slots` are the numbers of the pairs, -1 for none."""

    candidates: Integers
    slots: torch.Tensor
    signals: torch.Tensor
    pairs: torch.Tensor | PairTexts
    """Encodings of the pairs by number, or their texts if the encoder is trained too."""

    def inputs(
        self, rows: Integers, encoder: LearningEncoder | None = None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encodings, signals and the mask of real candidates for some lists; missing slots (-1) are 0."""
        index = torch.from_numpy(rows)
        slots, real = self.slots[index], torch.from_numpy(self.candidates[rows] >= 0)
        if isinstance(self.pairs, torch.Tensor):
            encodings = self.pairs[slots.clamp(min=0)].masked_fill((slots < 0).unsqueeze(-1), 0)
        elif encoder is not None:
            encodings = encoder(self.pairs, slots.numpy())
        else:
            raise ValueError("texts of pairs need an encoder")
        return encodings, self.signals[index].to(encodings.device), real.to(encodings.device)

    def some(self, keep: Mask) -> Lists:
        """The lists for which `keep` is true."""
        index = torch.from_numpy(np.flatnonzero(keep))
        return Lists(self.candidates[keep], self.slots[index], self.signals[index], self.pairs)

    def numbers(self) -> Integers:
        """The distinct numbers of the pairs in the lists, ascending."""
        found = np.unique(self.slots.numpy())
        return found[found >= 0].astype(np.int64)

    def content(self) -> list[Any]:
        """The content of the lists, independent of the numbering of pairs and of pairs in other lists."""
        numbers = self.numbers()
        places = np.where(self.slots.numpy() < 0, -1, np.searchsorted(numbers, self.slots.numpy()))
        if isinstance(self.pairs, torch.Tensor):
            return [self.candidates, places, self.signals, self.pairs[torch.from_numpy(numbers)]]
        texts = [self.pairs.texts[n] for n in numbers]
        source = [identity(self.pairs.name), self.pairs.device, self.pairs.batch, self.pairs.max_tokens]
        return [self.candidates, places, self.signals, texts, source]

    def encoded(self, encoder: LearningEncoder | None) -> Lists:
        """The same lists with encodings by this encoder; unchanged without an encoder."""
        if encoder is None or not isinstance(self.pairs, PairTexts):
            return self
        return replace(self, pairs=torch.from_numpy(encoder.encode(self.pairs, self.numbers())))


def make_lists(layout: Layout, pairs: Matrix | PairTexts, description_only: bool = False) -> Lists:
    """The lists of a layout; with `description_only`, the slots of the ablation without attributes.

    `pairs` is the result of `encode_pairs` for the pairs of the layout.
    """
    chosen = slice(-1, None) if description_only else slice(None)
    return Lists(
        layout.candidates,
        torch.from_numpy(np.ascontiguousarray(layout.slots[..., chosen])),
        torch.from_numpy(np.ascontiguousarray(layout.signals[..., chosen])),
        pairs if isinstance(pairs, PairTexts) else torch.from_numpy(np.ascontiguousarray(pairs)),
    )


def score(head: Head, lists: Lists) -> Floats:
    """Scores of lists whose pairs are encoded."""
    head.eval()
    count, device = len(lists.candidates), head.score.weight.device
    parts = []
    with torch.inference_mode():
        for start in range(0, count, 64):
            inputs = lists.inputs(np.arange(start, min(start + 64, count)))
            parts.append(head(*(tensor.to(device) for tensor in inputs)).cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros(lists.candidates.shape, dtype=np.float32)
