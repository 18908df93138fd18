"""The tables of a release, or of an export for `datasets.load_dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ameli_build.verify.schemas import one_line

UNREADABLE = (pl.exceptions.PolarsError, pa.ArrowException, OSError)


def read_tables(folder: Path, problems: list[str]) -> dict[str, pl.DataFrame]:
    """The tables by name; adds those that cannot be read to `problems`."""
    pieces: dict[str, list[Path]] = {path.stem: [path] for path in sorted(folder.glob("*.parquet"))}
    for path in sorted((folder / "data").glob("*-of-*.parquet")):
        pieces.setdefault(path.name.split("-")[0], []).append(path)
    tables: dict[str, pl.DataFrame] = {}
    for name, paths in pieces.items():
        try:
            tables[name] = pl.read_parquet(paths[0]) if paths[0].parent == folder else _without_pictures(paths)
        except UNREADABLE as error:
            problems.append(f"{name}.parquet: cannot be read ({one_line(error)})")
    return tables


def _without_pictures(paths: Sequence[Path]) -> pl.DataFrame:
    """A table of an export, with the paths of pictures in place of the pictures."""
    parts: list[pa.Table] = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            leaves = [file.schema.column(n).path for n in range(len(file.schema))]
            parts.append(file.read(columns=[leaf for leaf in leaves if not leaf.endswith(".bytes")]))
    table = pl.DataFrame(pa.concat_tables(parts))
    named = pl.format("images/{}", pl.element().struct.field("path"))
    return table.with_columns(pl.col("^(cleaned_)?images$").list.eval(named))
