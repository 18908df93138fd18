"""Object detectors by name (filter 7)."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image

from ameli_build.core.errors import UnusableInput
from ameli_build.models import Box, Detector

WHOLE = "whole"
"""No detector: the box is the whole picture, so filter 7 removes nothing. Needs no library."""
PROMPTLESS = frozenset({"saliency", WHOLE})
"""Detectors that ignore the prompt."""


def uses_prompt(name: str, prompt: str) -> bool:
    """Whether the detector `name` searches for the prompt's object. Otherwise it finds the most salient object."""
    if name.startswith("coco:"):
        from ameli_build.models.coco import coco_class

        return coco_class(prompt) is not None
    return name not in PROMPTLESS and bool(prompt.strip())


class WholePicture:
    """Returns the whole picture as the object."""

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        """A box around the picture, with score 1."""
        return Box(0, 0, *image.size, score=1.0)


@lru_cache(maxsize=2)
def load_detector(name: str, device: str = "cpu", box_threshold: float = 0.3, text_threshold: float = 0.25) -> Detector:
    """The detector `name`: `saliency`, `whole`, `coco:ssd-mobilenet-v2` or `groundingdino:...`.

    Args:
        name: The detector's name.
        device: Device of PyTorch.
        box_threshold: Score that a box must exceed.
        text_threshold: Score that a word of the prompt must exceed (Grounding DINO only).

    Raises:
        UnusableInput: The name is unknown, or the model cannot be loaded.
    """
    if name == WHOLE:
        return WholePicture()
    if name == "saliency":
        from ameli_build.models.saliency import SaliencyDetector

        return SaliencyDetector(box_threshold)
    if name == "coco:ssd-mobilenet-v2":
        from ameli_build.models.coco import load_coco

        return load_coco(name, box_threshold)
    kind, _, rest = name.partition(":")
    if kind == "groundingdino" and rest:
        from ameli_build.models.grounding import load_grounding

        return load_grounding(rest, device, box_threshold, text_threshold)
    raise UnusableInput(
        f"setting models.detector: unknown name {name!r} (known: 'saliency', 'whole', 'coco:ssd-mobilenet-v2', "
        "'groundingdino:...')"
    )
