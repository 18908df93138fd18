"""Tables 4 and 5 (section 5): the names of their rows, their per-review values, and the scores as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ameli_build.core.arrays import Integers, Values
from ameli_build.core.errors import UnusableInput
from ameli_build.core.not_run import NotRun

PRIOR = "P(e|m)"
SBERT = "Pre-trained SBERT"
CLIP = "Pre-trained CLIP"
BOTH = "Pre-trained CLIP/SBERT"
BOTH_PRIOR = "Pre-trained CLIP/SBERT + P(e|m)"
TUNED = "Fine-tuned CLIP"
TUNED_BOTH = "Fine-tuned CLIP+Pre-trained SBERT"
TUNED_PRIOR = "Fine-tuned CLIP+Pre-trained SBERT+P(e|m)"
TABLE4 = (PRIOR, SBERT, CLIP, BOTH, BOTH_PRIOR, TUNED, TUNED_BOTH, TUNED_PRIOR)

RANDOM = "Random Baseline"
V2VEL, V2TEL, V2VTEL = "V2VEL", "V2TEL", "V2VTEL"
NO_ATTRIBUTE, NO_IMAGE, NO_TEXT = "AMELINK_w/o_Attribute", "AMELINK_w/o_Image", "AMELINK_w/o_Text"
OURS = "AMELINK (Ours)"
TABLE5 = (RANDOM, V2VEL, V2TEL, V2VTEL, NO_ATTRIBUTE, NO_IMAGE, NO_TEXT, OURS)
HUMAN = "human"
KINDS = ("disambiguation", "end_to_end")
"""Scores of Table 5: on reviews whose gold product was retrieved, and on all reviews."""
TUNED_TEXT = "Fine-tuned SBERT"
COLOURS, WORDS, TITLES = "Colour histograms", "BM25", "Nearest title"
FLOORS = (COLOURS, WORDS, TITLES)
"""Untrained rows beyond the paper, which every trained row must beat."""

RECALLS = (1, 10, 20, 50, 100)
MACRO_RECALL = "recall@10"
EMPTY = "no review in this split"
NOTHING_TO_LEARN = NotRun("no train review, or fewer than two products, to learn from")

T = TypeVar("T")
Row = dict[str, Any]
Table = dict[str, dict[str, Row]]
"""Split -> row by the paper's name -> values."""


def in_order(named: Mapping[str, T]) -> dict[str, T]:
    """Values by the name of a row or split in reading order, since JSON has none; rows beyond the paper before `human`.

    >>> list(in_order({"human": 1, "Mine": 2, "V2TEL": 3})), list(in_order({"clean_test": 1, "test": 2}))
    (['V2TEL', 'Mine', 'human'], ['test', 'clean_test'])
    """
    known = ("train", "dev", "test", "clean_test", *TABLE4, TUNED_TEXT, *FLOORS, *TABLE5)
    order = (*known, *sorted(named.keys() - {*known, HUMAN}), HUMAN)
    return {name: named[name] for name in order if name in named}


@dataclass(frozen=True, slots=True)
class Scores:
    """`scores.json`: both tables by split, choices made on dev, paired differences, and notes on the run.

    `attributes` are precision and recall of each extractor by split.
    """

    table4: Table
    table5: Table
    tuned: dict[str, Any]
    comparisons: list[dict[str, Any]]
    notes: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The object of `scores.json`."""
        return asdict(self)


def read_scores(path: Path) -> Scores:
    """Read `scores.json`; raises `UnusableInput` if it is missing or damaged."""
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; run ameli baseline first")
    try:
        return Scores(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UnusableInput(f"{path}: unreadable ({error}); run ameli baseline again") from None


_BY_THE_SETTINGS = re.compile(r"\b(models|baseline)\.\w+ is (empty|0)\b")
"""Reasons of rows that the settings leave out."""


def null_rows(scores: Scores) -> Iterator[str]:
    """Rows that should have run and have no measurement, a line for each reason; the human row waits for annotators."""
    for number, table in ((4, scores.table4), (5, scores.table5)):
        for split, rows in table.items():
            reasons: dict[str, list[str]] = {}
            for name, row in rows.items():
                reason = str(row.get("reason", "no reason given"))
                measured = any(isinstance(value, float) for value in row.values())  # not counts and marks
                if name != HUMAN and not measured and not _BY_THE_SETTINGS.search(reason):
                    reasons.setdefault(reason, []).append(name)
            for reason, names in reasons.items():
                yield f"Table {number}, {split}: nothing but nulls in {', '.join(names)} ({reason})"


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Number of resamples and seed of the bootstrap."""

    times: int
    seed: int


Measured = Mapping[str, Values]
"""Metric -> per-review values, (runs, reviews): `recall@K` and `mrr`; a single run for a row that all runs share."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Per-review values of each row on one split.

    `found`, (runs, reviews), is 1 for reviews with the gold product among the run's candidates; `groups`, (reviews,),
    are the numbers of the gold products' categories.
    """

    retrieval: Mapping[str, Measured | NotRun]
    linking: Mapping[str, Measured | NotRun]
    found: Values
    groups: Integers
    notes: Mapping[str, str] = field(default_factory=dict)
    """Remarks on rows by name."""
