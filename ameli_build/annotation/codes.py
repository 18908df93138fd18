"""What sheets of every format and the readers of their answers agree on."""

from __future__ import annotations


class UnreadableAnswers(ValueError):
    """A file that holds no answers; its text is the reason, without the file's name."""


def sheet_code(task: str, annotator: str, fingerprint: str) -> str:
    """What one cell of a table says of the sheet that its row belongs to."""
    return f"{task}/{annotator}/{fingerprint}"
