"""What each kind of model offers. `ameli_build.models.sources` tells which names the settings can give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from ameli_build.core.arrays import Matrix


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
