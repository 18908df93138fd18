"""Tables and JSON files against their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
from referencing import Registry
from referencing.exceptions import Unresolvable

from ameli_build.core.errors import RunFailed
from ameli_build.release.schemas import PATTERNS, stats_schema, table_schema
from ameli_build.release.tables import SCHEMAS

_NOWHERE: Registry[Any] = Registry()
"""Resolves only references within a schema, so that a check of foreign files sends no request."""
ROWS_CHECKED = 1000
"""Number of rows, evenly spaced, that are checked against the JSON Schema. Column types are checked for all rows."""


def broken_tables(folder: Path, tables: dict[str, pl.DataFrame]) -> Iterator[str]:
    """The tables that violate their schemas."""
    for name, table in tables.items():
        if name not in SCHEMAS:
            yield f"{name}.parquet: not a table of the data set"
        elif table.schema != SCHEMAS[name]:
            yield f"{name}.parquet: columns are {dict(table.schema)}"
        else:
            step = max(1, table.height // ROWS_CHECKED)
            yield from _against(folder, name, table.gather_every(step).to_dicts())


def broken_json(folder: Path, *names: str) -> Iterator[str]:
    """The JSON files that violate their schemas."""
    for name in names:
        try:
            yield from _against(folder, name, [read_json(folder / f"{name}.json")])
        except RunFailed as error:
            yield str(error)


def _against(folder: Path, name: str, rows: list[Any]) -> Iterator[str]:
    """The first row that violates the schema, or the reason why the schema cannot be used."""
    try:
        schema = _schema_of(folder, name)
        if strange := sorted(set(map(str, _patterns(schema))) - set(PATTERNS)):
            yield f"schema/{name}.json: a pattern that no build writes: {one_line(strange[0])}"
            return
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema, registry=_NOWHERE)
        for row in rows:
            error = next(iter(validator.iter_errors(row)), None)
            if error is not None:
                yield f"{name}: {'.'.join(str(part) for part in error.absolute_path)}: {one_line(error.message)}"
                return
    except RunFailed as error:
        yield str(error)
    except (jsonschema.SchemaError, Unresolvable, RecursionError) as error:
        yield f"schema/{name}.json: not a self-contained schema ({one_line(error) or type(error).__name__})"


def _schema_of(folder: Path, name: str) -> Any:
    """The schema in the folder; for an export, which has no schema, the schema of this version."""
    if (folder / "schema").is_dir():
        return read_json(folder / "schema" / f"{name}.json")
    return stats_schema() if name == "stats" else table_schema(name, "cosine")


def read_json(path: Path) -> Any:
    """The content of a JSON file; raises `RunFailed` if it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RunFailed(f"{path.name}: cannot be read ({one_line(error)})") from None


def _patterns(schema: Any) -> Iterator[Any]:
    """All regular expressions of a schema. Foreign expressions are refused, because they could run forever."""
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "pattern":
                yield value
            elif name == "patternProperties":
                yield from value if isinstance(value, dict) else [value]
            yield from _patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _patterns(value)


def one_line(error: object) -> str:
    """The start of an error's text, in one line."""
    return " ".join(str(error).split())[:160]
