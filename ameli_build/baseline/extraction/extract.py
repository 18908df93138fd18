"""Attributes that each review states, by extractor and by all extractors together (section 4.2).

A match counts only when it is a value of a product that the mention can denote, of the whole knowledge base, or of a
retrieved product (`baseline.attribute_values`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ameli_build.baseline.extraction.attributes import Found, Sheet, fuse, listed_names
from ameli_build.baseline.extraction.language_models import find_generated, find_implied
from ameli_build.baseline.extraction.photos import read_photos
from ameli_build.baseline.extraction.questions import make_questions
from ameli_build.baseline.extraction.values import ValueIndex, index_values
from ameli_build.core.arrays import Integers, Mask
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import Data
from ameli_build.informativeness.attributes import canonical_tokens

STRING, OCR, IMPLIED, GENERATOR = "string match", "ocr", "implied", "generator"
"""The extractors, from the most trusted to the least."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """Attributes that each review states: `found` for the linkers, `by` for each extractor.

    `distinguishing` has, for each review, the attributes that distinguish the products whose values count; `counts` the
    numbers of all photos and of the photos that OCR read.
    """

    found: tuple[Found, ...]
    by: Mapping[str, tuple[Found, ...] | NotRun]
    distinguishing: tuple[frozenset[str], ...]
    counts: Mapping[str, int]


def extract(
    work: Work, settings: Settings, data: Data, sheets: Sequence[Sheet], allowed: Sequence[Mask], candidates: Integers
) -> Extracted:
    """Run every extractor with a model in the settings; an unavailable model is reported and skipped.

    `allowed` are the products that each mention can denote, `candidates` the retrieved ones, padded with -1.
    """
    index, questions, reviews = index_values(sheets), make_questions(sheets), data.reviews
    counting = [counting_products(settings, mask, row) for mask, row in zip(allowed, candidates, strict=True)]
    counts = {"photos": 0, "read": 0}

    def ocr() -> tuple[Found, ...]:
        lines, read = read_photos(work, settings, reviews, data.root)
        counts.update(read)
        return tuple(match_lines(index, some, mask) for some, mask in zip(lines, counting, strict=True))

    asked = (work, settings, reviews, questions, counting)
    by = {
        STRING: tuple(match_text(index, text, mask) for text, mask in zip(reviews.texts, counting, strict=True)),
        OCR: _run("ocr", settings, ocr),
        IMPLIED: _run("implied", settings, lambda: find_implied(*asked)),
        GENERATOR: _run("generator", settings, lambda: find_generated(*asked)),
    }
    listed = listed_names(sheets)
    ran = [found for found in by.values() if not isinstance(found, NotRun)]
    distinguishing = tuple(frozenset(questions.distinguishing(mask)) for mask in counting)
    return Extracted(tuple(fuse(some, listed) for some in zip(*ran, strict=True)), by, distinguishing, counts)


def _run(setting: str, settings: Settings, extractor: Callable[[], tuple[Found, ...]]) -> tuple[Found, ...] | NotRun:
    """The result of the extractor whose model `setting` names, or `NotRun`."""
    if not getattr(settings.models, setting):
        return NotRun(f"models.{setting} is empty")
    try:
        return extractor()
    except UnusableInput as error:
        say(f"  {setting}: not run ({error})")
        return NotRun(str(error))


def match_text(index: ValueIndex, text: str, counting: Mask) -> Found:
    """The values in a text."""
    return Found.of(index.match(canonical_tokens(text), counting))


def match_lines(index: ValueIndex, lines: Sequence[str], counting: Mask) -> Found:
    """The values in lines of OCR, also in lines without their spaces."""
    return Found.of(
        pair
        for line in lines
        for pairs in (index.match(canonical_tokens(line), counting), index.match_joined(line, counting))
        for pair in pairs
    )


def counting_products(settings: Settings, allowed: Mask, candidates: Integers) -> Mask:
    """The products whose values count for one review, by `baseline.attribute_values`."""
    source = settings.baseline.attribute_values
    if source == "mention":
        return allowed
    mask = np.full(len(allowed), source == "knowledge_base", dtype=np.bool_)
    mask[candidates[candidates >= 0]] = True
    return mask
