"""A made-up released data set: families of coloured products in two categories, and reviews of them."""

from __future__ import annotations

import hashlib
import io
import random
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image, ImageDraw

from ameli_build.core.records import ATTRIBUTES

COLOURS = {"Black": (20, 20, 20), "Silver": (200, 200, 205), "Red": (200, 30, 30), "Blue": (30, 60, 200)}
SIZES = ("256 gigabytes", "1000 gigabytes")
KINDS = {
    "Laptop": (("Shop", "Computers", "Laptops"), "Norvex"),
    "Microwave": (("Shop", "Kitchen", "Microwaves"), "Kalden"),
}
QUICK = (
    "baseline.text_epochs=1",
    "baseline.adapter_epochs=1",
    "baseline.bootstrap=20",
    "baseline.attributes_per_candidate=1",
    "baseline.max_tokens=16",
    "models.ocr=",
)
"""Settings of a baseline that takes seconds."""
SAID = {"256 gigabytes": "256 gigs", "1000 gigabytes": "1tb"}

PRODUCTS = pl.Schema(
    {
        "sku": pl.String,
        "name": pl.String,
        "categories": pl.List(pl.String),
        "description": pl.String,
        "attributes": ATTRIBUTES,
        "images": pl.List(pl.String),
    }
)
REVIEWS = pl.Schema(
    {
        "review_id": pl.String,
        "sku": pl.String,
        "mention": pl.String,
        "mention_start": pl.Int64,
        "mention_end": pl.Int64,
        "title": pl.String,
        "text": pl.String,
        "images": pl.List(pl.String),
        "cleaned_images": pl.List(pl.String),
        "candidates": pl.List(pl.String),
    }
)

Record = dict[str, Any]


def picture(folder: Path, kind: str, colour: str, shift: int) -> str:
    """Draw a rectangle or an ellipse of this colour; return its path relative to the data set."""
    image = Image.new("RGB", (96, 96), (235, 230 - shift, 220))
    draw = ImageDraw.Draw(image)
    box = (12 + shift % 10, 20, 84, 76 - shift % 12)
    (draw.rectangle if kind == "Laptop" else draw.ellipse)(box, fill=COLOURS[colour])
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    name = f"images/{hashlib.sha256(buffer.getvalue()).hexdigest()}.jpg"
    (folder / name).write_bytes(buffer.getvalue())
    return name


def make_products(folder: Path) -> list[Record]:
    """Sixteen products: two kinds, four colours, two sizes."""
    products = []
    for kind, (categories, brand) in KINDS.items():
        for colour in COLOURS:
            for size in SIZES:
                values = {"Brand": brand, "Color": colour, "Storage Capacity": size, "Warranty": "1 year"}
                products.append(
                    {
                        "sku": f"{100 + len(products)}",
                        "name": f"{brand} - {kind} - {size} - {colour}",
                        "categories": list(categories),
                        "description": f"A {colour.lower()} {kind.lower()} by {brand} with {size} of storage.",
                        "attributes": [{"group": "Key Specs", "name": k, "value": v} for k, v in values.items()],
                        "images": [picture(folder, kind, colour, len(products)), picture(folder, kind, colour, 30)],
                    }
                )
    return products


def make_reviews(folder: Path, products: list[Record], count: int, split: str) -> list[Record]:
    """Reviews that state the colour or size of their product in the words of a shopper."""
    chance = random.Random(split)
    reviews = []
    for n in range(count):
        product = chance.choice(products)
        values = {attribute["name"]: attribute["value"] for attribute in product["attributes"]}
        kind = product["name"].split(" - ")[1]
        said = [f"The {values['Color'].lower()} one looks good.", f"It has {SAID[values['Storage Capacity']]}."]
        text = f"This {kind.lower()} works. {chance.choice(said)} {chance.choice(said)}"
        others = [other["sku"] for other in products if other is not product and kind in other["name"]]
        images = [picture(folder, kind, values["Color"], chance.randrange(40))]
        start = len("Nice. This ")
        reviews.append(
            {
                "review_id": f"{split}-{n:03d}",
                "sku": product["sku"],
                "mention": kind.lower(),
                "mention_start": start,
                "mention_end": start + len(kind),
                "title": "Nice",
                "text": text,
                "images": images,
                "cleaned_images": images,
                "candidates": sorted([product["sku"], *chance.sample(others, min(4, len(others)))]),
            }
        )
    return reviews


def write_dataset(root: Path, sizes: dict[str, int], limit: int = 16, clean: int | None = None) -> Path:
    """Write a snapshot's `dataset/` with the first `limit` products and reviews of these `sizes`; return `root`."""
    folder = root / "dataset"
    (folder / "images").mkdir(parents=True)
    (root / "catalog").mkdir()
    products = make_products(folder)[:limit]
    pl.DataFrame(products, schema=PRODUCTS).write_parquet(folder / "products.parquet")
    for split, count in sizes.items():
        reviews = pl.DataFrame(make_reviews(folder, products, count, split), schema=REVIEWS)
        reviews.write_parquet(folder / f"{split}.parquet")
        if split == "test" and clean is not None:
            reviews.head(clean).write_parquet(folder / "clean_test.parquet")
    return root


@contextmanager
def restored(registry: dict[str, Any]) -> Iterator[None]:
    """Undo changes to a registry of rows."""
    before = dict(registry)
    try:
        yield
    finally:
        registry.clear()
        registry.update(before)


def recipe(heading: str) -> str:
    """The function that a recipe of CONTRIBUTING.md adds to a table."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return textwrap.dedent(section.partition("```python\n")[2].partition("```")[0])
