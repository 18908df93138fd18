"""A made-up snapshot whose stage tables are written directly: for tests of code that runs after the stages."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
from PIL import Image

from ameli_build.clean.rows import VALUES
from ameli_build.core.execution import run_stage
from ameli_build.core.reasons import DROPPED, DROPPED_PRODUCTS
from ameli_build.core.records import PICTURES, PRODUCTS, REVIEWS
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.near_duplicates.leaks import LEAKS
from ameli_build.release.stage import STAGE as RELEASE

SPLIT_OF = {"r1": "train", "r2": "train", "r3": "dev", "r4": "test", "r5": "test"}
PRODUCT_OF = {"r1": "p1", "r2": "p2", "r3": "p3", "r4": "p4", "r5": "p4"}
SKUS = [f"p{n}" for n in range(1, 5)]
HOSTILE = "=1+1 <script>alert('x')</script> javascript:alert(1) love this laptop"


def picture(colour: str) -> bytes:
    """A small JPEG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def made_snapshot(root: Path) -> Snapshot:
    """Four laptops and six reviews, all stages up to `splits` as if they had run."""
    snapshot = Snapshot(root)
    skus = SKUS
    images = {sku: snapshot.store_image(picture(f"#{n}{n}0000"), "jpg") for n, sku in enumerate(skus, 1)}
    photos = {review: snapshot.store_image(picture(f"#00{n}{n}00"), "jpg") for n, review in enumerate(SPLIT_OF, 1)}
    products = [
        {
            "sku": sku,
            "name": f'Acme - 14" Laptop {sku} - Silver',
            "categories": ["Best Buy", "Computers", "PC Laptops"],
            "description": f"The laptop {sku}.",
            "attributes": [{"group": "Key Specs", "name": "Screen Size", "value": "14 inches"}],
            "images": [images[sku]],
            "url": None,
            "variants": skus,
        }
        for sku in skus
    ]
    reviews = [
        {
            "review_id": review,
            "sku": PRODUCT_OF[review],
            "title": "Great",
            "text": HOSTILE if review == "r4" else "I love this laptop.",
            "images": [photos[review]],
            "cleaned_images": [photos[review]],
            "rating": 5,
            "helpful": 1,
            "unhelpful": 0,
            "submitted_at": "2024-03-09T14:06:02.000-06:00",
            "relinked": False,
        }
        for review in SPLIT_OF
    ]
    _write(snapshot, products, reviews)
    return snapshot


def released_snapshot(root: Path, settings: Settings | None = None) -> Snapshot:
    """The made-up snapshot with its `dataset/`."""
    snapshot = made_snapshot(root)
    run_stage(RELEASE, snapshot, settings or load_settings("demo"))
    return snapshot


def _write(snapshot: Snapshot, products: list[dict[str, object]], reviews: list[dict[str, object]]) -> None:
    links = [{**review, "product_details_sku": None, "conflict": False, "source": "made-up:1"} for review in reviews]
    gone = {**links[0], "review_id": "r6", "images": []}
    staying = [str(review["review_id"]) for review in reviews]
    mention = [f"{review['title']}. {review['text']}".index("laptop") for review in reviews]
    skus = [product["sku"] for product in products]
    tables = {
        "catalog/products": pl.DataFrame(products, schema=_partial(PRODUCTS, products[0])),
        "catalog/reviews": pl.DataFrame([*links, gone], schema=_partial(REVIEWS, links[0])),
        "catalog/images": pl.DataFrame(schema=PICTURES),
        "clean/products": pl.DataFrame(products, schema_overrides={"url": pl.String}),
        "clean/dropped_products": pl.DataFrame(schema=DROPPED_PRODUCTS),
        "clean/reviews": pl.DataFrame(reviews),
        "clean/values": _values(staying),
        "clean/dropped": pl.DataFrame([("r6", "p1", "clean", "no_image", "no photo", "0", "1")], DROPPED, orient="row"),
        "mentions/mentions": pl.DataFrame(
            {
                "review_id": staying,
                "mention": ["laptop"] * len(staying),
                "mention_start": mention,
                "mention_end": [start + 6 for start in mention],
                "score": [0.9] * len(staying),
            }
        ),
        "mentions/dropped": pl.DataFrame(schema=DROPPED),
        "informativeness/features": pl.DataFrame(
            {
                "review_id": staying,
                "n_attributes": [1] * len(staying),
                "attributes": [[{"name": "Color", "value": "Gray"}]] * len(staying),
                "image_similarity": [0.5] * len(staying),
                "description_similarity": [0.5] * len(staying),
                "title_similarity": [0.5] * len(staying),
            }
        ),
        "informativeness/kept": pl.DataFrame({"review_id": staying}),
        "informativeness/dropped": pl.DataFrame(schema=DROPPED),
        "candidates/candidates": pl.DataFrame({"review_id": staying, "candidates": [skus] * len(staying)}),
        "splits/splits": pl.DataFrame({"review_id": staying, "split": list(SPLIT_OF.values())}),
        "splits/leaks": pl.DataFrame(schema=LEAKS),
        "splits/dropped": pl.DataFrame(schema=DROPPED),
    }  # fmt: skip
    for name, table in tables.items():
        write_table(snapshot.table_path(name), table)


def _partial(schema: pl.Schema, row: dict[str, object]) -> pl.Schema:
    return pl.Schema({name: kind for name, kind in schema.items() if name in row})


def _values(staying: list[str]) -> pl.DataFrame:
    rows = [
        {"review_id": review, "sku": PRODUCT_OF.get(review, "p1"), "n_photos": int(review in staying)}
        for review in (*staying, "r6")
    ]
    return pl.DataFrame([{name: row.get(name) for name in VALUES} for row in rows], schema=VALUES)
