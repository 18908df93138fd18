"""The rows of Table 5: each ranks the candidates of every dev and test review, or returns `NotRun` (section 5.2).

To add a row, write a function from `Case` to a ranking here, with `@linker(NAME)` above it. The name needs no other
place: scores, predictions, tables, model card and report show every registered row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ameli_build.baseline import tables
from ameli_build.baseline.data import Data
from ameli_build.baseline.encode import Vectors
from ameli_build.baseline.linking.combine import Mixture, rank
from ameli_build.baseline.linking.visual import rerank, scores_by_picture, scores_by_title
from ameli_build.core.arrays import Floats, Integers, Mask
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates of the dev and test reviews at `rows`, and the scores of each module: (reviews, candidates).

    `text`, `plain` (the text module without attributes) and `image` are after softmax. `contradicted` candidates have
    an attribute for which the review states another value.
    """

    rows: Integers
    candidates: Integers
    contradicted: Mask
    text: Floats | NotRun
    plain: Floats | NotRun
    image: Floats | NotRun


@dataclass(frozen=True)
class Case:
    """The input of a row in one run.

    `full` and `no_attribute` mix text and image with a weight tuned on dev. `by_picture` and `by_title` train their
    adapters when the first row reads them.
    """

    work: Work
    settings: Settings
    data: Data
    vectors: Vectors
    judged: Judged
    full: Mixture | NotRun
    no_attribute: Mixture | NotRun
    seed: int

    @cached_property
    def by_title(self) -> Floats | NotRun:
        """Cosines of review pictures and product texts in the space of the image encoder, (reviews, candidates)."""
        return scores_by_title(self.work, self.settings, self.data, self.vectors, *self._lists, self.seed + 1)

    @cached_property
    def by_picture(self) -> Floats | NotRun:
        """Cosines of review and product pictures by a ResNet, (reviews, candidates)."""
        return scores_by_picture(self.work, self.settings, self.data, *self._lists, self.seed + 2)

    @property
    def _lists(self) -> tuple[Integers, Integers]:
        return self.judged.rows, self.judged.candidates

    def rank(self, scores: Floats | NotRun, contradicted: Mask | None = None) -> Integers | NotRun:
        """The candidates by `scores`, best first, without the `contradicted` ones; `NotRun` is passed on."""
        return scores if isinstance(scores, NotRun) else rank(scores, self.judged.candidates, contradicted)


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
    return case.full if isinstance(case.full, NotRun) else case.rank(case.full.scores, case.judged.contradicted)


@linker(tables.NO_ATTRIBUTE)
def without_attributes(case: Case) -> Integers | NotRun:
    """The full model with a text module that reads descriptions only, and without the attribute filter."""
    return case.no_attribute if isinstance(case.no_attribute, NotRun) else case.rank(case.no_attribute.scores)


@linker(tables.NO_IMAGE)
def without_image(case: Case) -> Integers | NotRun:
    """The text module and the attribute filter."""
    return case.rank(case.judged.text, case.judged.contradicted)


@linker(tables.NO_TEXT)
def without_text(case: Case) -> Integers | NotRun:
    """The image module and the attribute filter."""
    return case.rank(case.judged.image, case.judged.contradicted)


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
    return rerank(case.by_picture, case.by_title, case.judged.candidates)
