"""Integer ids of the authors' layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ameli_build.release import official_layout as layout


@dataclass(frozen=True, slots=True)
class Ids:
    """Integers by id: products from 1 in the order of their SKUs, then reviews in the order of their ids."""

    products: Mapping[str, int]
    reviews: Mapping[str, int]

    @classmethod
    def of(cls, skus: Iterable[str], review_ids: Iterable[str]) -> Ids:
        """The integers of distinct SKUs and review ids."""
        products = {sku: n for n, sku in enumerate(sorted(skus), 1)}
        first = len(products) + 1
        return cls(products, {review: n for n, review in enumerate(sorted(review_ids), first)})

    def write(self, folder: Path) -> None:
        """Write `id_map.csv`."""
        kinds = (("product", self.products), ("review", self.reviews))
        rows = [(kind, number, our_id) for kind, numbers in kinds for our_id, number in numbers.items()]
        layout.write_csv(folder / layout.ID_MAP, ("kind", "id", "our_id"), rows)
