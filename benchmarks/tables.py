"""The benchmark's numbers as text, each aim with how far it was reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from printed import machine_lines, reached

from ameli_build.core.text import figures

PARSE_AIMS = {
    "product, generation B": 10.0,
    "product, generation C": 10.0,
    "product, generation A": 30.0,
    "product, generation A, clicked": 30.0,
    "reviews, a page of 20": 5.0,
}
FLAT = 1.1
"""Memory is flat when ten times as many pages take at most so many times as much."""

_Row = Sequence[object]


def as_text(results: Mapping[str, Any]) -> str:
    """All that was measured."""
    parts: dict[str, Callable[[Any], Iterator[str]]] = {
        "crawl": _crawl,
        "clicks": _clicks,
        "parsing": _parsing,
        "memory": _memory,
    }
    lines = [*machine_lines(results["machine"], results["versions"])]
    for name, part in parts.items():
        if name in results:
            lines += ["", *part(results[name])]
    return "\n".join(lines)


def _crawl(told: Mapping[str, Any]) -> Iterator[str]:
    shop, ceiling = told["shop"], told["server_ceiling"]
    yield f"{shop['product_pages']:,} product pages and {shop['review_pages']:,} review pages, gzip, on loopback"
    yield (
        f"one bare connection gets {ceiling['product_pages']:,.0f} product pages or {ceiling['review_pages']:,.0f}"
        " review pages a second from the server"
    )
    names = list(told["contenders"])
    yield from figures(
        [
            ("", "pages a second", "(min - max)", "processor s", "peak MiB"),
            *[_contender(name, told["contenders"][name]) for name in names],
        ]
    )
    own = told["contenders"][names[0]]
    yield (
        f"{names[0]}: fetching and archiving alone {own['crawl_pages_a_second']['median']:.1f} pages a second, then the"
        f" catalog in {own['catalog_seconds']['median']:.1f} s; the archive has {told['archive_bytes'] / 1e6:,.0f} MB"
    )
    for name in names[1:]:
        peer = told["contenders"][name]
        ratio = own["pages_a_second"]["median"] / peer["pages_a_second"]["median"]
        alone = own["crawl_pages_a_second"]["median"] / peer["pages_a_second"]["median"]
        effort = peer["cpu_seconds"]["median"] / own["cpu_seconds"]["median"]
        yield (
            f"{ratio:.2f} times the rate of {name} {peer['version']} (crawl alone {alone:.2f};"
            f" by processor time {effort:.2f}): {reached(ratio, 1.0, least=True)}"
        )
    if len(names) == 1:
        yield "Scrapy was not measured: no interpreter with it (see --scrapy-python)"
    else:
        yield f"both found the same products and reviews: {'yes' if told['same_records'] else 'NO'}"


def _contender(name: str, told: Mapping[str, Any]) -> _Row:
    rate = told["pages_a_second"]
    spread = f"({rate['min']:.1f} - {rate['max']:.1f})"
    cpu, peak = told["cpu_seconds"]["median"], told["peak_mib"]["median"]
    return name, f"{rate['median']:.1f}", spread, f"{cpu:.1f}", f"{peak:,.0f}"


def _clicks(rates: Mapping[str, float]) -> Iterator[str]:
    yield from figures([("browsers", "clicked pages a second"), *[(n, f"{rate:.2f}") for n, rate in rates.items()]])


def _parsing(told: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    rows = [
        (kind, f"{of['kb']:,.0f}", f"{of['median_ms']:.1f}", f"{of['max_ms']:.1f}", _aim(kind, of["median_ms"]))
        for kind, of in told.items()
    ]
    yield from figures([("parsing", "kB", "median ms", "max ms", "aim"), *rows])


def _aim(kind: str, milliseconds: float) -> str:
    return f"{PARSE_AIMS[kind]:g} ms: {reached(milliseconds, PARSE_AIMS[kind], least=False)}"


def _memory(told: Sequence[Mapping[str, float]]) -> Iterator[str]:
    rows = [(f"{of['product_pages']:,}", f"{of['peak_mib']:,.0f}", f"{of['pages_a_second']:.1f}") for of in told]
    yield from figures([("product pages", "peak MiB of the crawl", "pages a second"), *rows])
    growth = told[-1]["peak_mib"] / told[0]["peak_mib"]
    yield f"{growth:.2f} times the memory: {reached(growth, FLAT, least=False)}"
