"""Protocols of the models, by kind. `ameli_build.models.sources` lists the names that settings can give."""

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
    """Turns pictures into unit vectors; with a text tower, also texts, into the same space."""

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """A matrix of shape (images, dimension)."""

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """A matrix of shape (texts, dimension)."""


@dataclass(frozen=True, slots=True)
class Box:
    """A detected object: its sides in pixels and the detector's score in 0..1."""

    left: int
    top: int
    right: int
    bottom: int
    score: float


class Detector(Protocol):
    """Finds the object that a prompt names (filter 7)."""

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        """The box with the highest score; None if the detector finds nothing."""


class Reader(Protocol):
    """Reads the text in a picture (section 4.2)."""

    def read(self, image: Image.Image, rotations: Sequence[int] = ()) -> list[str]:
        """Lines of text that the reader recognises with confidence.

        Args:
            image: The picture.
            rotations: Further angles in degrees at which to read the picture.
        """
