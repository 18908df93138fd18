"""Masks that stand for personal data in a text."""

from __future__ import annotations

EMAIL, PHONE = "[email]", "[phone]"


def in_mask(text: str, start: int, end: int) -> bool:
    """Whether the word `text[start:end]` belongs to a mask, so that nobody wrote it."""
    return text[start - 1 : end + 1] in (EMAIL, PHONE)
