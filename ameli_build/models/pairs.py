"""Encoders of sentence pairs: any Transformers encoder that reads both texts as a single sequence (section 4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ameli_build.core.arrays import Matrix
from ameli_build.models.loading import loading
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of

if TYPE_CHECKING:
    import torch

TextPair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PairEncoder:
    """An encoder of pairs. A pair's vector is the mean over the tokens of the second text, which attend to the first.

    If a pair is too long, its longer text is truncated.
    """

    tokenizer: Any
    model: Any
    device: str
    batch: int
    max_tokens: int
    precision: str = "auto"

    @property
    def width(self) -> int:
        """Dimension of a pair's vector."""
        return int(self.model.config.hidden_size)

    def encode(self, pairs: Sequence[TextPair]) -> Matrix:
        """Vectors of shape (pairs, dimension), not normalised."""
        import torch

        vectors = np.zeros((len(pairs), self.width), dtype=np.float32)
        with torch.inference_mode(), mixed(self.device, self.precision):
            for rows in self.batches(pairs):
                vectors[rows] = self.represent([pairs[n] for n in rows]).cpu().numpy()
        return vectors

    def batches(self, pairs: Sequence[TextPair]) -> Iterator[list[int]]:
        """Indices of the pairs, in batches of similar lengths."""
        order = sorted(range(len(pairs)), key=lambda n: (sum(map(len, pairs[n])), pairs[n]))
        for start in range(0, len(order), self.batch):
            yield order[start : start + self.batch]

    def represent(self, pairs: Sequence[TextPair]) -> torch.Tensor:
        """Vectors of a batch on the model's device, with gradients for training."""
        import torch

        firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
        encoded = self.tokenizer(
            firsts, seconds, padding=True, truncation="longest_first", max_length=self.max_tokens, return_tensors="pt"
        )
        second = torch.tensor([[place == 1 for place in encoded.sequence_ids(n)] for n in range(len(pairs))])
        hidden = self.model(**encoded.to(self.device)).last_hidden_state.float()
        weights = second.unsqueeze(-1).float().to(self.device)
        means: torch.Tensor = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        return means


@lru_cache(maxsize=2)
def load_pair_encoder(
    name: str, device: str, batch: int, max_tokens: int, setting: str = "nli_encoder", precision: str = "auto"
) -> PairEncoder:
    """The encoder `name`, loaded once per process; raises `UnusableInput` if it cannot be loaded."""
    from transformers import AutoModel, AutoTokenizer

    with loading(setting, name):
        path = place_of(setting, name)
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(path, use_fast=True, **own)  # type: ignore[no-untyped-call]
        model = AutoModel.from_pretrained(path, **own)
    return PairEncoder(tokenizer, model.float().to(device).eval(), device, batch, max_tokens, precision)
