"""Patches of photographs that show the product (filter 7, section 3.2): the costly part of the filter.

This module has nothing else, because a change here invalidates all cached detections.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from PIL import Image

from ameli_build.core.pictures import Opened, open_picture
from ameli_build.models.detect import load_detector

QUALITY = 90
FOUND = pl.Schema({"score": pl.Float64, "patch": pl.Binary})


def detect_some(
    root: str, name: str, device: str, pairs: Sequence[tuple[str, str]], opened: Opened | None = None
) -> pl.DataFrame:
    """The best box and patch of each pair of path and prompt, in the columns of `FOUND`; `root` is the snapshot's."""
    detector = load_detector(name, device, box_threshold=0.0, text_threshold=0.0)
    rows: list[tuple[float | None, bytes | None]] = []
    for path, prompt in pairs:
        image = opened(path) if opened else open_picture(Path(root) / path)
        box = detector.detect(image, prompt)
        patch = _jpeg(image.crop((box.left, box.top, box.right, box.bottom))) if box else None
        rows.append((box.score if box else None, patch))
    return pl.DataFrame(rows, schema=FOUND, orient="row")


def _jpeg(image: Image.Image) -> bytes:
    """A picture as JPEG without metadata: the same bytes for the same pixels."""
    image.info.clear()
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
