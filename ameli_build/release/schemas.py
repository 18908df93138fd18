"""JSON Schemas of the released tables and JSON files. A release contains them; `ameli verify` checks against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from ameli_build.core.reasons import meanings
from ameli_build.core.records import Product, Review, fields_of, released
from ameli_build.release.tables import SCHEMAS

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_MEANING: dict[str, dict[str, Any]] = {
    "sku": {"description": "the shop's id of the product; of a review, the gold product", "minLength": 1},
    "review_id": {"description": "the shop's id of the review", "minLength": 1},
    "name": {"description": "the product's title, which is its first attribute", "minLength": 1},
    "categories": {"description": "the category path, root first; empty where the shop tells none"},
    "description": {"description": "the shop's paragraph about the product"},
    "attributes": {"description": "the specification sheet"},
    "images": {"description": "paths below the data set's folder", "minItems": 1},
    "cleaned_images": {"description": "the detected patch of each image, in the order of images", "minItems": 1},
    "mention": {"description": "the words that name the product", "minLength": 1},
    "mention_start": {"description": "first code point of the mention in title + '. ' + text", "minimum": 0},
    "mention_end": {"description": "code point behind the mention", "minimum": 1},
    "title": {"description": "the review's headline; may be empty"},
    "text": {"description": "the review's body"},
    "candidates": {"description": "hard negatives and the gold product, in an order that tells nothing", "minItems": 1},
    "n_attributes": {"description": "product attributes said in the review", "minimum": 0},
    "image_similarity": {"description": "largest cosine of a review image and a product image"},
    "description_similarity": {"description": "cosine of the review and the product's description"},
    "title_similarity": {"description": "cosine of the review and the product's title"},
    "stage": {"description": "where it left"},
    "reason": {"description": "why it left"},
    "detail": {"description": "what was found"},
}
_OF_REVIEWS = {"attributes": {"description": "the gold product's attributes that the review says"}}
_LOGITS = {
    "description_similarity": {"description": "a cross-encoder's logit for the review and the product's description"},
    "title_similarity": {"description": "a cross-encoder's logit for the review and the product's title"},
}
_NULLABLE = {"image_similarity", "description_similarity", "title_similarity"} | {
    field.name for record in (Product, Review) for field in fields_of(record) if field.optional
}

_IMAGE = {"type": "string", "pattern": "^images/[0-9a-f]{64}\\.[a-z0-9]+$"}

PATTERNS = frozenset({_IMAGE["pattern"]})
"""All regular expressions that a build writes into a schema."""


def table_schema(name: str, similarity: str) -> dict[str, Any]:
    """The JSON Schema of a row of the released table `name`; it depends on `informativeness.similarity`."""
    columns = SCHEMAS[name]
    meaning = _of_record(Product if name == "products" else Review) | _MEANING
    meaning = meaning if similarity == "cosine" else meaning | _LOGITS
    meaning = meaning if name == "products" else meaning | _OF_REVIEWS
    properties = {column: _property(column, kind, meaning) for column, kind in columns.items()}
    return {
        "$schema": DIALECT,
        "title": f"one row of {name}.parquet",
        "type": "object",
        "properties": properties,
        "required": columns.names(),
        "additionalProperties": False,
    }


def _of_record(record: type) -> dict[str, dict[str, Any]]:
    return {name: {"description": column.meaning} for name, column in released(record).items()}


def _property(column: str, kind: pl.DataType, meaning: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    found = _type(kind) | meaning.get(column, {})
    if column in ("images", "cleaned_images"):
        found["items"] = _IMAGE
    if column in _NULLABLE:
        found["type"] = [found["type"], "null"]
    if column == "reason":
        found["enum"] = [str(reason) for reason in meanings()]
    return found


def _type(kind: pl.DataType) -> dict[str, Any]:
    if isinstance(kind, pl.List):
        return {"type": "array", "items": _type(kind.inner)}  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        inner = {field.name: _type(field.dtype) for field in kind.fields}  # type: ignore[arg-type]
        return {"type": "object", "properties": inner, "required": sorted(inner)}
    names = {pl.String: "string", pl.Int64: "integer", pl.Float64: "number", pl.Boolean: "boolean"}
    return {"type": names[type(kind)] if type(kind) in names else names[kind]}  # type: ignore[index]


def _counts() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}


def stats_schema() -> dict[str, Any]:
    """The JSON Schema of `stats.json`."""
    numbers = {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
    whole = {"type": "integer", "minimum": 0}
    flow = {
        "type": "object",
        "properties": {"in": whole, "out": whole, "dropped": _counts()},
        "required": ["in", "out", "dropped"],
    }
    funnel = {
        "type": "object",
        "properties": {"reviews_in": whole, "reviews_out": whole, "reviews_dropped": whole}
        | {"stages": {"type": "object", "additionalProperties": flow}},
        "required": ["reviews_in", "reviews_out", "reviews_dropped", "stages"],
    }
    return {
        "$schema": DIALECT,
        "title": "stats.json: Tables 2 and 3 of this build, and its funnel",
        "type": "object",
        "properties": {
            "table2": {"type": "object", "additionalProperties": numbers},
            "table3": {"type": "array", "items": {"type": "object", "required": ["path", "products", "percent"]}},
            "funnel": funnel,
            "links": _counts(),
            "personal_data": _counts(),
            "near_duplicates": _counts(),
        },
        "required": ["table2", "table3", "funnel", "links", "personal_data", "near_duplicates"],
    }


def croissant_schema() -> dict[str, Any]:
    """The JSON Schema of the guaranteed parts of `croissant.json`."""
    return {
        "$schema": DIALECT,
        "title": "croissant.json",
        "type": "object",
        "properties": {"@type": {"const": "sc:Dataset"}, "distribution": {"type": "array", "minItems": 1}},
        "required": ["@context", "@type", "name", "conformsTo", "distribution", "recordSet"],
    }
