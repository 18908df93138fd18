"""Text for people who look at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows as aligned columns; a row may be shorter than others.

    >>> print(columns([("a", "1"), ("long", "22")]))
    a     1
    long  22
    """
    table = [tuple(row) for row in rows]
    if not table:
        return ""
    widths = [max((len(row[n]) for row in table if n < len(row)), default=0) for n in range(max(map(len, table)))]
    lines = ("  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in table)
    return "\n".join(lines)
