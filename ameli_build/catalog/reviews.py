"""The shop's review JSON (section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from ameli_build.records import Rejected, Review


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One page of `/ugc/v2/reviews`; `rejected` holds the rows that are no usable review."""

    reviews: tuple[Review, ...]
    total_pages: int | None = None
    total_results: int | None = None
    rejected: tuple[Rejected, ...] = ()
