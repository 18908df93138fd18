"""Image encoders with a text tower beside them: open_clip, Sentence Transformers, and the small one that is bundled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ameli_build.models import ImageEncoder, Matrix
from ameli_build.models.missing import unavailable
from ameli_build.models.precision import mixed
from ameli_build.models.text import load_sentence_transformer

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


@dataclass(frozen=True, slots=True)
class OpenClipEncoder:
    """Both towers of an open_clip model."""

    model: Any
    preprocess: Callable[[Image.Image], torch.Tensor]
    tokenizer: Callable[[list[str]], torch.Tensor]
    device: str
    batch: int
    precision: str = "auto"

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """Unit vectors of shape (images, dimension)."""
        import torch

        def forward(items: Sequence[Image.Image]) -> torch.Tensor:
            pixels = torch.stack([self.preprocess(item.convert("RGB")) for item in items])
            return self.model.encode_image(pixels.to(self.device))  # type: ignore[no-any-return]

        return self._batches(images, forward)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension) in the images' space."""

        def forward(items: Sequence[str]) -> torch.Tensor:
            tokens = self.tokenizer(list(items)).to(self.device)
            return self.model.encode_text(tokens)  # type: ignore[no-any-return]

        return self._batches(texts, forward)

    def _batches(self, items: Sequence[Any], forward: Callable[[Any], torch.Tensor]) -> Matrix:
        import torch

        parts = []
        with torch.inference_mode():
            for part in _cut(items, self.batch):
                with mixed(self.device, self.precision):
                    vectors = forward(part)
                parts.append(torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy())
        return np.concatenate(parts).astype(np.float32) if parts else np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class SentenceClipEncoder:
    """A CLIP model as Sentence Transformers wraps it."""

    model: SentenceTransformer
    batch: int
    precision: str = "auto"

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """Unit vectors of shape (images, dimension)."""
        return self._encode([image.convert("RGB") for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension) in the images' space."""
        return self._encode(list(texts))

    def _encode(self, items: list[Any]) -> Matrix:
        if not items:
            return np.zeros((0, 0), dtype=np.float32)
        with mixed(str(self.model.device), self.precision):
            vectors = self.model.encode(
                items, batch_size=self.batch, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return np.asarray(vectors, dtype=np.float32)


@lru_cache(maxsize=2)
def load_image_encoder(name: str, device: str = "cpu", batch: int = 32, precision: str = "auto") -> ImageEncoder:
    """The image encoder of that name, loaded once a process.

    `bundled:tiny-clip`, `open_clip:<architecture>/<pretrained tag or file>`, or a CLIP of Sentence Transformers.
    Raises `UnusableInput` when the model cannot be had.
    """
    if name == "bundled:tiny-clip":
        from ameli_build.models.tiny_clip import load

        model, preprocess, tokenizer = load()
        return OpenClipEncoder(model.to(device), preprocess, tokenizer, device, batch, precision)
    if name.startswith("open_clip:"):
        return _load_open_clip(name, device, batch, precision)
    return SentenceClipEncoder(load_sentence_transformer(name, device, "image_encoder"), batch, precision)


def _load_open_clip(name: str, device: str, batch: int, precision: str) -> OpenClipEncoder:
    import open_clip

    architecture, _, pretrained = name.removeprefix("open_clip:").partition("/")
    if not pretrained:  # open_clip would hand out random weights
        raise unavailable("image_encoder", name, ValueError("expected open_clip:ARCHITECTURE/PRETRAINED"))
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(architecture, pretrained=pretrained, device=device)
        tokenizer = open_clip.get_tokenizer(architecture)
    except Exception as error:  # the libraries below raise whatever they like for a missing model
        raise unavailable("image_encoder", name, error) from error
    model.eval()
    return OpenClipEncoder(model, preprocess, tokenizer, device, batch, precision)


def _cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
