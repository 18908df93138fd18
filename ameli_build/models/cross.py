"""Cross-encoders that score a pair of texts, by Sentence Transformers name or folder (section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ameli_build.core.arrays import Floats
from ameli_build.models.loading import loading
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A cross-encoder with a single output."""

    model: Any
    batch: int
    precision: str = "auto"

    def score(self, pairs: Sequence[tuple[str, str]], *, logits: bool = False) -> Floats:
        """Scores of shape (pairs,): sigmoids in 0..1, or unbounded logits with `logits`."""
        import torch

        if not pairs:
            return np.zeros(0, dtype=np.float32)
        activation = torch.nn.Identity() if logits else torch.nn.Sigmoid()
        with mixed(str(self.model.device), self.precision):
            scores = self.model.predict(
                list(pairs), batch_size=self.batch, show_progress_bar=False, activation_fn=activation
            )
        return np.asarray(scores, dtype=np.float32).reshape(-1)


@lru_cache(maxsize=2)
def load_cross_encoder(name: str, device: str = "cpu", batch: int = 32, precision: str = "auto") -> PairScorer:
    """The cross-encoder `name`, loaded once per process; raises `UnusableInput` if it cannot be loaded."""
    from sentence_transformers import CrossEncoder

    with loading("cross_encoder", name):
        path = place_of("cross_encoder", name)
        model = CrossEncoder(path, device=device, num_labels=1, local_files_only=True, trust_remote_code=False)
    return PairScorer(model, batch, precision)
