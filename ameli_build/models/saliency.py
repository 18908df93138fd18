"""A classical stand-in for an object detector: it finds the most salient object in the middle of a picture.

GrabCut at 96 pixels separates the object from the rim of the picture. The detector ignores the prompt: it finds an
object, not its class. Results are repeatable: OpenCV uses one thread, and its generator is seeded before each picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from ameli_build.core.arrays import Mask
from ameli_build.models import Box

SIDE = 96
RIM = 0.06
"""Width of the rim that is certainly background, as a share of the shorter side."""
ROUNDS = 2
SHORTEST_SIDE = 8
"""A scaled picture narrower than this shows no object."""
LEAST_SPREAD = 3.0
"""Standard deviation of grey values below which a picture is uniform."""
LEAST_SHARE, LARGEST_SHARE = 0.01, 0.9
"""Least and largest share of the picture that an object covers."""
HALF_CONTRAST = 20.0
"""Lab distance between object and surroundings at which the contrast is 0.5."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SaliencyDetector:
    """Finds the most salient object. Its score is its share of the picture's middle times its contrast."""

    box_threshold: float = 0.3

    def detect(self, image: Image.Image, prompt: str = "") -> Box | None:
        """The object's box in pixels of `image`; None without a salient object. The prompt is ignored."""
        scale = SIDE / max(image.size)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        if min(size) < SHORTEST_SIDE:
            return None
        pixels = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX))
        if float(pixels.mean(axis=2).std()) < LEAST_SPREAD:
            return None
        mask = _foreground(pixels)
        if mask is None or not LEAST_SHARE <= float(mask.mean()) <= LARGEST_SHARE:
            return None
        score = round(_middle(mask) * _contrast(pixels, mask), 4)
        return _box(mask, image.size, score) if score > self.box_threshold else None


def _foreground(pixels: Pixels) -> Mask | None:
    """The part of GrabCut's foreground that is nearest to the middle; None without foreground."""
    height, width = pixels.shape[:2]
    rim = max(1, round(RIM * min(height, width)))
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[rim:-rim, rim:-rim] = cv2.GC_PR_FGD
    colours = np.ascontiguousarray(pixels[:, :, ::-1])
    cv2.setNumThreads(1)
    cv2.setRNGSeed(1)
    ground, figure = np.zeros((1, 65)), np.zeros((1, 65))
    nowhere = (0, 0, 0, 0)  # GrabCut reads the mask instead of a rectangle
    try:
        cv2.grabCut(colours, labels, nowhere, ground, figure, ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # too few distinct colours
        return None
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    opened = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, parts, statistics, centres = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return None
    off = np.abs(centres[1:] / (width, height) - 0.5)
    weights = statistics[1:, cv2.CC_STAT_AREA] * (1 - off).prod(axis=1)
    chosen: Mask = parts == 1 + int(np.argmax(weights))
    return chosen


def _middle(mask: Mask) -> float:
    """The share of the picture's middle ninth that the object covers."""
    height, width = mask.shape
    part = mask[round(0.35 * height) : round(0.65 * height), round(0.35 * width) : round(0.65 * width)]
    return float(part.mean()) if part.size else 0.0


def _contrast(pixels: Pixels, mask: Mask) -> float:
    """Contrast in 0..1 between the mean colours of the object and of its close surroundings."""
    ring = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool) & ~mask
    if not ring.any():
        return 0.0
    lab = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB).astype(np.float64)
    distance = float(np.linalg.norm(lab[mask].mean(axis=0) - lab[ring].mean(axis=0)))
    return distance / (distance + HALF_CONTRAST)


def _box(mask: Mask, size: tuple[int, int], score: float) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    across, down = size[0] / mask.shape[1], size[1] / mask.shape[0]
    return Box(
        left=int(columns[0] * across),
        top=int(rows[0] * down),
        right=min(size[0], round((columns[-1] + 1) * across)),
        bottom=min(size[1], round((rows[-1] + 1) * down)),
        score=score,
    )
