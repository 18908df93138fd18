"""The content of a new review: its mention, its similarity to each product, and the text on its photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ameli_build.baseline.retrieval.channels import Pictures, picture_scorer
from ameli_build.clean.decoding import DecodingSettings
from ameli_build.core.arrays import Floats, Integers, Matrix
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.models.detect import uses_prompt
from ameli_build.single.answer import Named
from ameli_build.single.index import Index
from ameli_build.single.mention import Places, choose, find_places, given
from ameli_build.single.models import Models
from ameli_build.single.photos import Photo, open_photo, patch_of, read_lines
from ameli_build.wording.cleaning import clean_lines

NO_TEXT = "no text: linked by picture alone"
NO_PICTURE = "no picture: linked by text alone"
NO_MENTION = "no product name found in the text: all products are compared"
NO_OBJECT = "no object stands out in a picture: the whole picture is compared"
NO_OCR = "text in pictures is not read: {}"
ONLY_FIRST = "only the first picture is compared (baseline.images = first)"


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of a review."""

    text: str
    vector: Matrix | None
    """Vector of the text; None without text."""
    named: Named
    rows: Integers
    """The products that the mention can denote."""
    channels: Mapping[str, Floats]
    """Cosines with all products, shape (products,), by name ("text", "image")."""
    lines: tuple[str, ...]
    """Lines of text on the photographs."""
    notes: tuple[str, ...]


def take_photos(text: str, images: Sequence[Path], settings: Settings) -> list[Photo]:
    """The photographs; raises `UnusableInput` for an unusable photograph, and for a review without any content."""
    if not clean_lines(text).strip() and not images:
        raise UnusableInput("nothing to link: give a text, a picture, or both")
    limit = settings.section(DecodingSettings).max_pixels
    return [open_photo(path, limit, settings.crawl.max_image_bytes) for path in images]


def read_review(
    index: Index,
    models: Models,
    settings: Settings,
    text: str,
    photos: Sequence[Photo],
    mention: str | None,
    ocr: bool,
) -> Reading:
    """Read text and photographs; `take_photos` has checked that there is a text or a photograph."""
    text, wanted = clean_lines(text).strip(), (mention or "").strip()
    notes = [] if text else [NO_TEXT]
    read = photos if settings.baseline.reads_all_photos else photos[:1]
    if len(photos) > 1 and settings.baseline.images == "first":
        photos, notes = photos[:1], [*notes, ONLY_FIRST]
    channels: dict[str, Floats] = {}
    vector = np.round(models.texts().encode([text])[0], 6) if text else None
    if vector is not None:
        channels["text"] = np.round(index.vectors["texts"] @ vector, 6)
    longest = settings.mentions.max_words
    places = find_places(index, text, longest)
    named, rows = given(index, wanted, longest) if wanted else _named(text, places, channels)
    if photos:
        channels["image"] = _picture_channel(index, models, settings, photos, named.text, notes)
        named, rows = (named, rows) if wanted else _named(text, places, channels)
    else:
        notes.append(NO_PICTURE)
    lines = _lines(read, settings, notes) if ocr else []
    return Reading(text, vector, named, rows, channels, tuple(lines), (*notes, *_remark(named, wanted, text)))


def _named(text: str, places: Places, channels: Mapping[str, Floats]) -> tuple[Named, Integers]:
    """The mention in the text, chosen by the similarity of products in all available channels."""
    likeness = sum(channels.values(), start=np.float32(0))
    return choose(text, places, np.asarray(likeness, dtype=np.float32))


def _picture_channel(
    index: Index, models: Models, settings: Settings, photos: Sequence[Photo], prompt: str, notes: list[str]
) -> Floats:
    """Cosines of the photographs with all products, with adapters if they were trained."""
    patches: list[Image.Image | None] = [None] * len(photos)
    if crops(settings, index.about["trained"], prompt):
        patches = [patch_of(photo, [prompt], settings) for photo in photos]
        notes += [NO_OBJECT] * any(patch is None for patch in patches)
    shown = [photo.image if patch is None else patch for photo, patch in zip(photos, patches, strict=True)]
    vectors = np.round(models.pictures().encode(shown), 6)
    if index.about["trained"]["adapter"]:
        vectors = models.network("adapter")(vectors)
    pictures = Pictures(vectors, np.array([0, len(vectors)], dtype=np.int64))
    products = Pictures(index.vectors["pictures"], index.starts)
    scores = picture_scorer(pictures, products, settings.baseline.images)(np.zeros(1, dtype=np.int64))
    return np.asarray(np.round(scores[0], 6), dtype=np.float32)


def crops(settings: Settings, trained: Mapping[str, Any], prompt: str) -> bool:
    """Whether a photograph is cropped to the object.

    It is if the adapters were trained on such patches, or if the detector searches for the prompt. Otherwise the crop
    is only a guess, which could remove the product.
    """
    return bool(trained["adapter"]) or uses_prompt(settings.models.detector, prompt)


def _lines(photos: Sequence[Photo], settings: Settings, notes: list[str]) -> list[str]:
    """The text on photographs; without a reader, a note has the reason."""
    try:
        return read_lines(photos, settings)
    except UnusableInput as error:
        notes.append(NO_OCR.format(error))
        return []


def _remark(named: Named, wanted: str, text: str) -> list[str]:
    if named.products:
        return []
    if wanted:
        return [f"no product of the catalogue is called {wanted!r}: all products are compared"]
    return [NO_MENTION] if text else []
