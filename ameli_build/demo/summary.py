"""The summary of `ameli demo`: the funnel, the paper's tables, the scoreboard, and paths of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ameli_build.core.logs import RESULTS
from ameli_build.core.reasons import meanings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.text import columns
from ameli_build.demo.scoreboard import Row
from ameli_build.report.funnel import funnel_steps
from ameli_build.scores.claims import claims
from ameli_build.scores.tables import Scores
from ameli_build.scores.text import render

PATHS = {
    "report.html": "all of this as a page, with the worst misses side by side: open it in a browser",
    "report-tables/": "its tables as CSV and LaTeX",
    "dataset/README.md": "the data set card",
    "dataset/train.parquet": "the reviews of the training split; dev, test and clean_test beside it",
    "dataset/dropped.parquet": "every dropped review with its reason",
    "dataset/stats.json": "these numbers",
    "sheets/": "annotation sheets, HTML and XLSX",
    "baseline/scores.json": "Tables 4 and 5, with intervals; MODEL_CARD.md beside it",
    "run.json": "versions, settings, models, time and memory",
    "link/": "a test review and its photograph, for ameli link",
    "truth/": "the truth about each review; the pipeline never reads it",
}


FEW = 100
"""Products below which the results of a demo are no figures at all."""


def heading(text: str) -> None:
    """Announce a part of the demo."""
    RESULTS.info(f"\n== {text}")


def show(snapshot: Snapshot, scores: Scores, board: Sequence[Row], command: str) -> None:
    """Print the summary, and a command to try next."""
    stats = json.loads((snapshot.dataset / "stats.json").read_text())
    heading("the funnel")
    RESULTS.info(funnel(stats))
    heading("Tables 2 and 3 of this world")
    RESULTS.info(f"{table2(stats)}\n\n{table3(stats)}")
    heading("Tables 4 and 5 of this world (a few hundred generated reviews, small models: not the paper's numbers)")
    RESULTS.info(render(scores))
    heading("claims of the paper, and results of this small world")
    RESULTS.info("\n".join(f"- {claim}" for claim in claims(scores) if claim.startswith("test: ")))
    heading("each stage against the truth of the demo's world")
    RESULTS.info(scoreboard_lines(board))
    products = stats["funnel"]["products_in"]
    quick = "" if products >= FEW else f", a quick look at {products} products: its figures mean nothing"
    heading(f"made in {snapshot.root}{quick}")
    RESULTS.info(columns(PATHS.items()))
    heading("which product is this? link a review, or serve a page for it with --serve")
    RESULTS.info(command)


def funnel(stats: Mapping[str, Any]) -> str:
    """Rows in, dropped by stage and reason, rows out."""
    flow, links = stats["funnel"], stats["links"]
    rows = [("products crawled", f"{flow['products_in']:,}")]
    rows += [(f"  {reason}", f"-{count:,}") for reason, count in _by_reason(flow["products_dropped"])]
    rows += [("products in the knowledge base", f"{flow['products_out']:,}")]
    rows += [("reviews crawled", f"{flow['reviews_in']:,}")]
    rows += [
        ("  links to products", f"{links['links_in']:,}"),
        ("  invalid links removed", f"-{links['links_removed']:,}"),
    ]
    rows += [(f"  {step.group}: {step.name}", f"-{step.lost:,}") for step in funnel_steps(flow)]
    rows += [
        ("reviews dropped", f"-{flow['reviews_dropped']:,}"),
        ("reviews in the splits", f"{flow['reviews_out']:,}"),
    ]
    return columns(rows)


def _by_reason(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(str(reason), counts[reason]) for reason in meanings() if reason in counts]


def table2(stats: Mapping[str, Any]) -> str:
    """Table 2: the splits, then the knowledge base."""
    table = stats["table2"]
    splits = [split for split in ("train", "dev", "test", "clean_test") if split in table]
    rows = [("Table 2", *splits)]
    for key in ("reviews", "review_images", "images_per_review"):
        rows += [(key.replace("_", " "), *(f"{table[split][key]:,}" for split in splits))]
    base = table["knowledge_base"]
    keys = ("products", "product_images", "product_categories", "images_per_product", "attributes_per_product")
    rows += [(key.replace("_", " "), f"{base[key]:,}") for key in keys]
    return columns(rows)


def table3(stats: Mapping[str, Any]) -> str:
    """Table 3: the most frequent categories."""
    rows = [(row["leaf"], str(row["products"]), f"{row['percent']:.2f} %") for row in stats["table3"]]
    return columns([("Table 3", "products", "share"), *rows])


def scoreboard_lines(board: Sequence[Row]) -> str:
    """A line for each check: its name, the value, the target, and whether it was met."""
    return columns((row.name, row.value, row.target, "ok" if row.ok else "MISSED") for row in board)
