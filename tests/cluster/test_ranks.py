"""Independent ranks fill a cache."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ameli_build.cluster.ranks import Rank
from ameli_build.core.cache import Shard, Work, entry_name
from ameli_build.core.snapshot import Snapshot

LOG = "made.log"


def noted(payload: tuple[str, int]) -> pl.DataFrame:
    """A row, and a line in a log: a shard that is computed twice has two lines."""
    folder, n = payload
    with (Path(folder) / LOG).open("a") as handle:
        handle.write(f"{n}\n")
    return pl.DataFrame({"n": [n]})


def shards(folder: Path, count: int = 60) -> list[Shard]:
    return [Shard(f"{n:04}", (str(folder), n)) for n in range(count)]


def made(folder: Path) -> list[int]:
    path = folder / LOG
    return [int(line) for line in path.read_text().split()] if path.is_file() else []


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_shard_belongs_to_one_rank(tmp_path: Path, of: int) -> None:
    orders, own = [], []
    for rank in range(of):
        folder = tmp_path / str(rank)
        folder.mkdir()
        work = Work(Snapshot(folder), Rank(rank, of))
        work.map("noted", noted, shards(folder))
        orders.append(made(folder))
        own.append({n for n in range(60) if Rank(rank, of).owns(entry_name(noted, f"{n:04}"))})
    assert sorted(n for mine in own for n in mine) == list(range(60))
    for order, mine in zip(orders, own, strict=True):
        assert mine
        assert set(order[: len(mine)]) == mine  # first its own share
        assert sorted(order) == list(range(60))  # then the shards of the other ranks
    assert len({tuple(n for n in order if n not in own[0]) for order in orders[1:]}) == of - 1


@pytest.mark.parametrize("there", [range(0, 60, 2), range(10), range(59)])
def test_a_rank_computes_no_shard_twice(tmp_path: Path, there: Sequence[int]) -> None:
    folder = tmp_path
    Work(Snapshot(folder)).map("noted", noted, [shards(folder)[n] for n in there])
    rank = Rank(1, 3)
    tables = Work(Snapshot(folder), rank).map("noted", noted, shards(folder))
    assert [table["n"].item() for table in tables] == list(range(60))
    assert sorted(made(folder)) == list(range(60))
    assert rank.made == 60 - len(there)


def test_each_rank_does_all_uncached_work(tmp_path: Path) -> None:
    tables = Work(Snapshot(tmp_path), Rank(0, 3)).map("noted", noted, shards(tmp_path, 4), cached=False)
    assert [table["n"].item() for table in tables] == [0, 1, 2, 3]
