"""Text encoders: Sentence Transformers by name, folder, or from the package index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ameli_build.core.arrays import Matrix
from ameli_build.models import TextEncoder
from ameli_build.models.exported import load_exported
from ameli_build.models.loading import loading
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """A Sentence Transformers model as a `TextEncoder`; texts are truncated at the model's maximum length."""

    model: SentenceTransformer
    batch: int
    precision: str = "auto"

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension)."""
        if not texts:
            return self.encode([""])[:0]
        with mixed(str(self.model.device), self.precision):
            vectors = self.model.encode(
                list(texts),
                batch_size=self.batch,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, dtype=np.float32)


@lru_cache(maxsize=4)
def load_text_encoder(
    name: str,
    device: str = "cpu",
    batch: int = 32,
    setting: str = "text_encoder",
    exported: str = "",
    precision: str = "auto",
) -> TextEncoder:
    """The text encoder `name`, loaded once per process.

    Args:
        name: A name of `models.text_encoder`.
        device: Device of PyTorch.
        batch: Texts of a forward pass.
        setting: The key below `models` for error messages.
        exported: Folder of an exported model (`models.exported`) to run instead; "" for none.
        precision: "auto" or "full" (`models.precision`).

    Raises:
        UnusableInput: The model cannot be loaded.
    """
    model = load_exported(exported) if exported else load_sentence_transformer(name, device, setting)
    return SentenceEncoder(model, batch, precision)


def load_sentence_transformer(name: str, device: str, setting: str) -> SentenceTransformer:
    """A Sentence Transformers model in evaluation mode; raises `UnusableInput` if it cannot be loaded."""
    from sentence_transformers import SentenceTransformer

    with loading(setting, name):
        path = place_of(setting, name)
        model: SentenceTransformer = SentenceTransformer(
            path, device=device, local_files_only=True, trust_remote_code=False
        )
        model.eval()
    return model
