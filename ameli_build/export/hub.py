"""A layout for `datasets.load_dataset`, with the pictures inside the Parquet files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ameli_build.core.checksums import write_released
from ameli_build.core.errors import RunFailed
from ameli_build.core.snapshot import own_place, whole_file, write_bytes
from ameli_build.release.tables import SCHEMAS, SPLITS

PICTURES = ("images", "cleaned_images")
TABLES = (*SPLITS, "clean_test", "products")
BESIDE = ("dropped.parquet", "dropped_products.parquet", "stats.json")
"""Files of the release that are copied unchanged."""

FILE_BYTES = 400 * 2**20
"""Approximate size of the pictures in a file, in bytes."""
GROUP_BYTES = 32 * 2**20
"""Approximate size of the pictures in a row group, in bytes. A reader loads one row group at a time."""

_EXAMPLES = re.compile(r"!\[[\w ]+\]\((images/[0-9a-f]{64}\.\w+)\)")
"""Pictures that the card shows. Brackets in texts of others are escaped there, so that none of these can look so."""
_PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_INSIDE = """
Pictures are inside the Parquet files, which lie in `data/`; columns are those of the release, with pictures where that
has paths.
"""
_LOAD = """\
## Load it
{where}
```python
{source}
reviews = load_dataset(source)
products = load_dataset(source, "products", split="knowledge_base")

review = reviews["{split}"][0]
print(review["mention"], review["sku"], review["images"][0].size)
```

"""
_HERE = "from pathlib import Path\n\nfrom datasets import load_dataset\n\nsource = str(Path().absolute())"


def write_hub(dataset: Path, folder: Path, results: str = "", repo: str = "") -> None:
    """Write the release in `dataset` into the empty `folder`: `data/<split>-*.parquet` and the card.

    Args:
        dataset: Folder of the release.
        folder: Folder to fill.
        results: Results of a baseline for the card, as Markdown.
        repo: Repository of the hub from which the card's script loads; "" for the folder itself.
    """
    (folder / "data").mkdir()
    for name in TABLES:
        if (dataset / f"{name}.parquet").is_file():
            _write_table(dataset, name, folder / "data")
    for name in BESIDE:
        shutil.copyfile(dataset / name, folder / name)
    card = card_of((dataset / "README.md").read_text(encoding="utf-8"), results, repo)
    write_bytes(folder / "README.md", card.encode())
    for path in _EXAMPLES.findall(card):
        write_bytes(folder / path, _body(dataset, path))
    write_released(folder)


def card_of(card: str, results: str = "", repo: str = "") -> str:
    """The release's card for this layout: its paths, script and results, and a note about pictures below its title."""
    head, title, rest = re.split(r"(?m)^(# .*\n)", card, maxsplit=1)
    head = re.sub(r"(?m)^( +path: )(\w+)\.parquet$", r"\1data/\2-*.parquet", head)
    rest = rest.replace("JSON Schemas of all tables: `schema/`.\n\n", "")
    rest = rest.replace("(`products.parquet`)", "(`data/products-*.parquet`)")
    rest = _section(rest, "Load it", lambda text: _load(text, repo))
    if results:
        rest = _section(rest, "Results", lambda _: f"## Results\n\n{results}\n\n")
    return f"{head}{title}{_INSIDE}{rest}"


def _section(card: str, title: str, new: Callable[[str], str]) -> str:
    """The card with a new section in the place of the one with this title, if it has that."""
    return re.sub(rf"(?ms)^## {title}\n.*?(?=^## )", lambda found: new(found[0]), card, count=1)


def _load(text: str, repo: str) -> str:
    split = text.partition(' reviews["')[2].partition('"')[0]
    if repo:
        return _LOAD.format(
            where="", source=f"from datasets import load_dataset\n\nsource = {json.dumps(repo)}", split=split
        )
    return _LOAD.format(where="\nRun this in the folder of the card.\n", source=_HERE, split=split)


def features_of(name: str) -> dict[str, Any]:
    """The features of a table in the notation of `datasets`."""
    return {
        column: [{"_type": "Image"}] if column in PICTURES else _feature(kind) for column, kind in SCHEMAS[name].items()
    }


def _feature(kind: Any) -> Any:
    if isinstance(kind, pl.List):
        return [_feature(kind.inner)]
    if isinstance(kind, pl.Struct):
        return {field.name: _feature(field.dtype) for field in kind.fields}
    names = {pl.String: "string", pl.Int64: "int64", pl.Float64: "float64", pl.Boolean: "bool"}
    return {"dtype": names[kind.base_type()], "_type": "Value"}


def _arrow(kind: Any) -> pa.DataType:
    if isinstance(kind, pl.List):
        return pa.list_(_arrow(kind.inner))
    if isinstance(kind, pl.Struct):
        return pa.struct([(field.name, _arrow(field.dtype)) for field in kind.fields])
    names = {pl.String: pa.string(), pl.Int64: pa.int64(), pl.Float64: pa.float64(), pl.Boolean: pa.bool_()}
    return names[kind.base_type()]


def _write_table(dataset: Path, name: str, folder: Path) -> None:
    table = pl.read_parquet(dataset / f"{name}.parquet")
    columns = [
        (column, pa.list_(_PICTURE) if column in PICTURES else _arrow(kind)) for column, kind in SCHEMAS[name].items()
    ]
    features = json.dumps({"info": {"features": features_of(name)}})
    schema = pa.schema(columns, metadata={"huggingface": features})
    sizes = [_size(dataset, row) for row in table.select(pl.col("^(cleaned_)?images$")).rows()]
    files = list(pieces(sizes, FILE_BYTES)) or [(0, 0)]
    for n, (start, end) in enumerate(files):
        path = folder / f"{name}-{n:05d}-of-{len(files):05d}.parquet"
        with whole_file(path) as handle, pq.ParquetWriter(handle, schema, compression="zstd") as writer:
            for first, last in pieces(sizes[start:end], GROUP_BYTES):
                rows = table.slice(start + first, last - first).to_dicts()
                writer.write_table(pa.Table.from_pylist([_with_pictures(dataset, row) for row in rows], schema))


def pieces(sizes: Sequence[int], most: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows (start, end) whose sizes sum to at most `most`; a larger row has a range of its own."""
    start = total = 0
    for n, size in enumerate(sizes):
        if n > start and total + size > most:
            yield start, n
            start, total = n, 0
        total += size
    if start < len(sizes):
        yield start, len(sizes)


def _size(dataset: Path, row: Sequence[Sequence[str]]) -> int:
    return sum((dataset / path).stat().st_size for paths in row for path in paths)


def _with_pictures(dataset: Path, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column: [_picture(dataset, path) for path in value] if column in PICTURES else value
        for column, value in row.items()
    }


def _picture(dataset: Path, path: str) -> dict[str, Any]:
    return {"bytes": _body(dataset, path), "path": PurePosixPath(path).name}


def _body(dataset: Path, path: str) -> bytes:
    """The content of a picture of the release."""
    if own_place(dataset, path) is None:
        raise RunFailed(f"{dataset / path}: a symbolic link, or outside of the data set, not a picture in it")
    try:
        return (dataset / path).read_bytes()
    except FileNotFoundError:
        raise RunFailed(f"{dataset / path}: missing, though a table names it; run ameli build again") from None
