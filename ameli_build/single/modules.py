"""Scores of the judged products by the trained modules of the first run of `ameli baseline` (section 4.4)."""

from __future__ import annotations

import numpy as np

from ameli_build.baseline.extraction.attributes import Found
from ameli_build.baseline.linking.combine import softmax
from ameli_build.baseline.linking.pairs import Cosines, Layout, lay_out, text_pair
from ameli_build.core.arrays import Floats, Integers
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Reviews
from ameli_build.single.index import Index
from ameli_build.single.models import Models
from ameli_build.single.products import Products
from ameli_build.single.reading import Reading

UNNAMED = "product"
"""The mention in hypotheses about a review without a mention."""


def score_by_text(
    index: Index,
    models: Models,
    settings: Settings,
    reading: Reading,
    products: Products,
    found: Found,
    judged: Integers,
) -> Floats | None:
    """Softmax of the text module over the products at `judged`; None without a text or a trained module."""
    if reading.vector is None or not index.about["trained"]["head"]:
        return None
    layout = _layout(index, settings, reading, products, found, judged)
    reviewed = f"{reading.named.text or UNNAMED}. {reading.text}"
    vectors = np.round(models.pairs().encode([text_pair(reviewed, pair) for pair in layout.pairs]), 4)
    padded = np.concatenate([vectors, np.zeros((1, vectors.shape[1]), dtype=np.float32)])
    real = layout.candidates >= 0
    scores = models.network("head")(padded[layout.slots], layout.signals.astype(np.float32), real)
    chosen: Floats = softmax(scores, layout.candidates)[0]
    return chosen


def _layout(
    index: Index, settings: Settings, reading: Reading, products: Products, found: Found, judged: Integers
) -> Layout:
    none: tuple[tuple[str, ...], ...] = ((),)
    review = Reviews(
        ids=("",),
        splits=("",),
        mentions=(reading.named.text or UNNAMED,),
        texts=(reading.text,),
        images=none,
        photos=none,
        gold=np.full(1, -1, dtype=np.int64),
        hard=((),),
        clean=np.zeros(1, dtype=np.bool_),
    )
    vectors = index.vectors
    cosines = Cosines(np.asarray(reading.vector)[None], vectors["names"][judged], vectors["descriptions"][judged])
    rows, candidates = np.zeros(1, dtype=np.int64), np.arange(len(judged), dtype=np.int64)[None]
    return lay_out(rows, candidates, review, products.kb, products.sheets, (found,), cosines, settings.baseline)


def score_by_image(settings: Settings, index: Index, reading: Reading, judged: Integers) -> Floats | None:
    """Softmax of the image module over the products at `judged`; None without a picture, or without adapters."""
    if "image" not in reading.channels or not index.about["trained"]["adapter"]:
        return None
    scores = reading.channels["image"][judged] * np.float32(settings.baseline.image_scale)
    chosen: Floats = softmax(scores[None], judged[None])[0]
    return chosen
