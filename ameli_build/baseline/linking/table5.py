"""The rows of Table 5: each ranks the candidates of every dev and test review, or returns `NotRun` (section 5.2).

To add a row, write a function from `Case` to a ranking here, with `@linker(NAME)` above it. Scores, predictions,
tables, model card and report show every registered row.
"""

from __future__ import annotations

from collections.abc import Callable

from ameli_build.baseline.linking.case import Case
from ameli_build.baseline.linking.combine import rerank
from ameli_build.core.arrays import Integers
from ameli_build.core.not_run import NotRun
from ameli_build.scores import tables

Linker = Callable[[Case], Integers | NotRun]
"""From a case to each review's candidates, best first: shape (reviews, candidates), padded with -1."""

LINKERS: dict[str, Linker] = {}
"""All rows of Table 5 by name, except chance: it has an expected value, not a ranking (`scoring.chance`)."""


def linker(name: str) -> Callable[[Linker], Linker]:
    """Register a function as the row `name` of Table 5."""

    def register(function: Linker) -> Linker:
        LINKERS[name] = function
        return function

    return register


@linker(tables.OURS)
def full_model(case: Case) -> Integers | NotRun:
    """Text and image, without the contradicted candidates (section 4.4)."""
    return case.rank(case.full, case.contradicted)


@linker(tables.NO_ATTRIBUTE)
def without_attributes(case: Case) -> Integers | NotRun:
    """The full model with a text module that reads descriptions only, and without the attribute filter."""
    return case.rank(case.no_attribute)


@linker(tables.NO_IMAGE)
def without_image(case: Case) -> Integers | NotRun:
    """The text module and the attribute filter."""
    return case.rank(case.text, case.contradicted)


@linker(tables.NO_TEXT)
def without_text(case: Case) -> Integers | NotRun:
    """The image module and the attribute filter."""
    return case.rank(case.image, case.contradicted)


@linker(tables.V2VEL)
def v2vel(case: Case) -> Integers | NotRun:
    """Pictures against pictures, by a ResNet."""
    return case.rank(case.by_picture)


@linker(tables.V2TEL)
def v2tel(case: Case) -> Integers | NotRun:
    """Pictures against texts, by CLIP."""
    return case.rank(case.by_title)


@linker(tables.V2VTEL)
def v2vtel(case: Case) -> Integers | NotRun:
    """The first five of V2VEL, ranked again by V2TEL."""
    if isinstance(case.by_title, NotRun):
        return case.by_title
    if isinstance(case.by_picture, NotRun):
        return NotRun(f"needs {tables.V2VEL}: {case.by_picture}")
    return rerank(case.by_picture, case.by_title, case.candidates)
