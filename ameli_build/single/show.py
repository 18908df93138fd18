"""Output of an answer: a table on a terminal, plain lines elsewhere, or JSON."""

from __future__ import annotations

import json
import sys

from ameli_build.core.logs import RESULTS
from ameli_build.core.text import columns, printable
from ameli_build.single.answer import Answer, Match

HEAD = ("", "SKU", "product", "score", "retrieval", "text", "image", "agrees", "contradicts")


def show(answer: Answer, *, as_json: bool = False) -> None:
    """Print an answer on standard output."""
    if as_json:
        RESULTS.info(json.dumps(answer.as_json(), indent=2, ensure_ascii=False))
        return
    RESULTS.info(printable("\n".join(_summary(answer))) + "\n")
    if sys.stdout.isatty():
        _print_table(answer)
    else:
        RESULTS.info(columns([HEAD, *(_cells(n, match) for n, match in enumerate(answer.matches, 1))]))
    RESULTS.info(f"\nscore: {answer.scored_by}; text and image: cosines")
    for note in answer.notes:
        RESULTS.info(printable(f"note: {note}"))


def _summary(answer: Answer) -> list[str]:
    """Lines with the mention and the attributes."""
    named = answer.mention
    products = f"{named.products} product{'' if named.products == 1 else 's'} of that name"
    mention = f"{named.text} ({named.how}; {products})" if named.text else "none"
    stated = ", ".join(
        f"{name}: {value}{' (on the photograph)' * ((name, value) in answer.photographed)}"
        for name, value in answer.attributes
    )
    lines = (("mention", mention), ("attributes", stated or "none"), ("verdict", _verdict(answer)))
    return [f"{name:<12}{text}" for name, text in lines]


def _verdict(answer: Answer) -> str:
    """The verdict with its thresholds."""
    verdict = answer.verdict
    limits = [f"not in it below {verdict.low:.3f}"] if verdict.low is not None else []
    limits += [f"in it from {verdict.high:.3f}"] if verdict.high is not None else []
    return f"{verdict.text} ({'; '.join([f'similarity {verdict.likeness:.3f}', *limits])})"


def _print_table(answer: Answer) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in HEAD:
        table.add_column(name, justify="right" if name in HEAD[3:7] else "left", overflow="fold")
    for place, match in enumerate(answer.matches, 1):
        style = "bold" if place == 1 else "dim" if match.contradicts else ""
        table.add_row(*(Text(printable(cell)) for cell in _cells(place, match)), style=style)
    Console().print(table)


def _cells(place: int, match: Match) -> tuple[str, ...]:
    numbers = (match.score, match.retrieval, match.text, match.image)
    cells = ("-" if number is None else f"{number:.3f}" for number in numbers)
    return (str(place), match.sku, match.name, *cells, ", ".join(match.agrees), ", ".join(match.contradicts))
