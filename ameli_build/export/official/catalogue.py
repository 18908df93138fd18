"""The shop's data about a review besides its text: stars, votes, and the URLs of its photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import polars as pl

from ameli_build.core.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Listed:
    """Stars and votes of a review, and the URL of each photograph by its hash."""

    rating: int | None = None
    helpful: int = 0
    unhelpful: int = 0
    addresses: Mapping[str, str] = field(default_factory=dict)

    def urls(self, images: Sequence[str]) -> list[str]:
        """The URLs of photographs; "" for an unknown URL."""
        return [self.addresses.get(PurePosixPath(path).stem, "") for path in images]


def read_listed(snapshot: Snapshot) -> dict[str, Listed]:
    """The catalogue's reviews by id; empty without a catalogue. For several SKUs of a review, the first row counts."""
    if not all(snapshot.table_path(f"catalog/{name}").is_file() for name in ("reviews", "images")):
        return {}
    reviews = snapshot.read("catalog/reviews").unique("review_id", keep="first", maintain_order=True)
    pictures = snapshot.read("catalog/images").filter(pl.col("path").is_not_null())
    stems = {url: PurePosixPath(path).stem for url, path in pictures.select("reference", "path").rows()}
    columns = ("review_id", "rating", "helpful", "unhelpful", "images")
    return {
        review: Listed(rating, helpful, unhelpful, {stems[url]: url for url in images if url in stems})
        for review, rating, helpful, unhelpful, images in reviews.select(columns).rows()
    }
