"""The result of linking a review: its mention, its attributes, and the best products with their scores."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """The mention and its origin: "given", "found in the text" or "none". `products` is the number with that name."""

    text: str
    start: int
    end: int
    how: str
    products: int


@dataclass(frozen=True, slots=True)
class Match:
    """A product with all evidence for or against it. A score is None if it was not computed."""

    sku: str
    name: str
    score: float | None
    """Ranks the products. None for products after them: a stated attribute excludes them, the mention cannot denote
    them, or there were too many for the modules."""
    retrieval: float
    """Weighted sum of `text` and `image`."""
    text: float | None
    """Cosine of the review's text and the product's."""
    image: float | None
    """Cosine of the review's photographs and the product's pictures."""
    text_module: float | None
    """Softmax over the products that the modules read."""
    image_module: float | None
    """Softmax over the products that the modules read."""
    prior: bool
    """Whether the mention can denote the product."""
    agrees: tuple[str, ...]
    """Attributes for which the review states the product's value."""
    contradicts: tuple[str, ...]
    """Attributes for which the review states another value."""
    values: tuple[tuple[str, str], ...]
    """Names and values of the product's attributes in `agrees` and `contradicts`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the review is about a product of the catalogue, by thresholds that are calibrated on dev reviews."""

    text: str
    """"in this catalogue", "unsure", "not in this catalogue" or "not calibrated"."""
    likeness: float
    """`Match.retrieval` of the most similar product that the mention can denote."""
    low: float | None
    """Below: not in this catalogue. None without such a threshold."""
    high: float | None
    """From here on: in this catalogue. None without such a threshold. Thresholds of -1 and 1 decide for all reviews."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The products that a review is most likely about, best first.

    Attributes:
        mention: The product's name in the review.
        attributes: Names and values that the review states.
        photographed: Names and values in `attributes` that only a text on a photograph states.
        matches: The products with their scores.
        scored_by: Meaning of `Match.score`.
        notes: Inputs and models that were not used, and why.
        verdict: Whether the product is in the catalogue.
    """

    mention: Named
    attributes: tuple[tuple[str, str], ...]
    photographed: tuple[tuple[str, str], ...]
    matches: tuple[Match, ...]
    scored_by: str
    notes: tuple[str, ...]
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """The answer as lists and dictionaries for JSON."""
        return asdict(self)
