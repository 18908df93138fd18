"""Raw review records as tables, block by block (contract, section 2).

Rows whose fields have the usual types are read column by column. Odd rows go through `raw_records`, which decides and
reports errors. Both ways give the same records.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from ameli_build.core.errors import UnusableInput
from ameli_build.core.records import REVIEWS, Rejected, Review, fields_of
from ameli_build.ingest.fields import FieldUse
from ameli_build.ingest.raw_files import Block, Row, first_of, is_nested_too_deeply, read_blocks, rejected_of, row_of
from ameli_build.ingest.raw_records import LARGEST, LONGEST_ID, REVIEW_FIELDS, BadRecord, review_of
from ameli_build.wording.cleaning import clean_lines, clean_text

_FIELDS = tuple(field for field in fields_of(Review) if field.column)
_TEXTS = tuple(field.name for field in _FIELDS if field.kind is str)
_NUMBERS = tuple(field.name for field in _FIELDS if field.kind is int)
_OPTIONAL = frozenset(field.name for field in _FIELDS if field.optional)
_OTHERS = tuple(field.name for field in _FIELDS if field.name not in (*_TEXTS, *_NUMBERS, "images"))
"""Fields that are read one by one wherever a record has them."""
_IDS = ("review_id", "sku", "product_details_sku")
_LINES = tuple(name for name in _TEXTS if name in _OPTIONAL and name not in _IDS)
"""Texts of one line."""
_TO_CLEAN = "[<&\0]"
_BAD_ID = r"/|\\|\.\.|^\.$|[\x00-\x1f]"
_SEGMENT = "[A-Za-z0-9_-][A-Za-z0-9_.-]*"
_REFERENCE = rf"^(?:(?i:https?)://[^\x00]*|{_SEGMENT}(?:/{_SEGMENT})*)$"
_EXACT = 2**53
_NAMED = frozenset(REVIEW_FIELDS)

_NUMBERED = pl.Schema({"line": pl.Int64(), **REVIEWS})


@dataclass(slots=True)
class ReviewFile:
    """A file of raw reviews, named `name` in the records' `source`. It can be read once."""

    path: Path
    name: str
    rejected: list[Rejected] = field(default_factory=list)
    """The unusable rows, and all rows of a link but the first; complete once `tables` has ended."""
    links: int = 0
    """The number of links, once `tables` has ended."""
    use: FieldUse = field(default_factory=FieldUse)
    """Counts of its fields, once `tables` has ended."""

    def tables(self) -> Iterator[pl.DataFrame]:
        """The usable rows, block by block, in the columns of `REVIEWS` and `line`; with all rows of a repeated link.

        Raises `UnusableInput` if there are rows, but none is usable. An empty file makes a catalogue without reviews,
        to which new reviews can be linked.
        """
        keys: list[pl.Series] = [pl.Series(dtype=pl.UInt64)]
        lines: list[pl.Series] = [pl.Series(dtype=pl.Int64)]
        for block in read_blocks(self.path):
            table, bad = read_block(block, self.name, self.use)
            self.rejected += bad
            self.use.note_table(table)
            keys.append(table["review_id"].hash(0) ^ table["sku"].hash(1))
            lines.append(table["line"])
            yield table
        every = pl.concat(lines)
        if every.is_empty() and self.rejected:
            raise UnusableInput(f"{self.path}: no usable review{first_of(self.rejected)}")
        repeated = self._repeated(set(every.filter(pl.concat(keys).is_duplicated())))
        self.links = len(every) - len(repeated)
        self.rejected = sorted([*self.rejected, *repeated], key=lambda row: row.line)

    def _repeated(self, suspects: set[int]) -> list[Rejected]:
        """The rows among `suspects` (line numbers) whose link an earlier row has."""
        seen: set[tuple[str, str]] = set()
        rejected: list[Rejected] = []
        for block in read_blocks(self.path) if suspects else ():
            for place, given in enumerate(block.rows):
                if block.first + place in suspects:
                    row = row_of(block.first, place, given)
                    link = _link(row)
                    if link in seen:
                        rejected.append(
                            rejected_of(self.name, row, "duplicate review_id and sku: {}, {}".format(*link))
                        )
                    seen.add(link)
        return rejected


def _link(row: Row) -> tuple[str, str]:
    review = review_of(row.record or {})
    return review.review_id, review.sku


def earlier_wins() -> pl.Expr:
    """A text from the column `line` that sorts the first row of a file last."""
    return (10**15 - pl.col("line")).cast(pl.String)


def read_block(block: Block, name: str, use: FieldUse) -> tuple[pl.DataFrame, list[Rejected]]:
    """The reviews of a block with their `line`, and its unusable rows; `use` counts unreadable and unknown fields."""
    records = [_parsed(row) if isinstance(row, bytes) else row for row in block.rows]
    table, odd = _columns(records, use)
    lines = pl.int_range(block.first, block.first + len(records), dtype=pl.Int64, eager=True)
    source = pl.format("{}:{}", pl.lit(name), pl.col("line"))
    table = table.with_columns(line=lines, conflict=pl.lit(False)).with_columns(source=source)
    table = table.select(_NUMBERED.names())
    if not odd and not block.broken:
        return table, []
    rows = [row_of(block.first, place, block.rows[place]) for place in sorted(odd)]
    taken, rejected = _one_by_one([*rows, block.broken] if block.broken else rows, name, use)
    usual = table.filter(pl.Series([place not in odd for place in range(len(records))], dtype=pl.Boolean))
    return pl.concat([usual, taken]).sort("line"), rejected


def _one_by_one(rows: Sequence[Row], name: str, use: FieldUse) -> tuple[pl.DataFrame, list[Rejected]]:
    taken: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    for row in rows:
        error = row.error
        if row.record is not None:
            unread: list[str] = []
            try:
                made = review_of(row.record, f"{name}:{row.line}", unread=unread)
                taken.append({"line": row.line, **asdict(made)})
                use.note_unread(row.line, unread)
            except BadRecord as bad:
                error = str(bad)
        if error:
            rejected.append(rejected_of(name, row, error))
    return pl.DataFrame(taken, schema=_NUMBERED, orient="row"), rejected


def _parsed(line: bytes) -> Any:
    """The JSON value of a line; None if the strict parser refuses it, or if it is nested too deeply."""
    if is_nested_too_deeply(line):
        return None
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


def _columns(records: list[Any], use: FieldUse) -> tuple[pl.DataFrame, set[int]]:
    """The fields of the records as columns, and the indices of odd records."""
    odd = {place for place, record in enumerate(records) if type(record) is not dict}
    usual = [record if type(record) is dict else {} for record in records] if odd else records
    columns = {name: _texts(name, [record.get(name) for record in usual], odd) for name in _TEXTS}
    columns |= {name: _numbers([record.get(name) for record in usual], odd) for name in _NUMBERS}
    columns["images"] = _references([record.get("images") for record in usual], odd)
    columns["extra"] = _extras(usual, odd, use)
    for name in _OTHERS:
        odd.update(place for place, record in enumerate(usual) if record.get(name) is not None)
        default = Review.__dataclass_fields__[name].default
        columns[name] = pl.Series([default] * len(usual), dtype=REVIEWS[name])
    table = pl.DataFrame(columns).with_columns(pl.col(_IDS).str.strip_chars())
    for name in _IDS:
        _mark(odd, table[name].str.contains(_BAD_ID) | (table[name].str.len_chars() > LONGEST_ID))
    for name in ("review_id", "sku"):
        _mark(odd, table[name].is_null() | (table[name] == ""))
    _mark(odd, (table["helpful"] < 0) | (table["unhelpful"] < 0))
    empty_is_null = [pl.when(pl.col(name) != "").then(name).alias(name) for name in _TEXTS if name in _OPTIONAL]
    filled = [pl.col(name).fill_null("") for name in _TEXTS if name not in (*_OPTIONAL, *_IDS)]
    filled += [pl.col(name).fill_null(0) for name in _NUMBERS if name not in _OPTIONAL]
    return table.with_columns(*empty_is_null, *filled), odd


def _mark(odd: set[int], where: pl.Series) -> None:
    odd.update(where.fill_null(False).arg_true())


def _texts(name: str, values: list[Any], odd: set[int]) -> pl.Series:
    if not set(map(type, values)) <= {str, type(None)}:
        strange = [place for place, value in enumerate(values) if not isinstance(value, str | None)]
        odd.update(strange)
        for place in strange:
            values[place] = None
    column = pl.Series(values, dtype=pl.String)
    if name in _IDS:
        _mark(odd, column.str.contains("\0", literal=True))
        return column
    if name in _LINES:
        return _cleaned(column, column.str.contains(rf"^\s|\s$|\s\s|[^\S ]|{_TO_CLEAN}"), clean_text)
    return _cleaned(column, column.str.contains(_TO_CLEAN), clean_lines)


def _cleaned(column: pl.Series, dirty: pl.Series, clean: Callable[[str], str]) -> pl.Series:
    """A column with `clean` applied to the `dirty` rows; it would not change the others."""
    places = dirty.fill_null(False).arg_true()
    return column.scatter(places, [clean(text) for text in column[places]]) if len(places) else column


def _numbers(values: list[Any], odd: set[int]) -> pl.Series:
    if not set(map(type, values)) <= {int, type(None)}:
        for place, value in enumerate(values):
            if type(value) is not int and value is not None:
                values[place] = _plain_number(value)
                if values[place] is None:
                    odd.add(place)
    for place, value in enumerate(values):
        if value is not None and not -LARGEST <= value <= LARGEST:
            values[place] = None
            odd.add(place)
    return pl.Series(values, dtype=pl.Int64)


def _plain_number(value: Any) -> int | None:
    """A whole number given as a float or a string; None for unusual forms."""
    if type(value) is float and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    return None


def _references(values: list[Any], odd: set[int]) -> pl.Series:
    lists: list[list[Any]] = [value if type(value) is list else [] for value in values]
    odd.update(n for n, value in enumerate(values) if value is not None and type(value) is not list)
    if not set(map(type, chain.from_iterable(lists))) <= {str}:
        strange = {n for n, items in enumerate(lists) if any(type(item) is not str for item in items)}
        odd |= strange
        lists = [[] if n in strange else items for n, items in enumerate(lists)]
    column = pl.Series(pa.array(lists, pa.large_list(pa.large_string())), dtype=pl.List(pl.String))
    flat = pl.DataFrame({"place": range(len(lists)), "reference": column}).explode("reference").drop_nulls()
    odd.update(flat.filter(~pl.col("reference").str.contains(_REFERENCE))["place"])
    return column


def _extras(records: list[dict[str, Any]], odd: set[int], use: FieldUse) -> pl.Series:
    """The unknown fields of each record, as JSON; `use` counts them."""
    others: dict[tuple[str, ...], list[str]] = {}
    shapes: Counter[tuple[str, ...]] = Counter()
    extras = ["{}"] * len(records)
    for place, record in enumerate(records):
        shape = tuple(record)
        shapes[shape] += 1
        names = others.get(shape)
        if names is None:
            names = others[shape] = [name for name in shape if name not in _NAMED]
        if names:
            aside = {name: record[name] for name in names}
            if all(map(_is_plain, aside.values())):
                extras[place] = json.dumps(aside, sort_keys=True, ensure_ascii=False)
            else:
                odd.add(place)
    for shape, count in shapes.items():
        use.unknown.update(dict.fromkeys(others[shape], count))
    return pl.Series(extras, dtype=pl.String)


def _is_plain(value: Any) -> bool:
    """Whether both parsers read a value alike: neither an extreme number nor a nested value."""
    if type(value) is float:
        return 0 < abs(value) < _EXACT
    return value is None or type(value) in (str, bool, int)
