"""Text of anybody's as a terminal may get it."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""All but tabs and line breaks, and halves of surrogate pairs, which cannot be printed."""


def for_terminal(text: str) -> str:
    """`text` with U+FFFD for each control character: they would move the cursor, change the title, or worse."""
    return _CONTROLS.sub("\ufffd", text)
