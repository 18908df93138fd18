"""The numbers of the benchmark as text, with the distance to each aim."""

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
"""Memory is flat if ten times the pages need at most this multiple of the memory."""

_Row = Sequence[object]


def as_text(results: Mapping[str, Any]) -> str:
    """All measurements as text."""
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


def _crawl(numbers: Mapping[str, Any]) -> Iterator[str]:
    shop, ceiling = numbers["shop"], numbers["server_ceiling"]
    yield f"{shop['product_pages']:,} product pages and {shop['review_pages']:,} review pages, gzip, on loopback"
    yield (
        f"one bare connection gets {ceiling['product_pages']:,.0f} product pages or {ceiling['review_pages']:,.0f}"
        " review pages a second from the server"
    )
    names = list(numbers["contenders"])
    yield from figures(
        [
            ("", "pages a second", "(min - max)", "processor s", "peak MiB"),
            *[_contender(name, numbers["contenders"][name]) for name in names],
        ]
    )
    own = numbers["contenders"][names[0]]
    yield (
        f"{names[0]}: fetching and archiving alone {own['crawl_pages_a_second']['median']:.1f} pages a second, then the"
        f" catalog in {own['catalog_seconds']['median']:.1f} s;"
        f" the archive has {numbers['archive_bytes'] / 1e6:,.0f} MB"
    )
    for name in names[1:]:
        peer = numbers["contenders"][name]
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
        yield f"both found the same products and reviews: {'yes' if numbers['same_records'] else 'NO'}"


def _contender(name: str, numbers: Mapping[str, Any]) -> _Row:
    rate = numbers["pages_a_second"]
    spread = f"({rate['min']:.1f} - {rate['max']:.1f})"
    cpu, peak = numbers["cpu_seconds"]["median"], numbers["peak_mib"]["median"]
    return name, f"{rate['median']:.1f}", spread, f"{cpu:.1f}", f"{peak:,.0f}"


def _clicks(rates: Mapping[str, float]) -> Iterator[str]:
    yield from figures([("browsers", "clicked pages a second"), *[(n, f"{rate:.2f}") for n, rate in rates.items()]])


def _parsing(times: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    rows = [
        (kind, f"{time['kb']:,.0f}", f"{time['median_ms']:.1f}", f"{time['max_ms']:.1f}", _aim(kind, time["median_ms"]))
        for kind, time in times.items()
    ]
    yield from figures([("parsing", "kB", "median ms", "max ms", "aim"), *rows])


def _aim(kind: str, milliseconds: float) -> str:
    return f"{PARSE_AIMS[kind]:g} ms: {reached(milliseconds, PARSE_AIMS[kind], least=False)}"


def _memory(runs: Sequence[Mapping[str, float]]) -> Iterator[str]:
    rows = [(f"{run['product_pages']:,}", f"{run['peak_mib']:,.0f}", f"{run['pages_a_second']:.1f}") for run in runs]
    yield from figures([("product pages", "peak MiB of the crawl", "pages a second"), *rows])
    growth = runs[-1]["peak_mib"] / runs[0]["peak_mib"]
    yield f"{growth:.2f} times the memory: {reached(growth, FLAT, least=False)}"
