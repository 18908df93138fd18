"""Patches of photographs that show the product (filter 7, section 3.2): the costly part of the filter.

This module has nothing else, because a change here invalidates all cached detections.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from PIL import Image

from ameli_build.core.pictures import open_picture
from ameli_build.models.detect import load_detector

QUALITY = 90
FOUND = pl.Schema({"score": pl.Float64, "patch": pl.Binary})


def detect_some(root: str, name: str, device: str, pairs: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """The best box and patch of each pair of path and prompt, in the columns of `FOUND`; `root` is the snapshot's."""
    rows = [best_patch(name, device, open_picture(Path(root) / path), prompt) for path, prompt in pairs]
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def best_patch(name: str, device: str, image: Image.Image, prompt: str) -> tuple[float | None, bytes | None]:
    """Score of the best box for `prompt` and its patch as JPEG; (None, None) without a box."""
    box = load_detector(name, device, box_threshold=0.0, text_threshold=0.0).detect(image, prompt)
    if box is None:
        return None, None
    return box.score, _jpeg(image.crop((box.left, box.top, box.right, box.bottom)))


def _jpeg(image: Image.Image) -> bytes:
    """A picture as JPEG without metadata: the same bytes for the same pixels."""
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
