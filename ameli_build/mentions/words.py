"""Words, and sets of them."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
"""What counts as a word, in names and in reviews: hyphens and apostrophes separate."""


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, which white space separates."""
    return frozenset(text.split())
