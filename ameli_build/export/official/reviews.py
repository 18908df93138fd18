"""Reviews in the authors' layout: a JSON object for each query, and its relevance judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ameli_build.core.records import joined_text
from ameli_build.export.official.catalogue import Listed
from ameli_build.export.official.ids import Ids
from ameli_build.export.official.predicted import NOTHING, Predicted
from ameli_build.export.official.statistics import Aliases
from ameli_build.informativeness.attributes import Text, mentions_value
from ameli_build.release import official_layout as layout

Row = Mapping[str, Any]

FIRST = 10
"""Number of candidates for disambiguation."""


@dataclass(frozen=True, slots=True)
class Known:
    """Data from other tables than the splits: the knowledge base by SKU, and data of each review."""

    ids: Ids
    products: Mapping[str, Row]
    aliases: Aliases
    listed: Mapping[str, Listed]
    predicted: Mapping[str, Predicted]

    def pictures(self, sku: str) -> list[str]:
        """File names of a product's pictures."""
        number = self.ids.products[sku]
        return [layout.picture_name(number, n, path) for n, path in enumerate(self.products[sku]["images"])]

    def photos(self, row: Row) -> list[str]:
        """File names of a review's photographs, and of their patches."""
        number = self.ids.reviews[row["review_id"]]
        return [layout.picture_name(number, n, path) for n, path in enumerate(row["images"])]

    def negatives(self, row: Row) -> list[int]:
        """Integer ids of a review's hard negatives, ascending: their order does not reveal the gold product's place."""
        return sorted(self.ids.products[sku] for sku in self.others(row))

    def others(self, row: Row) -> list[str]:
        """Hard negatives that are in the knowledge base."""
        return [sku for sku in row["candidates"] if sku != row["sku"] and sku in self.ids.products]


def retrieval_record(row: Row, known: Known) -> dict[str, Any]:
    """A query for retrieval."""
    listed = known.listed.get(row["review_id"], Listed())
    predicted = known.predicted.get(row["review_id"], NOTHING)
    gold = known.products[row["sku"]]
    denoted = known.aliases.products(row["mention"])
    return {
        "review_id": known.ids.reviews[row["review_id"]],
        "user": "",
        "header": row["title"] or "",
        "body": row["text"] or "",
        "rating": f"Rating {listed.rating} out of 5 stars" if listed.rating is not None else "",
        "recommendation": "",
        "feedback": {"number_helpful": listed.helpful, "number_unhelpful": listed.unhelpful},
        "mention": row["mention"],
        "review_image_path": known.photos(row),
        "review_image_url": listed.urls(row["images"]),
        "gold_entity_info": {
            "id": known.ids.products[row["sku"]],
            "product_name": gold["name"],
            "product_category": layout.category_path(gold["categories"]),
        },
        "attribute": matched(joined_text(row["title"] or "", row["text"] or ""), gold["attributes"]),
        layout.HARD_NEGATIVES: known.negatives(row),
        "mention_to_category_list": list(known.aliases.categories(denoted)),
        "mention_to_product_id_list": list(denoted),
        "image_similarity_score": row.get("image_similarity"),
        "text_similarity_score": row.get("description_similarity"),
        "product_title_similarity_score": row.get("title_similarity"),
        "predicted_is_low_quality_review": False,
        "raw_ocr": [],
        "confidence_score_ocr": {},
        **predicted.candidates(known.ids.products),
        **predicted.channels(known.ids.products),
        **predicted.attributes(),
    }


def disambiguation_record(row: Row, known: Known) -> dict[str, Any]:
    """A query for disambiguation: also at most ten candidates, their pictures, and the modules' scores."""
    predicted = known.predicted.get(row["review_id"], NOTHING).first(FIRST)
    shown = {str(known.ids.products[sku]): {"image_path": known.pictures(sku)[:1]} for sku in predicted.skus}
    return {
        **retrieval_record(row, known),
        **predicted.candidates(known.ids.products, modules=True),
        **predicted.channels(known.ids.products),
        "review_special_product_info": shown,
        "gold_attribute_for_predicted_category": {},
    }


def matched(text: str, attributes: Sequence[Mapping[str, str]]) -> dict[str, str | list[str]]:
    """The gold product's attributes that a review's text states; a list for several values of an attribute."""
    read = Text.of(text)
    found: dict[str, list[str]] = {}
    for attribute in attributes:
        name, value = attribute["name"], attribute["value"]
        values = found.get(name, [])
        if value not in values and mentions_value(read, value, name):
            found[name] = [*values, value]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def text_judgements(reviews: pl.DataFrame, known: Known) -> Iterator[tuple[int, int, int, int]]:
    """Rows of `text_qrels.csv`: 1 for the gold product, 0 for hard negatives."""
    for row in reviews.iter_rows(named=True):
        number, gold = known.ids.reviews[row["review_id"]], known.ids.products[row["sku"]]
        yield from ((number, 0, product, int(product == gold)) for product in sorted([gold, *known.negatives(row)]))


def image_judgements(reviews: pl.DataFrame, known: Known) -> Iterator[tuple[str, int, str, int]]:
    """Rows of the image judgements: 1 for all pictures of the gold product, 0 for the first of each hard negative."""
    for row in reviews.iter_rows(named=True):
        others = sorted(name for sku in known.others(row) for name in known.pictures(sku)[:1])
        for photo in known.photos(row):
            yield from ((photo, 0, name, 1) for name in known.pictures(row["sku"]))
            yield from ((photo, 0, name, 0) for name in others)
