"""A stream of shards: cached shards are not sent, and shards of other machines are read from the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build.core.cache import Job, Shard, Work, entry_name, resource_of
from ameli_build.core.snapshot import Snapshot


class Elsewhere:
    """Workers of other machines: records each job with its resource."""

    def __init__(self, resource: str = "cpu", seen: list[tuple[str, Job, object]] | None = None) -> None:
        self.resource = resource
        self.seen: list[tuple[str, Job, object]] = [] if seen is None else seen

    def on(self, resource: str) -> Elsewhere:
        return Elsewhere(resource, self.seen)

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        for item in items:
            result = function(item)
            self.seen.append((self.resource, item, result))
            yield result


def double(n: int) -> pl.DataFrame:
    return pl.DataFrame({"n": [2 * n]})


def shards(count: int) -> list[Shard]:
    return [Shard(f"{n:04}", n) for n in range(count)]


def doubled(tables: list[pl.DataFrame]) -> list[int]:
    return [table["n"].item() for table in tables]


@pytest.mark.parametrize("cached", [[], [0, 2], [0, 1, 2, 3, 4]])
def test_cached_shards_are_not_sent_to_other_machines(tmp_path: Path, cached: list[int]) -> None:
    work = Work(Snapshot(tmp_path))
    work.map("double", double, [shards(5)[n] for n in cached])
    mapper = Elsewhere()
    away = Work(Snapshot(tmp_path), mapper)
    assert doubled(away.map("double", double, shards(5))) == [0, 2, 4, 6, 8]
    assert [job.payload for _, job, _ in mapper.seen] == [n for n in range(5) if n not in cached]
    assert all(result is None and job.far for _, job, result in mapper.seen)  # no table is sent back


@pytest.mark.parametrize("damaged", [0, 3, 4])
def test_a_damaged_entry_is_made_again(tmp_path: Path, damaged: int) -> None:
    for mapper in (Elsewhere(), Elsewhere("gpu")):
        work = Work(Snapshot(tmp_path), mapper)
        work.map("double", double, shards(5))
        path = work.folder("double") / entry_name(double, f"{damaged:04}")
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        mapper.seen.clear()
        assert doubled(work.map("double", double, shards(5))) == [0, 2, 4, 6, 8]
        assert [job.payload for _, job, _ in mapper.seen] == [damaged]
        assert path.read_bytes() == whole


def test_work_without_a_cache_sends_its_tables(tmp_path: Path) -> None:
    mapper = Elsewhere()
    assert doubled(Work(Snapshot(tmp_path), mapper).map("double", double, shards(3), cached=False)) == [0, 2, 4]
    assert not list(tmp_path.rglob("*.sealed"))


@pytest.mark.parametrize(
    ("model", "device", "resource"),
    [
        (True, "cuda", "gpu"),
        (True, "cuda:1", "gpu"),
        (True, "mps", "gpu"),
        (True, "cpu", "cpu"),
        (False, "mps", "cpu"),
    ],
)
def test_a_model_runs_on_the_resource_of_its_device(tmp_path: Path, model: bool, device: str, resource: str) -> None:
    mapper = Elsewhere()
    work = Work(Snapshot(tmp_path), mapper, models_in_one_process=True)
    work.map("double", double, shards(2), model=model, device=device)
    assert {resource for resource, _, _ in mapper.seen} == {resource}


@pytest.mark.parametrize(
    ("device", "once", "here"), [("cpu", False, False), ("cpu", True, True), ("cuda", False, True)]
)
def test_a_model_runs_in_this_process_rather_than_in_local_workers(
    tmp_path: Path, device: str, once: bool, here: bool
) -> None:
    mapped: list[object] = []

    def mapper(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Any]:
        mapped.extend(items)
        return map(function, items)

    work = Work(Snapshot(tmp_path), mapper, models_in_one_process=once)
    work.map("double", double, shards(2), model=True, device=device)
    assert (not mapped) == here


def test_tables_come_before_the_last_shard_is_made(tmp_path: Path) -> None:
    mapper = Elsewhere()
    tables = Work(Snapshot(tmp_path), mapper).stream("double", double, shards(9))
    assert next(tables)["n"].item() == 0
    assert len(mapper.seen) == 1
    assert len(list(tables)) == 8


def test_each_device_has_a_resource() -> None:
    assert [resource_of(device) for device in ("cpu", "cuda", "cuda:3", "mps")] == ["cpu", "gpu", "gpu", "gpu"]
