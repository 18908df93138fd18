"""Texts of other people in a Markdown document, as text and nothing else."""

from __future__ import annotations

import re

_SIGNS = re.compile(r"([\\`*_\[\]<>|~&])")


def as_text(text: str) -> str:
    r"""One line of `text` without a meaning of its own, in a paragraph or a cell.

    >>> print(as_text("<b>5 * 3</b>\n| [x](y)"))
    \<b\>5 \* 3\</b\> \| \[x\](y)
    """
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def as_code(text: str) -> str:
    """One line of `text` as a code span, with as many backticks around it as it needs.

    >>> as_code("all-MiniLM"), as_code("a ``` b")
    ('`all-MiniLM`', '```` a ``` b ````')
    """
    line = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence}{line}{fence}" if len(fence) == 1 else f"{fence} {line} {fence}"
