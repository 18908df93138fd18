"""Counts of the fields in a file of raw records, taken while it is read, for warnings of lost data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from ameli_build.core.errors import UnusableInput

_MOST = 12
"""Most names of fields in a message."""
_FILLED_ANYWAY = frozenset({"source", "extra", "conflict", "line"})


@dataclass(slots=True)
class FieldUse:
    """Counts over the usable records of a file, by name of field."""

    records: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    """Fields that the format does not have, stored in `extra`."""
    unread: Counter[str] = field(default_factory=Counter)
    """Unreadable values of optional fields, which became empty."""
    examples: dict[str, str] = field(default_factory=dict)
    """The first unreadable value of each field: its line and the reason."""

    def note_table(self, table: pl.DataFrame) -> None:
        """Count the records of a table, and for each field the values that are not empty."""
        self.records += table.height
        for name in table.columns:
            if name not in _FILLED_ANYWAY:
                self.filled[name] += int(_is_filled(table[name]).sum())

    def note_unread(self, line: int, errors: Iterable[str]) -> None:
        """Count the unreadable values of a record; `errors` are texts of `raw_records`, "field: reason"."""
        for error in errors:
            name, _, why = error.partition(": ")
            self.unread[name] += 1
            self.examples.setdefault(name, f"line {line}: {why}")

    def never_filled(self) -> list[str]:
        """Fields without any value, readable or not."""
        return [name for name, count in self.filled.items() if not count and name not in self.unread]

    def warnings(self, file: str) -> Iterator[str]:
        """Warnings and notes on a file, a line each."""
        for name, count in sorted(self.unread.items()):
            yield f"warning: {file}: {name}: {count:,} unreadable values are ignored ({self.examples[name]})"
        if self.unknown:
            counted = [f"{name} ({count:,})" for name, count in self.unknown.most_common()]
            yield f"note: {file}: unknown fields, stored in `extra`: {_some(counted)}"
        empty = self.never_filled() if self.records else []
        if self.records and not self.filled["images"]:
            yield f"warning: {file}: no record has a picture (images); records without pictures will be dropped"
        if empty:
            yield f"note: {file}: fields that are empty in all records: {_some(empty)}"


def refuse_hollow(use: FieldUse, file: str) -> None:
    """Raise `UnusableInput` if all reviews lack both text and photographs, or lack either and have unknown fields.

    Unknown fields suggest that the missing data is there under other names.
    """
    if not use.records:
        return
    empty = {name for name, count in use.filled.items() if not count}
    lacking = [need for need, names in _NEEDED.items() if names <= empty]
    if lacking and (use.unknown or len(lacking) == len(_NEEDED)):
        others = f"; unknown fields: {_some(list(use.unknown))}" if use.unknown else ""
        raise UnusableInput(f"{file}: no review has {' or '.join(lacking)}{others}")


_NEEDED = {"a text (text, title)": {"text", "title"}, "a photograph (images)": {"images"}}


def _is_filled(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.List):
        return column.list.len() > 0
    if column.dtype == pl.String:
        return (column.str.strip_chars() != "").fill_null(False)
    if column.name in ("helpful", "unhelpful"):  # missing votes are 0
        return column > 0
    return column.is_not_null()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST:,} more" if len(names) > _MOST else ""
    return ", ".join(name[:40] for name in names[:_MOST]) + more
