"""This crawler compared with Scrapy, on loopback and unthrottled; also clicks, parsers and memory.

`python benchmarks/crawl.py` prints a table, and `--json FILE` writes all numbers. Both contenders get the same pages
from the same server, in turn, each in a process of its own. This crawler obeys robots.txt and archives every answer as
WARC, then parses the archive into its catalog. Scrapy parses into a feed, once without and once with its HTTP cache,
which is the nearest equivalent of an archive.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from contest import contest
from machine import machine, versions
from parsing import parsing_times
from runs import BenchmarkFailed, fresh, run, say, serving
from shop_pages import Size
from tables import as_text

from ameli_build.archive.records import read_archive

MEMORY_PAGES = (2000, 20_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the requested parts; return 1 if a part fails or the contenders disagree."""
    given = _parser().parse_args(arguments)
    results: dict[str, Any] = {"machine": machine(), "versions": versions(), "settings": vars(given)}
    try:
        with tempfile.TemporaryDirectory(prefix="ameli-benchmark-", dir=given.folder) as folder:
            results |= _measure(given, Path(folder))
    except BenchmarkFailed as failure:
        print(f"benchmark: {failure}", file=sys.stderr)
        return 1
    print(as_text(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=2, default=str) + "\n")
    return 1 if results.get("crawl", {}).get("same_records") is False else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python benchmarks/crawl.py", description=main.__doc__)
    add = parser.add_argument
    add("--pages", type=int, default=2000, help="product pages (default 2000)")
    add("--reviews", type=int, default=20_000, help="reviews, 20 a page (default 20000)")
    add("--page-kb", type=int, default=350, help="size of a product page before compression (default 350)")
    add("--rounds", type=int, default=3, help="rounds of the comparison, 0 for none (default 3)")
    add("--threads", type=int, default=8, help="threads of this crawler (default 8)")
    add("--workers", type=int, default=2, help="processes that parse its archive (default 2)")
    add("--clicks", type=int, default=60, help="pages to click, 0 for none (default 60)")
    add("--parse", type=int, default=40, help="pages of each kind to parse, 0 for none (default 40)")
    add("--memory", action="store_true", help="measure peak memory of crawls of 2000 and of 20000 pages")
    add("--scrapy-python", default=sys.executable, help="an interpreter that can import scrapy (default: this one)")
    add("--seed", type=int, default=13)
    add("--folder", type=Path, help="folder for temporary files")
    add("--json", type=Path, help="write all numbers to this file")
    return parser


def _measure(given: argparse.Namespace, root: Path) -> dict[str, Any]:
    size = Size(given.pages, given.reviews, page_bytes=1000 * given.page_kb, seed=given.seed)
    results: dict[str, Any] = {}
    clicked: list[tuple[str, bytes]] = []
    if given.rounds:
        results["crawl"] = contest(given, size, root)
    if given.clicks:
        results["clicks"], clicked = _clicks(given, replace(size, pages=given.clicks, reviews=0, generations="A"), root)
    if given.parse:
        say("parsing")
        results["parsing"] = parsing_times(given.parse, clicked)
    if given.memory:
        results["memory"] = [_memory(given, replace(size, pages=n, reviews=10 * n), root) for n in MEMORY_PAGES]
    return results


def _clicks(given: argparse.Namespace, size: Size, root: Path) -> tuple[dict[str, float], list[tuple[str, bytes]]]:
    """Clicked pages a second with one and two browsers, including their start, and the clicked pages."""
    rates = {}
    with serving(size) as shop:
        for browsers in (1, 2):
            say(f"{size.pages} clicks with {browsers} browser{'s'[: browsers - 1]}")
            order = {"url": shop.url, "out": str(fresh(root / "clicked")), "threads": given.threads}
            done = run(sys.executable, "own_crawl.py", order | {"browsers": browsers, "catalog": False})
            if done.said["counts"].get("clicked") != size.pages:
                raise BenchmarkFailed(f"not every page was clicked: {done.said}")
            rates[str(browsers)] = size.pages / done.seconds
    records = read_archive(root / "clicked" / "raw")
    return rates, [(record.url, record.body or b"") for record in records if record.kind == "clicked"]


def _memory(given: argparse.Namespace, size: Size, root: Path) -> dict[str, float]:
    """Peak memory of a crawl (MiB), and its rate."""
    say(f"memory at {size.pages} pages")
    with serving(size) as shop:
        order = {"url": shop.url, "out": str(fresh(root / "own")), "threads": given.threads, "workers": given.workers}
        done = run(sys.executable, "own_crawl.py", order | {"catalog": False})
    pages = done.said["counts"]["page"] + done.said["counts"]["reviews"]
    return {"product_pages": size.pages, "peak_mib": done.said["crawl_mib"], "pages_a_second": pages / done.seconds}


if __name__ == "__main__":
    sys.exit(main())
