"""Batches by content: a change moves no other item, and missing entries of a cache change no result."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from damages import DAMAGES

from ameli_build.core.cache import Entries, Kind, Work, by_content, entry_name, known_keys, run_batches
from ameli_build.core.snapshot import Snapshot

ITEMS = {hashlib.sha256(str(n).encode()).hexdigest(): n for n in range(300)}


def sums(log: str, payloads: Sequence[int]) -> pl.DataFrame:
    """Each number with the sum of its batch: a result that depends on the whole batch."""
    with Path(log).open("a") as handle:
        handle.write("".join(f"{n}\n" for n in payloads))
    return pl.DataFrame({"n": payloads, "sum": [sum(payloads)] * len(payloads)})


def run(cache: Path, items: dict[str, int], most: int = 40, identity: str = "a" * 64) -> tuple[pl.DataFrame, int]:
    """The rows of `items`, and the number of newly made rows."""
    log = cache.parent / f"{cache.name}.log"
    log.write_text("")
    kind = Kind("add up", sums, (str(log),), identity, 8)
    table = pl.concat(run_batches(Work(Snapshot(cache.parent), cache=cache), kind, items, most))
    return table, len(log.read_text().split())


def test_pieces_hold_all_keys_that_begin_with_the_same_bits() -> None:
    keys = sorted(ITEMS)
    pieces = list(by_content(keys, lambda part: len(part) > 8))
    assert [key for _, piece in pieces for key in piece] == keys
    assert max(len(piece) for _, piece in pieces) <= 8
    for prefix, piece in pieces:
        alike = [key for key in keys if f"{int(key, 16):0256b}".startswith(prefix)]
        assert piece == alike


def test_cached_batches_are_not_made_again(tmp_path: Path) -> None:
    first, made = run(tmp_path / "cache", ITEMS)
    assert made == len(ITEMS)
    assert first["n"].to_list() == [ITEMS[key] for key in sorted(ITEMS)]
    again, made = run(tmp_path / "cache", dict(reversed(ITEMS.items())))
    assert made == 0
    assert again.equals(first)
    assert run(tmp_path / "cache", ITEMS, identity="b" * 64)[1] == len(ITEMS)


@pytest.mark.parametrize("most", [8, 40, 1000])
def test_shards_of_another_size_have_the_same_batches(tmp_path: Path, most: int) -> None:
    first, _ = run(tmp_path / "cache", ITEMS)
    other, made = run(tmp_path / "cache", ITEMS, most)
    assert made == 0
    assert other.equals(first)


def test_changed_items_change_only_their_own_batches(tmp_path: Path) -> None:
    run(tmp_path / "cache", ITEMS)
    changed = {key: n for key, n in ITEMS.items() if n % 50} | {
        hashlib.sha256(f"new {n}".encode()).hexdigest(): 1000 + n for n in range(6)
    }
    fresh, all_made = run(tmp_path / "fresh", changed)
    table, made = run(tmp_path / "cache", changed)
    assert table.equals(fresh)
    assert all_made == len(changed)
    assert 6 <= made <= 12 * 8


def test_half_of_a_cache_gives_the_same_rows(tmp_path: Path) -> None:
    first, _ = run(tmp_path / "cache", ITEMS)
    for path in sorted((tmp_path / "cache" / "add-up").iterdir())[::2]:
        path.unlink()
    (tmp_path / "cache" / "add-up" / f"{'a' * 16}-0-damaged.sealed").write_bytes(b"no table")
    again, made = run(tmp_path / "cache", ITEMS)
    assert 0 < made < len(ITEMS)
    assert again.equals(first)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_made_again(tmp_path: Path, damage: str) -> None:
    first, _ = run(tmp_path / "cache", ITEMS)
    bad = sorted((tmp_path / "cache" / "add-up").iterdir())[::3]
    for path in bad:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert known_keys(bad) == set()
    again, made = run(tmp_path / "cache", ITEMS)
    assert 0 < made < len(ITEMS)
    assert again.equals(first)
    assert run(tmp_path / "cache", ITEMS)[1] == 0


def test_files_are_found_by_their_bits(tmp_path: Path) -> None:
    names = ["_", "0", "01", "010", "0110", "1", "011"]
    kind = Kind("add up", sums, (), "a" * 64, 8)
    (tmp_path / "add-up").mkdir()
    for bits in names:
        (tmp_path / "add-up" / entry_name(kind.stored, f"{'a' * 16}-{bits}-x")).touch()
    found = Entries.of(Work(Snapshot(tmp_path), cache=tmp_path), kind).related("01")
    assert sorted(path.stem.split("-")[2] for path in found) == ["0", "01", "010", "011", "0110", "_"]


def reuse(share: float, most: int, count: int) -> float:
    """The share of unchanged items whose batch is the same after `share` of the items were exchanged."""
    keys = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(count)]
    gone = set(random.Random(1).sample(keys, int(share * count)))
    after = [key for key in keys if key not in gone] + [hashlib.sha256(f"+{n}".encode()).hexdigest() for n in gone]

    def batches(keys: list[str]) -> set[tuple[str, ...]]:
        return {tuple(piece) for _, piece in by_content(sorted(keys), lambda part: len(part) > most)}

    return sum(len(batch) for batch in batches(keys) & batches(after)) / (count - len(gone))


def test_most_batches_of_eight_survive_a_change_of_one_percent() -> None:
    assert reuse(0.01, 8, 4000) > 0.85
    assert reuse(0.01, 1, 4000) > 0.97
