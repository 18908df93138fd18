"""A small generated world as files that `ameli ingest` takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ameli_build.catalog.ingest import ingest
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.render import image_bytes
from ameli_build.demo.world import World, WorldImage, WorldProduct, WorldReview


def write_world(folder: Path, products: int = 16, seed: int = 13) -> World:
    """Write `products.jsonl`, `reviews.jsonl` and `images/` for a world; every review under every sibling."""
    world = make_world(seed, products)
    images = folder / "images"
    images.mkdir(parents=True)
    listed = {product.sku: product for product in world.products}
    pictures = [image for product in world.products for image in product.images]
    pictures += [image for review in world.reviews for image in review.photos]
    for image in {image.name: image for image in pictures}.values():
        if image.fault != "missing":
            (images / _file(image)).write_bytes(image_bytes(image))
    _write(folder / "products.jsonl", [_product(product) for product in world.products])
    links = [_review(review, sku) for review in world.reviews for sku in _family(review, listed)]
    _write(folder / "reviews.jsonl", links)
    return world


def ingested(folder: Path, root: Path) -> Snapshot:
    """A snapshot in `root` with the records of `write_world`."""
    snapshot = Snapshot(root)
    ingest(snapshot, folder / "products.jsonl", folder / "reviews.jsonl", folder / "images", load_settings("demo"))
    return snapshot


def _file(image: WorldImage) -> str:
    return image.name.replace("/", "_")


def _product(product: WorldProduct) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "name": product.name,
        "categories": [name for _, name in product.category_path],
        "description": product.description,
        "attributes": [asdict(attribute) for attribute in product.attributes],
        "images": [_file(image) for image in product.images],
        "variants": list(product.family),
        "price": product.price,
    }


def _family(review: WorldReview, listed: Mapping[str, WorldProduct]) -> list[str]:
    return [sku for sku, product in listed.items() if review.sku in product.family]


def _review(review: WorldReview, sku: str) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "sku": sku,
        "title": review.title,
        "text": review.text,
        "rating": review.rating,
        "helpful": review.helpful,
        "unhelpful": review.unhelpful,
        "images": [_file(image) for image in review.photos],
        "product_details_sku": None if sku == review.sku else review.sku,
        "author": review.author,
        "submitted_at": review.submitted_at,
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
