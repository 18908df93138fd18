"""Words, and sets of them."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
"""A word of a name or a review; hyphens and apostrophes separate words."""


def word_set(text: str) -> frozenset[str]:
    """The words of `text`, which white space separates."""
    return frozenset(text.split())
