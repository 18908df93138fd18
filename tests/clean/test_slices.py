"""Slices of a table of links have whole reviews and every row once."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from ameli_build.clean.slices import cut
from ameli_build.core.errors import RunFailed


def links(seed: int, reviews: int, most: int) -> pl.DataFrame:
    rng = random.Random(seed)
    ids = [f"r{n:06}" for n in range(reviews) for _ in range(rng.randrange(1, most + 1))]
    return pl.DataFrame({"review_id": ids, "row": range(len(ids))})


@pytest.mark.parametrize("group", [7, 50, 100, 5000])
@pytest.mark.parametrize("most", [1, 9, 400])
def test_every_row_and_every_review_is_in_one_slice(tmp_path: Path, group: int, most: int) -> None:
    table = links(group, 2000 // most + 1, most)
    table.write_parquet(tmp_path / "links.parquet", row_group_size=group)
    pieces = [piece.read(["review_id", "row"]) for piece in cut(tmp_path / "links.parquet", rows=100)]
    assert pl.concat(pieces).equals(table)
    ids = [set(piece["review_id"]) for piece in pieces]
    assert sum(map(len, ids)) == len(set().union(*ids))
    assert all(piece.height >= 100 for piece in pieces[:-1])
    assert len(pieces) > 2


def test_a_table_without_rows_has_no_slices(tmp_path: Path) -> None:
    links(1, 3, 1).clear().write_parquet(tmp_path / "links.parquet")
    assert cut(tmp_path / "links.parquet") == []


def test_an_unsorted_table_is_refused(tmp_path: Path) -> None:
    links(1, 500, 1).reverse().write_parquet(tmp_path / "links.parquet", row_group_size=50)
    with pytest.raises(RunFailed, match="not sorted by review_id"):
        cut(tmp_path / "links.parquet", rows=100)
