"""Accuracy of the three rules for mentions, on real reviews, on the labelled sets of the tests, and on the demo.

`python benchmarks/mention_rules.py [--real FOLDER]`; see README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.execution import run_stage
from ameli_build.core.records import joined_text
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.statistics import Share
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.scoreboard import accepts
from ameli_build.mentions.inflect import noun_lemma
from ameli_build.mentions.stage import STAGE
from ameli_build.models.language import load_language

REPOSITORY = Path(__file__).parents[1]
REAL = REPOSITORY.parent / "shared" / "real-reviews"
SETS = ("labelled.txt", "labelled_fresh.txt", "labelled_third.txt")
RULES = ("careful", "paper", "authors")


@dataclass(frozen=True, slots=True)
class Item:
    """A review of a product; `right` judges the words, start and end of a mention; real reviews can be out of reach."""

    product: str
    category: str
    title: str
    text: str
    right: Callable[[str, int, int], bool]
    in_reach: bool = True


def main() -> None:
    """Print a table with a row for each set of reviews and a column for each rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, default=REAL, help="folder with mentions.jsonl")
    folder = parser.parse_args().real
    sets = {file: list(_labelled(file)) for file in SETS} | {"demo": list(_demo())}
    if (folder / "mentions.jsonl").is_file():
        sets = {"real": list(_real(folder / "mentions.jsonl")), **sets}
    print(f"{'':<30}" + "".join(f"{rule:>32}" for rule in RULES))
    found = {(name, rule): _mentions(items, rule) for name, items in sets.items() for rule in RULES}
    for name, items in sets.items():
        for suffix, selects in _rows(items):
            shares = (_share(items, found[name, rule], selects) for rule in RULES)
            print(f"{name + suffix:<30}" + "".join(f"{share:>32}" for share in shares))


def _rows(items: Sequence[Item]) -> Iterator[tuple[str, Callable[[Item, str], bool]]]:
    yield ", all", lambda item, mention: True
    if not all(item.in_reach for item in items):
        yield ", in reach", lambda item, mention: item.in_reach
    yield ", of those found", lambda item, mention: bool(mention)


def _share(items: Sequence[Item], found: Sequence[tuple[str, int, int]], selects: Callable[[Item, str], bool]) -> str:
    judged = [item.right(*mention) for item, mention in zip(items, found, strict=True) if selects(item, mention[0])]
    right, count = sum(judged), len(judged)
    share = Share.of(right, count)
    return f"{right}/{count} {right / count:.1%} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def _mentions(items: Sequence[Item], rule: str) -> list[tuple[str, int, int]]:
    """The mention that the stage finds in each item by a rule; empty words if the stage finds no mention."""
    products = {
        pair: f"p{n:05}" for n, pair in enumerate(dict.fromkeys((item.product, item.category) for item in items))
    }
    rows = [(f"r{n:05}", products[item.product, item.category], item.title, item.text) for n, item in enumerate(items)]
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Snapshot(Path(folder))
        known = [(sku, title, ["All", category]) for (title, category), sku in products.items()]
        tables = {
            "clean/products": pl.DataFrame(known, ["sku", "name", "categories"], orient="row"),
            "clean/reviews": pl.DataFrame(rows, ["review_id", "sku", "title", "text"], orient="row"),
        }
        for name, table in tables.items():
            write_table(snapshot.table_path(name), table)
        run_stage(STAGE, snapshot, load_settings("demo", [f"mentions.rule={rule}"]))
        columns = ("review_id", "mention", "mention_start", "mention_end")
        found = {key: mention for key, *mention in snapshot.read("mentions/mentions").select(columns).iter_rows()}
    return [tuple(found.get(row[0], ("", 0, 0))) for row in rows]  # type: ignore[misc]


def _real(path: Path) -> Iterator[Item]:
    """Right is an accepted string in singular or plural, or no mention where the label permits that."""
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        accepted = {_bare(mention) for mention in (*row["accept"], *row["accept_title"])}
        none = not accepted or row["none_ok"]
        right = lambda words, start, end, accepted=accepted, none=none: _bare(words) in accepted if words else none  # noqa: E731
        reach = row["reach"] in ("kind", "none")
        yield Item(row["title"], row["category"], row["review_title"], row["review"], right, reach)


def _labelled(file: str) -> Iterator[Item]:
    """Right is a marked place, or no mention if no place is marked."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "mentions"))
    from labelled import read_labelled

    for review in read_labelled(file):
        right = lambda words, start, end, places=review.places: (start, end) in places if words else not places  # noqa: E731
        yield Item(review.title, review.path[-1], "", review.text, right)


def _demo() -> Iterator[Item]:
    """Right is a mention that the scoreboard of the demo accepts."""
    world = make_world(seed=7, products=160)
    products = {product.sku: (product.name, product.category_path[-1][1]) for product in world.products}
    truths = {truth.review_id: truth for truth in world.truths if truth.reason is None}
    for review in world.reviews:
        if review.review_id in truths and review.sku in products:
            text, truth = joined_text(review.title, review.text), truths[review.review_id].mention
            right = lambda words, start, end, text=text, truth=truth: accepts(truth, text, words, start, end)  # noqa: E731
            yield Item(*products[review.sku], review.title, review.text, right)


def _bare(mention: str) -> str:
    words: list[Any] = re.findall(r"[^\W_]+", mention.lower())
    return "".join([*words[:-1], *(noun_lemma(word, load_language("bundled:en")) for word in words[-1:])])


if __name__ == "__main__":
    main()
