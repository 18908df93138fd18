"""The code of a sheet, and the error for files without answers."""

from __future__ import annotations


class UnreadableAnswers(ValueError):
    """Error for a file without answers; its message is the reason, without the file's name."""


def sheet_code(task: str, annotator: str, fingerprint: str) -> str:
    """The code in a table's cell that names the sheet of the row."""
    return f"{task}/{annotator}/{fingerprint}"
