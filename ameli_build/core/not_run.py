"""The result of a step that could not run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotRun:
    """A row, a model or an extractor that did not run, and the reason for readers of the scores."""

    reason: str

    def __str__(self) -> str:
        return self.reason
