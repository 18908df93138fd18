"""What a file of raw records has in its fields, counted while it is read, so that a loss is told where it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from ameli_build.core.errors import UnusableInput

_MOST = 12
"""So many names of fields are shown."""
_FILLED_ANYWAY = frozenset({"source", "extra", "conflict", "line"})


@dataclass(slots=True)
class FieldUse:
    """Counts over the usable records of one file, by name of field."""

    records: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    """Fields that the format does not have; they are kept aside."""
    unread: Counter[str] = field(default_factory=Counter)
    """Values of optional fields that could not be read, and were left empty."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first of them, by field."""

    def note_table(self, table: pl.DataFrame) -> None:
        """Count the records of a table, and which of their fields say anything."""
        self.records += table.height
        for name in table.columns:
            if name not in _FILLED_ANYWAY:
                self.filled[name] += int(_says_something(table[name]).sum())

    def note_unread(self, line: int, errors: Iterable[str]) -> None:
        """Count what `raw_records` could not read of one record."""
        for error in errors:
            name, _, why = error.partition(": ")
            self.unread[name] += 1
            self.examples.setdefault(name, f"line {line}: {why}")

    def never_filled(self) -> list[str]:
        """Fields that no record fills, nor tries to."""
        return [name for name, count in self.filled.items() if not count and name not in self.unread]

    def warnings(self, file: str) -> Iterator[str]:
        """What a user should know of a file, a line each."""
        for name, count in sorted(self.unread.items()):
            yield f"warning: {file}: {name}: {count:,} unreadable, left empty ({self.examples[name]})"
        if self.unknown:
            counted = [f"{name} ({count:,})" for name, count in self.unknown.most_common()]
            yield f"note: {file}: fields that the format does not have, kept aside: {_some(counted)}"
        empty = self.never_filled() if self.records else []
        if self.records and not self.filled["images"]:
            yield f"warning: {file}: no record has a picture (images), and without one it leaves"
        if empty:
            yield f"note: {file}: fields that no record fills: {_some(empty)}"


def refuse_hollow(use: FieldUse, file: str) -> None:
    """Raise `UnusableInput` for reviews without any text, or any photograph, that stand under other names.

    Without both there is nothing to link, whatever other fields there are.
    """
    if not use.records:
        return
    empty = {name for name, count in use.filled.items() if not count}
    lacking = [what for what, names in _NEEDED.items() if names <= empty]
    if lacking and (use.unknown or len(lacking) == len(_NEEDED)):
        there = f"; fields of other names are there: {_some(list(use.unknown))}" if use.unknown else ""
        raise UnusableInput(f"{file}: no review has {' or '.join(lacking)}{there}")


_NEEDED = {"a text (text, title)": {"text", "title"}, "a photograph (images)": {"images"}}


def _says_something(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.List):
        return column.list.len() > 0
    if column.dtype == pl.String:
        return (column.str.strip_chars() != "").fill_null(False)
    if column.name in ("helpful", "unhelpful"):  # no votes are 0
        return column > 0
    return column.is_not_null()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return ", ".join(name[:40] for name in names[:_MOST]) + more
