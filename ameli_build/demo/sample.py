"""A review with its photograph, for the first command that a newcomer tries: `ameli link`."""

from __future__ import annotations

import shlex

import polars as pl

from ameli_build.core.records import joined_text
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.demo.world import World

KIND = "laptop"


def leave_sample(snapshot: Snapshot, world: World) -> str:
    """Write `link/photo.jpg` and `link/review.txt`; returns the command that links them.

    It is the test review with the most stated attributes, of a laptop if there is one, else of any product.
    """
    kinds = {product.sku: product.look.kind for product in world.products}
    said = {truth.review_id: len(truth.attributes_said) for truth in world.truths}
    reviews = pl.read_parquet(snapshot.dataset / "test.parquet").sort("review_id").to_dicts()
    best = max(reviews, key=lambda review: (kinds[review["sku"]] == KIND, said[review["review_id"]]))
    folder = snapshot.root / "link"
    write_bytes(folder / "photo.jpg", (snapshot.dataset / best["images"][0]).read_bytes())
    write_bytes(folder / "review.txt", f"{joined_text(best['title'], best['text'])}\n".encode())
    root, text, photo = (
        shlex.quote(str(path)) for path in (snapshot.root, folder / "review.txt", folder / "photo.jpg")
    )
    return f'ameli link {root} --text "$(cat {text})" --image {photo}'
