"""Image encoders: CLIP with both towers, from open_clip or Sentence Transformers, and networks without a text tower."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ameli_build.core.arrays import Matrix
from ameli_build.core.errors import UnusableInput
from ameli_build.models import ImageEncoder
from ameli_build.models.loading import loading
from ameli_build.models.networks import load_timm, load_torchvision
from ameli_build.models.precision import mixed
from ameli_build.models.sources import place_of
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

        return forward_all(images, forward, self.device, self.batch, self.precision)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension) in the images' space."""

        def forward(items: Sequence[str]) -> torch.Tensor:
            tokens = self.tokenizer(list(items)).to(self.device)
            return self.model.encode_text(tokens)  # type: ignore[no-any-return]

        return forward_all(texts, forward, self.device, self.batch, self.precision)


@dataclass(frozen=True, slots=True)
class SentenceClipEncoder:
    """A CLIP model of Sentence Transformers."""

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


@dataclass(frozen=True, slots=True)
class PlainEncoder:
    """An image network without classifier and without text tower; `name` is its name in the settings."""

    model: Any
    preprocess: Callable[[Image.Image], torch.Tensor]
    device: str
    batch: int
    name: str
    precision: str = "auto"

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """Unit vectors of shape (images, dimension)."""
        import torch

        def forward(items: Sequence[Image.Image]) -> torch.Tensor:
            pixels = torch.stack([self.preprocess(item.convert("RGB")) for item in items])
            return self.model(pixels.to(self.device))  # type: ignore[no-any-return]

        return forward_all(images, forward, self.device, self.batch, self.precision)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """Raises `UnusableInput`: there is no text tower."""
        raise UnusableInput(f"setting models.image_encoder: {self.name!r} has no text tower")


@lru_cache(maxsize=2)
def load_image_encoder(
    name: str, device: str = "cpu", batch: int = 32, precision: str = "auto", setting: str = "image_encoder"
) -> ImageEncoder:
    """The image encoder `name`, loaded once per process.

    Args:
        name: `bundled:tiny-clip`, `open_clip:...`, `timm:...`, `torchvision:...`, or a CLIP of Sentence Transformers.
        device: Device of PyTorch.
        batch: Pictures of a forward pass.
        precision: "auto" or "full" (`models.precision`).
        setting: The key below `models` for error messages.

    Raises:
        UnusableInput: The model cannot be loaded.
    """
    if name == "bundled:tiny-clip":
        from ameli_build.models.tiny_clip import load

        model, preprocess, tokenizer = load()
        return OpenClipEncoder(model.to(device), preprocess, tokenizer, device, batch, precision)
    kind = name.partition(":")[0]
    if kind == "open_clip":
        return _load_open_clip(name, device, batch, precision)
    if kind in ("timm", "torchvision"):
        with loading(setting, name):
            model, preprocess = load_timm(name, setting) if kind == "timm" else load_torchvision(name, setting)
            return PlainEncoder(model.to(device).eval(), preprocess, device, batch, name, precision)
    return SentenceClipEncoder(load_sentence_transformer(name, device, setting), batch, precision)


def _load_open_clip(name: str, device: str, batch: int, precision: str) -> OpenClipEncoder:
    import open_clip

    with loading("image_encoder", name):
        architecture, _, pretrained = name.removeprefix("open_clip:").partition("/")
        if not pretrained:  # open_clip would use random weights
            raise ValueError("expected open_clip:ARCHITECTURE/TAG or open_clip:ARCHITECTURE/FILE")
        if Path(pretrained).is_file():
            source, weights = architecture, pretrained
        else:
            folder = place_of("image_encoder", name)
            source, weights = f"local-dir:{folder}", None
            _check_activation(architecture, Path(folder))
        model, _, preprocess = open_clip.create_model_and_transforms(source, pretrained=weights, device=device)
        tokenizer = open_clip.get_tokenizer(source)
        model.eval()
    return OpenClipEncoder(model, preprocess, tokenizer, device, batch, precision)


def _check_activation(architecture: str, folder: Path) -> None:
    """Raise `ValueError` if the weights were trained with another activation than the named architecture has."""
    import open_clip

    own = json.loads((folder / "open_clip_config.json").read_text(encoding="utf-8"))["model_cfg"]
    named = open_clip.get_model_config(architecture) or {}
    if bool(own.get("quick_gelu")) != bool(named.get("quick_gelu")):
        wanted = f"{architecture}-quickgelu" if own.get("quick_gelu") else architecture.removesuffix("-quickgelu")
        raise ValueError(f"these weights belong to the architecture {wanted}, which has another activation")


def forward_all(
    items: Sequence[Any], forward: Callable[[Any], torch.Tensor], device: str, batch: int, precision: str
) -> Matrix:
    """Unit vectors of items, shape (items, dimension), computed batch by batch."""
    import torch

    parts = []
    with torch.inference_mode():
        for start in range(0, len(items), batch):
            with mixed(device, precision):
                vectors = forward(items[start : start + batch])
            parts.append(torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy())
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros((0, 0), dtype=np.float32)
