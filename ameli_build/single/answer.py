"""The result of linking one review: its mention, the text read, and the best products with their scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """The mention and how it was found: "given", "found in the text" or "none"; `products` share that name."""

    text: str
    start: int
    end: int
    how: str
    products: int


@dataclass(frozen=True, slots=True)
class Match:
    """One product with all evidence for or against it.

    `score` ranks the products that were judged, and is None for those behind them. `text` and `image` are cosines and
    `retrieval` their weighted sum; `text_module` and `image_module` are after softmax over the judged products; each
    None where it was not computed. `agrees` and `contradicts` are the attributes that the review states with the
    product's value, and with another.
    """

    sku: str
    name: str
    score: float | None
    retrieval: float
    text: float | None
    image: float | None
    text_module: float | None
    image_module: float | None
    prior: bool
    agrees: tuple[str, ...]
    contradicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The products that a review is most likely about, best first.

    Attributes:
        mention: The product's name in the review.
        attributes: Names and values that the review states.
        matches: The products with their scores.
        scored_by: Meaning of `Match.score`.
        notes: Inputs and models that were not used, and why.
    """

    mention: Named
    attributes: tuple[tuple[str, str], ...]
    matches: tuple[Match, ...]
    scored_by: str
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer in plain lists and dictionaries."""
        return asdict(self)
