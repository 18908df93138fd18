"""Own code compared with a library that could replace it: whether the answers agree, and processor seconds of both.

`python benchmarks/libraries.py [NAME ...]` needs chompjs, extruct, krippendorff and parsel in the environment of this
project, and skips a comparison if its library is missing. Both sides run in this process in turn, and the best of
`--rounds` counts. A seed determines all inputs.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from machine import machine
from printed import machine_lines
from review_rows import write_lines, write_reviews
from scipy import stats
from shop_pages import Pages, Size

from ameli_build.annotation.agreement import krippendorff_alpha
from ameli_build.clean.slices import cut
from ameli_build.core.statistics import SIDE, Share, wilson_lower_bound
from ameli_build.ingest.fields import FieldUse
from ameli_build.ingest.raw_files import read_blocks, row_of
from ameli_build.ingest.raw_tables import _one_by_one, read_block
from ameli_build.scores.metrics import estimate
from ameli_build.shops.bestbuy.apollo import _PUSH as PUSH
from ameli_build.shops.bestbuy.apollo import MARK
from ameli_build.shops.bestbuy.pages import _SELECTORS as SELECTORS
from ameli_build.shops.dom import Page
from ameli_build.shops.markup import scripts
from ameli_build.shops.scripts import arguments, javascript_in, json_ld

FORMS: tuple[tuple[str, Any], ...] = (
    ('{"a": undefined, "b": [undefined, 1]}', {"a": None, "b": [None, 1]}),
    ("{a: !0, b: !1, c: void 0}", {"a": True, "b": False, "c": None}),
    ("{a: NaN, b: -Infinity}", {"a": None, "b": None}),
    ("{'a': 'it\\'s', b: 'x\\\"y'}", {"a": "it's", "b": 'x"y'}),
    ('["\\x3cb\\x3e", "\\u{1F600}"]', ["<b>", "\U0001f600"]),
    ("[1, 2,] trailing ) junk", [1, 2]),
    ("function () {}", None),
)
"""JavaScript literals as in scripts, with their values; None if the text is not a literal."""

Side = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """Own code and a library on the same input; `remark` states how far the answers agree."""

    library: str
    own: Side
    theirs: Side
    remark: str


def javascript(size: int) -> Iterator[Compared]:
    """Literals in scripts: the pushes on pages of generation C, and the forms above."""
    import chompjs

    def read(text: str) -> Any:
        try:
            return chompjs.parse_js_object(text, loader_kwargs={"strict": False})
        except ValueError:
            return None

    pages = [page.decode() for _, _, page in Pages(Size(size, 0, generations="C"), "http://shop").products()]
    found = [script.content for page in pages for script in scripts(page) if MARK in script.content]
    own, theirs = (
        lambda: [value for text in found for value in arguments(text, PUSH)],
        lambda: [read(text[match.end() :]) for text in found for match in PUSH.finditer(text)],
    )
    right = sum(read(text) == value for text, value in FORMS)
    assert all(javascript_in(text) == value for text, value in FORMS)
    alike = f"{sum(map(_equal, own(), theirs()))} of {len(own())} pushes alike"
    yield Compared("chompjs", own, theirs, f"{alike}; right on {right} of {len(FORMS)} forms")


def _equal(first: Any, second: Any) -> bool:
    return bool(first == second)


def schema_org(size: int) -> Iterator[Compared]:
    """The JSON-LD of the product on a page."""
    import extruct

    pages = [page.decode() for _, _, page in Pages(Size(size, 0, generations="AB"), "http://shop").products()]

    def read(page: str) -> dict[str, Any]:
        listed = extruct.extract(page, syntaxes=["json-ld"], errors="ignore").get("json-ld", [])
        return next((record for record in listed if record.get("@type") == "Product"), {})

    own, theirs = lambda: [json_ld(scripts(page)) for page in pages], lambda: list(map(read, pages))
    yield Compared("extruct", own, theirs, f"{sum(map(_equal, own(), theirs()))} of {len(pages)} products alike")


def selectors(size: int) -> Iterator[Compared]:
    """All selectors of a product page, on pages of each generation."""
    import parsel

    pages = [page.decode() for _, _, page in Pages(Size(size, 0, generations="ABC"), "http://shop").products()]

    def own() -> list[int]:
        return [len(tree.select(css)) for page in pages for tree in [Page(page, SELECTORS)] for css in SELECTORS]

    def theirs() -> list[int]:
        return [len(tree.css(css)) for page in pages for tree in [parsel.Selector(page)] for css in SELECTORS]

    alike = sum(map(_equal, own(), theirs()))
    yield Compared("parsel", own, theirs, f"{alike} of {len(own())} counts of elements alike")


def alpha(size: int) -> Iterator[Compared]:
    """Krippendorff's alpha of three annotators, with a tenth of the answers missing."""
    import krippendorff

    rng = np.random.default_rng(1)
    table = np.where(rng.random((3, size)) < 0.1, np.nan, rng.integers(0, 3, (3, size)))
    units = [tuple(column[~np.isnan(column)]) for column in table.T]
    own, theirs = partial(krippendorff_alpha, units), partial(krippendorff.alpha, table, level_of_measurement="nominal")
    yield Compared("krippendorff", own, theirs, f"differ by {abs((own() or 0) - theirs()):.1g}")


def intervals(size: int) -> Iterator[Compared]:
    """Wilson's interval of single shares; the bound of an array of shares, as in the search of thresholds."""
    hits = np.random.default_rng(1).integers(0, 200, size)

    def interval_by_scipy(hit: int) -> tuple[float, float]:
        found = stats.binomtest(int(hit), 200).proportion_ci(method="wilson")
        return found.low, found.high

    own, theirs = lambda: [Share.of(int(hit), 200) for hit in hits], lambda: list(map(interval_by_scipy, hits))
    widest = max(max(abs(a.low - low), abs(a.high - high)) for a, (low, high) in zip(own(), theirs(), strict=True))
    yield Compared("scipy, one interval at a time", own, theirs, f"differ by {widest:.1g} (own: 4 decimals)")
    many = partial(wilson_lower_bound, hits / 200, 200, SIDE)
    yield Compared("scipy, the bounds of an array", many, theirs, "scipy has no interval of an array")


def bootstrap(size: int) -> Iterator[Compared]:
    """The percentile interval of a mean over reviews, 1,000 resamples."""
    values = (np.random.default_rng(1).random(size) < 0.4).astype(float)
    own = partial(estimate, values, 1000, 1)
    theirs = partial(stats.bootstrap, (values,), np.mean, n_resamples=1000, method="percentile", rng=1, batch=100)
    found, interval = own(), theirs().confidence_interval
    remark = f"[{found.low:.2f}, {found.high:.2f}] and [{100 * interval.low:.2f}, {100 * interval.high:.2f}]"  # type: ignore[union-attr]
    yield Compared("scipy", own, theirs, f"{remark}: other draws")


def records(size: int) -> Iterator[Compared]:
    """Raw reviews in JSON Lines: parsed by columns and, as for irregular records, record by record."""
    with tempfile.TemporaryDirectory() as folder:
        table, lines = Path(folder) / "reviews.parquet", Path(folder) / "reviews.jsonl"
        write_reviews(table, size)
        write_lines(table, lines)

        def own() -> pl.DataFrame:
            return pl.concat([read_block(block, "made", FieldUse())[0] for block in read_blocks(lines)])

        def theirs() -> pl.DataFrame:
            rows = [row_of(block.first, n, row) for block in read_blocks(lines) for n, row in enumerate(block.rows)]
            return _one_by_one(rows, "made", FieldUse())[0]

        yield Compared("raw_records alone", own, theirs, f"tables {'alike' if own().equals(theirs()) else 'differ'}")


def slices(size: int) -> Iterator[Compared]:
    """Parts of a table of links: slices of whole reviews, and the batches of polars."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reviews.parquet"
        write_reviews(path, size)
        columns, rows = ["review_id", "title", "text"], max(1, size // 8)

        def own() -> list[pl.Series]:
            with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
                return list(pool.map(lambda piece: piece.read(columns)["review_id"], cut(path, rows)))

        def theirs() -> list[pl.Series]:
            scanned = pl.scan_parquet(path).select(columns)
            return [part["review_id"] for part in scanned.collect_batches(chunk_size=rows, maintain_order=True)]

        def torn(parts: list[pl.Series]) -> int:
            return sum(first[-1] == second[0] for first, second in pairwise(parts))

        remark = "; ".join(
            f"{name}: {torn(parts)} of {len(parts) - 1} borders part a review"
            for name, parts in (("own", own()), ("theirs", theirs()))
        )
        yield Compared("polars' collect_batches", own, theirs, remark)


COMPARISONS: dict[str, tuple[Callable[[int], Iterator[Compared]], int]] = {
    "javascript": (javascript, 40),
    "schema_org": (schema_org, 40),
    "selectors": (selectors, 30),
    "alpha": (alpha, 3025),
    "intervals": (intervals, 500),
    "bootstrap": (bootstrap, 3025),
    "records": (records, 40_000),
    "slices": (slices, 200_000),
}
"""The function of each comparison, and its number of pages, units or rows."""


def seconds_of(side: Side) -> float:
    """Processor seconds of a run."""
    start = time.process_time()
    side()
    return time.process_time() - start


def main() -> None:
    """Run the named comparisons, and print a line for each comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(COMPARISONS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the pages, units or rows")
    given = parser.parse_args()
    print("\n".join(machine_lines(machine())))
    for name in given.names or COMPARISONS:
        function, size = COMPARISONS[name]
        try:
            for compared in function(max(2, int(size * given.scale))):
                own, theirs = (min(seconds) for seconds in zip(*_rounds(compared, given.rounds), strict=True))
                times = f"{1000 * own:.1f} ms, {1000 * theirs:.1f} ms ({theirs / own:.2f} times)"
                print(f"{name}: own and {compared.library}: {times}; {compared.remark}")
        except ModuleNotFoundError as error:
            print(f"{name}: left out, {error.name} is not installed")


def _rounds(compared: Compared, rounds: int) -> Iterator[tuple[float, float]]:
    for _ in range(rounds):
        yield seconds_of(compared.own), seconds_of(compared.theirs)


if __name__ == "__main__":
    main()
