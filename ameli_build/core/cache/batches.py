"""Results by batch, cached across runs and snapshots. The content of a batch depends on the items alone.

Items are sorted by a hash of their content. The items of a batch are all items whose hashes share their first bits; the
number of bits is the smallest for which a batch is not too large. So a new or changed item changes only its own batch.
Shards are cut by the same rule, and each has a file with its batches. If that file is missing, the shard reads batches
from the files of shards that share its first bits, and computes only the batches that no file has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.core.arrays import Matrix
from ameli_build.core.cache.sealed import SEALED, read_entry
from ameli_build.core.cache.work import Shard, Work, entry_name
from ameli_build.core.fingerprints import fingerprint

_NAMED_BITS = 40
"""Bits of the hashes in the name of a shard's file."""

Keys = list[str]
"""Distinct hashes in hexadecimal, sorted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of result: `function(*common, payloads)` returns a row for each payload of a batch.

    `identity` covers all else that a result depends on, except the function's code: model, device, libraries. `most` is
    the largest number of items in a batch.
    """

    label: str
    function: Callable[..., pl.DataFrame]
    common: tuple[Any, ...]
    identity: str
    most: int
    model: bool = True
    """Whether the function loads a large model."""
    device: str = "cpu"
    """Device of the model."""
    unit: str = "items"
    """Name of the items, in the plural, for the progress."""

    @property
    def stored(self) -> Callable[..., pl.DataFrame]:
        """The function of a shard: it reads the batches that are cached and computes the others."""
        return partial(_run, self.function)


@dataclass(frozen=True, slots=True)
class Batch:
    """Items of a batch: the key of their whole content, their own keys, and the payloads for the worker."""

    key: str
    keys: Keys
    payloads: list[Any]


def by_content(keys: Keys, full: Callable[[Keys], bool], prefix: str = "") -> Iterator[tuple[str, Keys]]:
    """Cut `keys` into pieces that share their first bits, none of them `full`; yields the bits and the piece."""
    if not keys or not full(keys):
        if keys:
            yield prefix, keys
        return
    place = len(prefix)
    cut = bisect_left(keys, 1, key=lambda key: int(key[place // 4], 16) >> (3 - place % 4) & 1)
    yield from by_content(keys[:cut], full, f"{prefix}0")
    yield from by_content(keys[cut:], full, f"{prefix}1")


def batches_of(kind: Kind, items: Mapping[str, Any], keys: Keys) -> Iterator[Batch]:
    """The batches of `keys`, which are a piece of `by_content`."""
    for _, piece in by_content(keys, lambda part: len(part) > kind.most):
        yield Batch(fingerprint(kind.identity, piece), piece, [items[key] for key in piece])


def run_batches(
    work: Work, kind: Kind, items: Mapping[str, Any], most: int, at_once: int = 0
) -> Iterator[pl.DataFrame]:
    """The rows of all `items`, sorted by key, in tables.

    Args:
        work: The cache and the workers.
        kind: The function and its model.
        items: Payloads by key.
        most: Largest number of items in a shard.
        at_once: Shards in a table; 0 for all.
    """
    pieces = list(by_content(sorted(items), lambda part: len(part) > most))
    entries = Entries.of(work, kind)
    shards = []
    for prefix, keys in pieces:
        batches = list(batches_of(kind, items, keys))
        key = _name(kind, prefix, batches)
        shards.append(Shard(key, (kind.common, batches, entries.related(prefix)), len(keys)))
    entries.copy_here(work, kind, shards)
    tables = work.stream(kind.label, kind.stored, shards, model=kind.model, device=kind.device, unit=kind.unit)
    while next_tables := list(islice(tables, at_once or len(shards))):
        yield pl.concat(next_tables).drop("batch")


def vectors_of(work: Work, kind: Kind, items: Mapping[str, Any], keys: Sequence[str], most: int) -> Matrix:
    """The column `vector` of `rows_of`, shape (keys, dimension); (0, 0) without keys."""
    rows = rows_of(work, kind, items, keys, most)
    vectors: Matrix = rows["vector"].to_numpy(writable=True) if keys else np.zeros((0, 0), dtype=np.float32)
    return vectors


def rows_of(work: Work, kind: Kind, items: Mapping[str, Any], keys: Sequence[str], most: int) -> pl.DataFrame:
    """The results of `items`: a row for each of `keys`, which may repeat. The table is empty without keys."""
    tables = list(run_batches(work, kind, items, most))
    place = {key: n for n, key in enumerate(sorted(items))}
    return pl.concat(tables)[[place[key] for key in keys]] if keys else pl.DataFrame()


def length_key(*texts: str) -> str:
    """A hash that begins with the length of the texts: the texts of a batch need little padding."""
    length = min(sum(map(len, texts)), 0xFFFF)
    return f"{length:04x}{fingerprint(*(text.encode('utf-8', 'surrogatepass') for text in texts))}"


def _name(kind: Kind, prefix: str, batches: Sequence[Batch]) -> str:
    content = fingerprint([batch.key for batch in batches])
    return f"{kind.identity[:16]}-{prefix[:_NAMED_BITS] or '_'}-{content[:40]}"


@dataclass(frozen=True, slots=True)
class Entries:
    """The files of a kind in a cache: pairs of first bits and name, sorted."""

    folder: Path
    files: list[tuple[str, str]]

    @classmethod
    def of(cls, work: Work, kind: Kind) -> Entries:
        """The files in the cache at this time."""
        folder, begin = work.folder(kind.label), entry_name(kind.stored, f"{kind.identity[:16]}-").removesuffix(SEALED)
        names = {path.name for path in folder.glob(f"{begin}*{SEALED}")}
        if work.store is not None:
            names |= work.store.names(folder.name, begin)
        return cls(folder, sorted((name.split("-")[2].strip("_"), name) for name in names))

    def copy_here(self, work: Work, kind: Kind, shards: Sequence[Shard]) -> None:
        """Copy files from the URL of the cache to this disk, if batches of missing `shards` can be in them."""
        if work.store is not None:
            whole = {name for _, name in self.files}
            missing = [shard for shard in shards if entry_name(kind.stored, shard.key) not in whole]
            work.store.share(sorted({path for shard in missing for path in shard.payload[2]}))

    def related(self, prefix: str) -> list[Path]:
        """Files whose bits begin with `prefix`, and files whose bits are the beginning of `prefix`."""
        own = prefix[:_NAMED_BITS]
        above = [name for n in range(len(own)) for name in self._between((own[:n],), (own[:n], "~"))]
        return [self.folder / name for name in (*above, *self._between((own,), (f"{own}~",)))]

    def _between(self, least: tuple[str, ...], most: tuple[str, ...]) -> list[str]:
        return [name for _, name in self.files[bisect_left(self.files, least) : bisect_left(self.files, most)]]


def _run(
    function: Callable[..., pl.DataFrame], payload: tuple[tuple[Any, ...], list[Batch], list[Path]]
) -> pl.DataFrame:
    common, batches, related = payload
    known = _known(related, {batch.key for batch in batches})
    return pl.concat(
        [
            known[batch.key]
            if batch.key in known
            else function(*common, batch.payloads).with_columns(batch=pl.lit(batch.key))
            for batch in batches
        ]
    )


def known_keys(paths: Sequence[Path]) -> set[str]:
    """Keys of the batches in the files."""
    found: set[str] = set()
    for path in paths:
        table = read_entry(path, ["batch"])
        if table is not None:
            found |= set(table["batch"])
    return found


def _known(paths: Sequence[Path], wanted: set[str]) -> dict[str, pl.DataFrame]:
    """The rows of the wanted batches that are in the files, by the key of the batch."""
    found: dict[str, pl.DataFrame] = {}
    for path in paths:
        table = read_entry(path)
        if table is None:
            continue
        parts = table.filter(pl.col("batch").is_in(list(wanted - set(found)))).partition_by("batch", as_dict=True)
        found |= {str(key[0]): rows for key, rows in parts.items()}
    return found
