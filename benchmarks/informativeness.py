"""Attribute matching (section 3.4's first feature) at catalogue scale: reviews a second, texts cut a second.

`python benchmarks/informativeness.py [--reviews N] [--products N] [--workers N]`; see README.md.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from machine import machine
from printed import machine_lines, reached

from ameli_build.core.cache import Mapper, Work
from ameli_build.core.records import ATTRIBUTES
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import process_mapper
from ameli_build.informativeness.attributes import Text
from ameli_build.informativeness.features import attributes_found

AIM = 1000
"""Reviews a second."""

LABELLED = Path(__file__).parent.parent / "tests" / "informativeness" / "labelled_values.txt"
ROWS = 40
WORDS = 60


def main() -> None:
    """Make reviews and sheets, match them in each way, print the measurements."""
    given = _arguments()
    pairs = make_pairs(given.reviews, given.products)
    results: dict[str, Any] = {"machine": machine(), "reviews": given.reviews, "rates": {}}
    started = time.perf_counter()
    texts = pairs["joined"].head(2000).to_list()
    for text in texts:
        Text.of(text)
    results["texts cut a second, one process"] = len(texts) / (time.perf_counter() - started)
    with process_mapper(given.workers) as mapper:
        list(mapper(time.sleep, [1.0] * given.workers))
        for how in ("exact", "normalised"):
            results["rates"][how] = _rate(pairs, how, mapper)
    print("\n".join(_report(results, given.workers)))
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=20_000)
    parser.add_argument("--products", type=int, default=4_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", metavar="FILE", help="write all numbers to this file")
    return parser.parse_args()


def make_pairs(reviews: int, products: int, seed: int = 13) -> pl.DataFrame:
    """Make texts of about 60 words (`joined`) and sheets of 40 rows (`attributes`) from labelled pairs of the tests.

    Texts have many measures, and half of the values have random digits: harder than the reviews of a shop.
    """
    chance = random.Random(seed)
    labelled = re.findall(r"^[+-] (.*?) = (.*?) :: (.*)$", LABELLED.read_text("utf-8"), re.MULTILINE)
    sheets = [
        [_row(*chance.choice(labelled)[:2], chance) | {"group": "Specifications"} for _ in range(ROWS)]
        for _ in range(products)
    ]
    texts = []
    for _ in range(reviews):
        words: list[str] = []
        while len(words) < WORDS:
            words += chance.choice(labelled)[2].split()
        texts.append(" ".join(words))
    attributes = [sheets[chance.randrange(products)] for _ in range(reviews)]
    return pl.DataFrame({"joined": texts, "attributes": attributes}, schema_overrides={"attributes": ATTRIBUTES})


def _row(name: str, value: str, chance: random.Random) -> dict[str, str]:
    varied = chance.random() < 0.5
    return {
        "name": name,
        "value": re.sub(r"\d", lambda _: str(chance.randrange(10)), value) if varied else value,
    }


def _rate(pairs: pl.DataFrame, how: str, mapper: Mapper) -> dict[str, float]:
    settings = load_settings("demo", [f"informativeness.match={how}"])
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        counts = attributes_found(Work(Snapshot(Path(folder)), mapper), settings, pairs).list.len()
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "reviews a second": len(pairs) / seconds, "found a review": counts.sum() / len(pairs)}


def _report(results: Mapping[str, Any], workers: int) -> Iterator[str]:
    yield from machine_lines(results["machine"])
    yield f"{results['reviews']:,} reviews of about {WORDS} words, {ROWS} attributes each, {workers} workers"
    yield f"texts cut into tokens: {results['texts cut a second, one process']:,.0f} a second in one process"
    for how, rate in results["rates"].items():
        verdict = reached(rate["reviews a second"], AIM, least=True)
        yield (
            f"{how}: {rate['reviews a second']:,.0f} reviews a second (aim {AIM:,}: {verdict}), "
            f"{rate['found a review']:.2f} attributes found a review"
        )


if __name__ == "__main__":
    main()
