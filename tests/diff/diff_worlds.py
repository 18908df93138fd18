"""Three snapshots to compare: a month, the same month with another threshold, and the next month."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ameli_build.baseline.run import run_baseline
from ameli_build.catalog.ingest import ingest
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.pipeline import build
from tests.baseline.baseline_world import QUICK
from tests.world_files import write_world

Record = dict[str, Any]
MAX_TOKENS = 75
"""The stricter limit: some reviews of the world are longer."""
REVIEWS = 110
"""Reviews of the first month."""


@dataclass(frozen=True, slots=True)
class Worlds:
    """`month` and `stricter` have baselines, `next_month` does not.

    In the next month the product `gone` is missing with its links, `changed` have another price, attribute and name,
    `new` has come with the review "new-review"; the review `edited` has another text and more votes.
    """

    month: Snapshot
    stricter: Snapshot
    next_month: Snapshot
    gone: str
    changed: tuple[str, str, str]
    new: str
    edited: str


def make_worlds(folder: Path) -> Worlds:
    """Build the three snapshots in `folder`."""
    write_world(folder, products=12)
    _edit(folder / "reviews.jsonl", _fewer)
    month = _ingested(folder, folder / "month")
    build(month, _settings(folder))
    stricter = Snapshot(folder / "stricter")
    shutil.copytree(month.root, stricter.root)
    build(stricter, _settings(folder, f"clean.max_tokens={MAX_TOKENS}"))
    for snapshot, prior in ((month, "before"), (stricter, "after")):
        run_baseline(
            snapshot, _settings(folder, *QUICK, "baseline.runs=2", "baseline.keep=4", f"baseline.prior={prior}")
        )
    products = _read(folder / "products.jsonl")
    gone, *others = (product["sku"] for product in products)
    edited = _read(folder / "reviews.jsonl")[-1]["review_id"]
    _edit(folder / "products.jsonl", _next_products)
    _edit(folder / "reviews.jsonl", lambda rows: _next_reviews(rows, gone, edited))
    next_month = _ingested(folder, folder / "next")
    build(next_month, _settings(folder))
    return Worlds(month, stricter, next_month, gone, (others[0], others[1], others[2]), "new-sku", edited)


def _settings(folder: Path, *overrides: str) -> Settings:
    return load_settings("demo", [f"run.cache={folder / 'cache'}", "splits.policy=review", *overrides])


def _ingested(folder: Path, root: Path) -> Snapshot:
    files = folder / "products.jsonl", folder / "reviews.jsonl", folder / "images"
    ingest(Snapshot(root), *files, load_settings("demo"))
    return Snapshot(root)


def _fewer(rows: list[Record]) -> list[Record]:
    """All links of the first `REVIEWS` reviews with photographs."""
    ids = list(dict.fromkeys(row["review_id"] for row in rows if row["images"]))[:REVIEWS]
    return [row for row in rows if row["review_id"] in ids]


def _next_products(rows: list[Record]) -> list[Record]:
    _, priced, specified, renamed, *rest = rows
    new = {**rest[0], "sku": "new-sku", "name": "Brand-New \x1b[31mLaptop\nforged: line"}
    priced["price"] = 1.5
    specified["attributes"][0]["value"] = "Unheard of"
    renamed["name"] += " (2026)"
    return [priced, specified, renamed, *rest, new]


def _next_reviews(rows: list[Record], gone: str, edited: str) -> list[Record]:
    new = {**rows[0], "review_id": "new-review", "sku": "new-sku", "product_details_sku": None, "text": "It is new."}
    for row in rows:
        if row["review_id"] == edited:
            row["text"] += " Edited."
            row["helpful"] += 3
    return [*(row for row in rows if row["sku"] != gone), new]


def _read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _edit(path: Path, change: Callable[[list[Record]], list[Record]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in change(_read(path))))
