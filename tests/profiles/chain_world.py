"""A world small enough for Grounding DINO at its real size: sixteen products, a review of each, flat pictures.

The detector scales the short side of a picture to 800 pixels, but the long side to 1,333 at most: flat pictures take a
sixth of the time of square pictures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

KINDS = {"Laptop": ("Shop", "Computers", "Laptops"), "Microwave": ("Shop", "Kitchen", "Microwaves")}
BRANDS = {"Laptop": "Norvex", "Microwave": "Kalden"}
COLOURS = {"Black": (20, 20, 20), "Silver": (200, 200, 205), "Red": (200, 30, 30), "Blue": (30, 60, 200)}
SIZES = ("256 gigabytes", "1000 gigabytes")
FLAT = (240, 14)


def write_chain_world(folder: Path) -> None:
    """Write `products.jsonl`, `reviews.jsonl` and `images/` in the form for `ameli ingest`."""
    (folder / "images").mkdir(parents=True)
    kinds = [(kind, colour, size) for kind in KINDS for colour in COLOURS for size in SIZES]
    products = [_product(folder / "images", f"{700 + n}", *kind) for n, kind in enumerate(kinds)]
    reviews = [_review(folder / "images", product) for product in products]
    for name, rows in (("products", products), ("reviews", reviews)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def photograph(path: Path, kind: str, colour: str, shift: int = 0) -> Path:
    """A flat picture of a coloured thing with letters on it."""
    image = Image.new("RGB", FLAT, (235, 230 - shift, 220))
    draw = ImageDraw.Draw(image)
    box = (20 + 7 * shift % 40, 1, 200, 13 - shift % 3)
    (draw.rectangle if kind == "Laptop" else draw.ellipse)(box, fill=COLOURS[colour])
    draw.text((60 + shift, 1), f"{colour} {kind}", fill="white" if colour != "Silver" else "black")
    image.save(path, quality=92)
    return path


def _product(images: Path, sku: str, kind: str, colour: str, size: str) -> dict[str, Any]:
    brand = BRANDS[kind]
    values = {"Brand": brand, "Color": colour, "Storage Capacity": size, "Warranty": "1 year"}
    pictures = [photograph(images / f"{sku}-{n}.jpg", kind, colour, int(sku) % 16 + 20 * n).name for n in range(2)]
    return {
        "sku": sku,
        "name": f"{brand} - {kind} - {size} - {colour}",
        "categories": list(KINDS[kind]),
        "description": f"A {colour.lower()} {kind.lower()} by {brand} with {size} of storage.",
        "attributes": [{"group": "Key Specs", "name": name, "value": value} for name, value in values.items()],
        "images": pictures,
        "price": 100.0,
    }


def _review(images: Path, product: dict[str, Any]) -> dict[str, Any]:
    values = {attribute["name"]: attribute["value"] for attribute in product["attributes"]}
    kind, sku = product["name"].split(" - ")[1], product["sku"]
    size, colour = f"It has {values['Storage Capacity']}.", f"The {values['Color'].lower()} one looks good."
    # three of these reviews are in the test split of `authors`
    said = f"{size} {colour}" if int(sku) % 3 == 0 else size if int(sku) % 2 else colour
    photo = photograph(images / f"r{sku}.jpg", kind, values["Color"], int(sku) % 16 + 40)
    return {
        "review_id": f"r{sku}",
        "sku": sku,
        "title": "Good choice",
        "text": f"This {kind.lower()} from {values['Brand']} works well. {said} Bought number {sku} for my sister.",
        "rating": 4,
        "helpful": 3,
        "unhelpful": 0,
        "images": [photo.name],
        "author": f"Shopper{sku}",
        "submitted_at": "2024-03-01T10:06:02.000-06:00",
    }
