"""Text for people who look at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


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


def figures(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of rows of equal length as aligned columns, the first one to the left, all others to the right.

    >>> print("\n".join(figures([("what", "s"), ("a", 10)])))
    what   s
    a     10
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *others = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *others)).rstrip()
