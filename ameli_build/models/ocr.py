"""Readers of text in pictures (section 4.2): RapidOCR, or the paper's EasyOCR."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from ameli_build.core.errors import UnusableInput
from ameli_build.models import Reader
from ameli_build.models.loading import loading
from ameli_build.models.packaged import Installed
from ameli_build.models.sources import easyocr_weights, sources_of

MIN_CONFIDENCE = 0.5
"""Confidence that a line must exceed, as in the authors' code."""

MAX_SIDE = 480
"""Longer side of the input of RapidOCR's text detector, in pixels."""


@dataclass(frozen=True, slots=True)
class RapidReader:
    """RapidOCR. Its recogniser may drop spaces between words, so compare its lines without white space."""

    engine: Callable[[Any], Any]

    def read(self, image: Image.Image, rotations: Sequence[int] = ()) -> list[str]:
        """The lines of text, top to bottom, then further lines of the picture at each rotation (degrees)."""
        lines: dict[str, None] = {}
        for degrees in (0, *rotations):
            turned = image.convert("RGB").rotate(degrees, expand=True)
            found = self.engine(np.asarray(turned)[:, :, ::-1])
            scored = zip(found.txts or (), found.scores or (), strict=True)
            lines |= {str(text): None for text, score in scored if float(score) > MIN_CONFIDENCE}
        return list(lines)


@dataclass(frozen=True, slots=True)
class EasyReader:
    """EasyOCR in English. It rotates each detected piece of text, not the picture."""

    engine: Any

    def read(self, image: Image.Image, rotations: Sequence[int] = ()) -> list[str]:
        """The lines of text in the order of detection, each at its best rotation (degrees)."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'pin_memory'")  # EasyOCR sets it even without a GPU
            found = self.engine.readtext(np.asarray(image.convert("RGB")), rotation_info=list(rotations) or None)
        return [str(text) for _, text, score in found if float(score) > MIN_CONFIDENCE]


@lru_cache(maxsize=2)
def load_reader(name: str, device: str = "cpu") -> Reader:
    """The reader `rapidocr` or `easyocr`, loaded once per process; raises `UnusableInput` for any other name."""
    if name == "rapidocr":
        return _load_rapid()
    if name == "easyocr":
        return _load_easy(device)
    raise UnusableInput(f"setting models.ocr: no reader named {name!r} (known: rapidocr, easyocr)")


def _load_rapid() -> RapidReader:
    from rapidocr import RapidOCR

    options = {
        "Global.use_cls": False,
        "Global.log_level": "error",
        "Det.limit_side_len": MAX_SIDE,
        "Det.limit_type": "max",
        "EngineConfig.onnxruntime.intra_op_num_threads": int(os.environ.get("OMP_NUM_THREADS", "0")) or -1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidReader(RapidOCR(params=options))


def _load_easy(device: str) -> EasyReader:
    with loading("ocr", "easyocr"):
        for source in sources_of("ocr", "easyocr"):
            if problem := source.problem():
                raise FileNotFoundError(problem if "install" in problem else f"{problem}; run `ameli models fetch`")
        import easyocr

        weights = easyocr_weights()
        folder = weights.path().parent if isinstance(weights, Installed) else weights.folder
        with tempfile.TemporaryDirectory() as empty:  # EasyOCR would load a user's networks from here
            engine = easyocr.Reader(
                ["en"],
                gpu=False if device == "cpu" else device,
                model_storage_directory=str(folder),
                user_network_directory=empty,
                download_enabled=False,
                verbose=False,
            )
    return EasyReader(engine)
