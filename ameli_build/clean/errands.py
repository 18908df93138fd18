"""What else is made of a picture while the check of filter 5 has it decoded: vectors, perceptual hashes, detections.

A stage that comes later asks for these by `models.batches`, which finds what was kept here and makes the rest: results
are the same with and without errands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image

from ameli_build.core.batches import Batch, Kept, Keys, Kind, batches_of, keep_batches, known_keys
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput

_KEY = 64
"""Characters of a picture's own key, with which the key of each item begins."""

_unavailable: set[str] = set()
"""Kinds whose model this process could not have: the stage that needs it says so."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Items of a kind by key; a payload is the picture's path, or a tuple that begins with it."""

    kind: Kind
    items: Mapping[str, Any]

    def allows_cut(self, pictures: Keys, wanted: Mapping[str, Keys]) -> bool:
        """Whether a piece of pictures can be cut in two without a batch of this kind being cut."""
        if self.kind.most == 1:
            return True
        count = sum(len(wanted.get(key, ())) for key in pictures)
        return count == 0 or count > self.kind.most

    def by_picture(self) -> dict[str, Keys]:
        """Keys of items by the picture's key."""
        found: dict[str, Keys] = {}
        for key in sorted(self.items):
            found.setdefault(key[:_KEY], []).append(key)
        return found


@dataclass(frozen=True, slots=True)
class Task:
    """An errand's batches among the pictures of one shard, as the worker gets them."""

    kind: Kind
    folder: Path
    prefix: str
    related: list[Path]
    batches: list[Batch]


def tasks_of(
    work: Work, errands: Sequence[Errand], pieces: Sequence[tuple[str, Keys]], wanted: Sequence[Mapping[str, Keys]]
) -> list[list[Task]]:
    """The tasks of each piece of pictures; `wanted` is `by_picture()` of each errand."""
    tasks: list[list[Task]] = [[] for _ in pieces]
    for errand, keys_of in zip(errands, wanted, strict=True):
        kept, folder = Kept.of(work, errand.kind), work.folder(errand.kind.label)
        for mine, (prefix, pictures) in zip(tasks, pieces, strict=True):
            if keys := [key for picture in pictures for key in keys_of.get(picture, ())]:
                batches = list(batches_of(errand.kind, errand.items, keys))
                mine.append(Task(errand.kind, folder, prefix, kept.related(prefix), batches))
    return tasks


@dataclass(slots=True)
class Runner:
    """Does one task while pictures come by in the order of their keys; holds the pictures of one batch at a time."""

    task: Task
    due: dict[str, list[Batch]] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    held: dict[str, Image.Image] = field(default_factory=dict)
    made: list[tuple[Batch, pl.DataFrame]] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = known_keys(self.task.related)
        for batch in self.task.batches:
            if batch.key not in known and self.task.kind.identity not in _unavailable:
                self.due.setdefault(batch.keys[-1][:_KEY], []).append(batch)
                self.needed |= {key[:_KEY] for key in batch.keys}

    def show(self, key: str, path: str, image: Image.Image | None) -> None:
        """Take note of a picture, None for one that is not usable, and do the batches that it is the last of."""
        if image is not None and key in self.needed:
            self.held[path] = image
        for batch in self.due.get(key, ()):
            if all(_path_of(payload) in self.held for payload in batch.payloads):
                self._do(batch)
        if key in self.due:
            self.held.clear()

    def _do(self, batch: Batch) -> None:
        kind = self.task.kind
        try:
            self.made.append((batch, kind.function(*kind.common, batch.payloads, self.held.__getitem__)))
        except UnusableInput:
            _unavailable.add(kind.identity)
            self.due.clear()
            self.needed.clear()

    def keep(self) -> None:
        """Write what was made to the cache."""
        keep_batches(self.task.folder, self.task.kind, self.task.prefix, self.made)


def _path_of(payload: Any) -> str:
    return payload if isinstance(payload, str) else str(payload[0])
