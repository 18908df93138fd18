"""Escapes for foreign text in a Markdown document."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_\[\]<>|~&])")


def as_text(text: str) -> str:
    r"""`text` on one line, its Markdown signs escaped, for a paragraph or a table cell.

    >>> print(as_text("<b>5 * 3</b>\n| [x](y)"))
    \<b\>5 \* 3\</b\> \| \[x\](y)
    """
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def as_code(text: str) -> str:
    """`text` on one line as a code span, between as many backticks as it needs.

    >>> as_code("all-MiniLM"), as_code("a ``` b")
    ('`all-MiniLM`', '```` a ``` b ````')
    """
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence}{line}{fence}" if len(fence) == 1 else f"{fence} {line} {fence}"
