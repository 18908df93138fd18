"""Text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that control a terminal or are forbidden in XML, except tab and line feed."""


def printable(text: str) -> str:
    r"""`text` with U+FFFD for each character that controls a terminal or is forbidden in a workbook.

    >>> printable("Ann\x1b[31m") == "Ann\ufffd[31m"
    True
    """
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n"))


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows as aligned columns; rows may differ in length.

    >>> print(columns([("a", "1"), ("long", "22")]))
    a     1
    long  22
    """
    table = [tuple(map(printable, row)) for row in rows]
    if not table:
        return ""
    widths = [max((len(row[n]) for row in table if n < len(row)), default=0) for n in range(max(map(len, table)))]
    lines = ("  ".join(cell.ljust(widths[n]) for n, cell in enumerate(row)).rstrip() for row in table)
    return "\n".join(lines)


def figures(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    r"""The lines of rows of equal length: the first column aligned left, the others right.

    >>> print("\n".join(figures([("stage", "s"), ("clean", 10)])))
    stage   s
    clean  10
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *others = (
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *others)).rstrip()


def gigabytes(size: float) -> str:
    """A number of bytes as a text in GB or MB."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"
