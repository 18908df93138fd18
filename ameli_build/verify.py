"""`ameli verify`: checks a snapshot against its checksums, schemas and rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
from referencing import Registry
from referencing.exceptions import Unresolvable

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.records import joined_text_expr
from ameli_build.core.snapshot import Snapshot, file_digest, links_in
from ameli_build.core.standing import stage_record
from ameli_build.release.schemas import PATTERNS
from ameli_build.release.tables import SCHEMAS, SPLITS

_NOWHERE: Registry[Any] = Registry()
"""Resolves only references within a schema, so that a check of foreign files sends no request."""
ROWS_CHECKED = 1000
"""Number of rows, evenly spaced, that are checked against the JSON Schema. Column types are checked for all rows."""


def verify(snapshot: Snapshot) -> str:
    """Check a snapshot.

    Returns:
        A line with the numbers of checked files and tables.

    Raises:
        RunFailed: The check found problems; the message lists them.
        UnusableInput: The snapshot has no release.
    """
    folder = snapshot.dataset
    if not (folder / "SHA256SUMS").is_file():
        raise UnusableInput(f"{folder}: nothing released here; run build first")
    links = (path.relative_to(snapshot.root).as_posix() for path in links_in(snapshot.root))
    problems = [*(f"{name}: a symbolic link" for name in links), *_checksums(folder), *_raw_images(snapshot)]
    tables: dict[str, pl.DataFrame] = {}
    for path in sorted(folder.glob("*.parquet")):
        try:
            tables[path.stem] = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            problems.append(f"{path.name}: cannot be read ({_line(error)})")
    problems += [f"{name}.parquet: missing" for name in SCHEMAS if name not in tables and name != "clean_test"]
    if not problems:
        problems = [*_schemas(folder, tables)] or [*_rules(snapshot, tables)]
    if problems:
        raise RunFailed(f"{folder}: {len(problems)} problem(s): " + "; ".join(problems[:20]))
    files = len((folder / "SHA256SUMS").read_text(errors="replace").splitlines())
    return f"{folder}: {files:,} files, {len(tables)} tables: checksums, schemas and rules hold"


def _checksums(folder: Path) -> Iterator[str]:
    listed: dict[str, str] = {}
    for line in (folder / "SHA256SUMS").read_text(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    yield from (f"{name}: listed in SHA256SUMS, missing" for name in sorted(listed.keys() - present))
    yield from (f"{name}: not listed in SHA256SUMS" for name in sorted(present - listed.keys()))
    links = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink())
    yield from (f"{name}: a symbolic link" for name in links)
    for name in sorted((listed.keys() & present) - {*links}):
        if file_digest(folder / name) != listed[name]:
            yield f"{name}: content differs from its checksum"


def _raw_images(snapshot: Snapshot) -> Iterator[str]:
    for path in sorted((snapshot.raw / "images").glob("*")):
        if path.is_symlink():
            yield f"raw/images/{path.name}: a symbolic link"
        elif path.is_file() and not path.name.startswith("."):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != path.stem:
                yield f"raw/images/{path.name}: content differs from its name"


def _schemas(folder: Path, tables: dict[str, pl.DataFrame]) -> Iterator[str]:
    for name, table in tables.items():
        if name not in SCHEMAS:
            yield f"{name}.parquet: not a table of the data set"
        elif table.schema != SCHEMAS[name]:
            yield f"{name}.parquet: columns are {dict(table.schema)}"
        else:
            step = max(1, table.height // ROWS_CHECKED)
            yield from _against(folder, name, table.gather_every(step).to_dicts())
    for name in ("stats", "croissant"):
        try:
            yield from _against(folder, name, [_read(folder / f"{name}.json")])
        except RunFailed as error:
            yield str(error)


def _against(folder: Path, name: str, rows: list[Any]) -> Iterator[str]:
    """The first row that violates the schema, or the reason why the schema cannot be used."""
    try:
        schema = _read(folder / "schema" / f"{name}.json")
        if strange := sorted(set(map(str, _patterns(schema))) - set(PATTERNS)):
            yield f"schema/{name}.json: a pattern that no build writes: {_line(strange[0])}"
            return
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema, registry=_NOWHERE)
        for row in rows:
            error = next(iter(validator.iter_errors(row)), None)
            if error is not None:
                yield f"{name}: {'.'.join(str(part) for part in error.absolute_path)}: {_line(error.message)}"
                return
    except RunFailed as error:
        yield str(error)
    except (jsonschema.SchemaError, Unresolvable, RecursionError) as error:
        yield f"schema/{name}.json: not a self-contained schema ({_line(error) or type(error).__name__})"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise RunFailed(f"{path.name}: cannot be read ({_line(error)})") from None


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


def _rules(snapshot: Snapshot, tables: dict[str, pl.DataFrame]) -> Iterator[str]:
    reviews = pl.concat([tables[split].with_columns(split=pl.lit(split)) for split in SPLITS])
    skus = tables["products"]["sku"]
    gold, candidates = pl.col("sku"), pl.col("candidates")
    broken = {
        "a review twice": pl.col("review_id").is_duplicated(),
        "gold product not in the knowledge base": ~gold.is_in(skus.implode()),
        "gold product not among the candidates": ~candidates.list.contains(gold),
        "a candidate twice": candidates.list.n_unique() != candidates.list.len(),
        "mention offsets do not hold the mention": _mention() != pl.col("mention"),
        "in a split and dropped": pl.col("review_id").is_in(tables["dropped"]["review_id"].implode()),
    }
    if skus.is_duplicated().any():
        yield f"a product twice in the knowledge base: {skus.filter(skus.is_duplicated())[0]!r}"
    for problem, rule in broken.items():
        rows = reviews.filter(rule)
        if rows.height:
            yield f"{problem}: {rows.height} row(s), for example {rows['review_id'][0]!r}"
    yield from _products_in_one_split(snapshot, reviews)
    yield from _leaks(snapshot, reviews)
    if "clean_test" in tables and tables["clean_test"].join(tables["test"], on="review_id", how="anti").height:
        yield "clean_test holds reviews that test does not"
    yield from _named_images(snapshot.dataset, tables, reviews)
    yield from _conserved(snapshot, tables, reviews)


def _mention() -> pl.Expr:
    start, end = pl.col("mention_start"), pl.col("mention_end")
    return joined_text_expr().str.slice(start, end - start)


def _products_in_one_split(snapshot: Snapshot, reviews: pl.DataFrame) -> Iterator[str]:
    settings = stage_record(snapshot, "splits").get("settings", {})
    if settings.get("splits", {}).get("policy") == "review":
        return
    spread = reviews.group_by("sku").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    if spread.height:
        yield f"products in more than one split: {spread.height}, for example {spread['sku'].min()!r}"


def _leaks(snapshot: Snapshot, reviews: pl.DataFrame) -> Iterator[str]:
    settings = stage_record(snapshot, "splits").get("settings", {}).get("splits", {})
    if settings.get("near_duplicates") != "drop" or not snapshot.table_path("splits/leaks").is_file():
        return
    released = reviews["review_id"].implode()
    leaks = snapshot.read("splits/leaks").filter(
        pl.col("review_id").is_in(released), pl.col("earlier_id").is_in(released)
    )
    if leaks.height:
        yield f"near-duplicates in different splits: {leaks.height}, for example {leaks['review_id'][0]!r}"


def _named_images(folder: Path, tables: dict[str, pl.DataFrame], reviews: pl.DataFrame) -> Iterator[str]:
    columns = [tables["products"]["images"], reviews["images"], reviews["cleaned_images"]]
    named = set(pl.concat(columns).explode().drop_nulls())
    present = {f"images/{path.name}" for path in (folder / "images").iterdir()}
    if named != present:
        yield f"images: {len(named - present)} named but missing, {len(present - named)} present but not named"


def _conserved(snapshot: Snapshot, tables: dict[str, pl.DataFrame], reviews: pl.DataFrame) -> Iterator[str]:
    catalog = snapshot.table_path("catalog/reviews")
    if catalog.is_file():
        came = set(pl.scan_parquet(catalog).select("review_id").unique().collect()["review_id"])
        went = [*reviews["review_id"], *tables["dropped"]["review_id"]]
        if len(went) != len(set(went)) or set(went) != came:
            yield f"reviews not conserved: {len(came)} came in, {len(went)} rows ({len(set(went))} distinct) went out"


def _line(error: object) -> str:
    return " ".join(str(error).split())[:160]
