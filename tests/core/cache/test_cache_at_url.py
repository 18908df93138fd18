"""A cache at a URL: machines that share only this cache make each shard once, and damage is detected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest
import s3fs
from damages import DAMAGES
from travel.stores import Store as Place
from travel.stores import store_of

from ameli_build.cluster.passport import SIGN, admit, passport_of
from ameli_build.cluster.ranks import Rank
from ameli_build.core.cache import Kind, Mapper, Shard, Store, Work, entry_name, in_process, run_batches
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import process_mapper

LOG = "made.log"
LABEL = "square it"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A place on an S3 server, with its content as read by another program."""
    with store_of("s3", tmp_path, monkeypatch) as found:
        yield found


def square(payload: tuple[str, int]) -> pl.DataFrame:
    """A row, and a line in a log for each time that a shard is made."""
    folder, n = payload
    with (Path(folder) / LOG).open("a") as handle:
        handle.write(f"{n}\n")
    return pl.DataFrame({"n": [n * n]})


class Machine:
    """A machine with its own disk."""

    def __init__(self, folder: Path, place: Place, mapper: Mapper = in_process) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.work = Work(Snapshot(folder), mapper, store=Store(place.url))

    def run(self, count: int = 30) -> list[int]:
        """The results of shards; clears the log."""
        (self.folder / LOG).write_text("")
        shards = [Shard(f"{n:04}", (str(self.folder), n)) for n in range(count)]
        return [table["n"].item() for table in self.work.stream(LABEL, square, shards)]

    @property
    def made(self) -> list[int]:
        return sorted(map(int, (self.folder / LOG).read_text().split()))

    def path(self, n: int) -> Path:
        return self.work.folder(LABEL) / entry_name(square, f"{n:04}")


SQUARES = [n * n for n in range(30)]


def test_a_machine_uses_the_shards_of_another_machine(tmp_path: Path, place: Place) -> None:
    first, other = Machine(tmp_path / "first", place), Machine(tmp_path / "other", place)
    assert first.run(20) == SQUARES[:20]
    assert other.run() == SQUARES
    assert other.made == list(range(20, 30))
    assert first.run() == SQUARES
    assert first.made == []
    names = {f"square-it/{first.path(n).name}" for n in range(30)}
    assert place.content() == {name: (tmp_path / "other" / "cache" / name).read_bytes() for name in names}


def test_worker_processes_send_their_shards(tmp_path: Path, place: Place) -> None:
    with process_mapper(2) as mapper:
        assert Machine(tmp_path / "one", place, mapper).run(6) == SQUARES[:6]
    other = Machine(tmp_path / "other", place)
    assert other.run(6) == SQUARES[:6]
    assert other.made == []


@pytest.mark.parametrize("of", [1, 2, 3])
def test_ranks_make_each_shard_once(tmp_path: Path, place: Place, of: int) -> None:
    ranks = [Machine(tmp_path / str(rank), place, Rank(rank, of)) for rank in range(of)]
    assert [rank.run() for rank in ranks] == [SQUARES] * of
    assert sorted(n for rank in ranks for n in rank.made) == list(range(30))
    assert Machine(tmp_path / "build", place).run() == SQUARES


def test_a_rank_uses_shards_that_others_make_meanwhile(tmp_path: Path, place: Place) -> None:
    """While a rank starts its first shard, another rank makes all shards."""
    fast = Machine(tmp_path / "fast", place)

    class Slow(Rank):
        def owns(self, name: str) -> bool:
            if not fast.folder.joinpath(LOG).is_file():
                fast.run()
            return super().owns(name)

    slow = Machine(tmp_path / "slow", place, Slow(0, 2))
    assert slow.run() == SQUARES
    assert slow.made == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_made_again_and_replaced(
    tmp_path: Path, place: Place, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = Machine(tmp_path / "first", place), Machine(tmp_path / "other", place)
    first.run(5)
    whole, name = place.content(), f"square-it/{first.path(3).name}"
    place.write(name, DAMAGES[damage](whole[name]))
    assert other.run(5) == SQUARES[:5]
    assert other.made == [3]
    assert f"{place.url}/{name}: damaged" in capsys.readouterr().err
    assert place.content() == whole


@pytest.mark.parametrize("damage", ["half", "the last bit"])
def test_a_damaged_local_entry_is_replaced_and_not_sent(tmp_path: Path, place: Place, damage: str) -> None:
    machine = Machine(tmp_path / "machine", place)
    machine.run(3)
    whole, name = place.content(), f"square-it/{machine.path(1).name}"
    machine.path(1).write_bytes(DAMAGES[damage](whole[name]))
    place.remove(name)
    assert machine.run(3) == SQUARES[:3]
    assert machine.made == [1]
    assert place.content() == whole


def test_entries_made_before_the_url_was_set_are_sent(tmp_path: Path, place: Place) -> None:
    machine = Machine(tmp_path / "machine", place)
    shards = [Shard(f"{n:04}", (str(machine.folder), n)) for n in range(7)]
    Work(machine.work.snapshot).map(LABEL, square, shards)
    assert not place.content()
    machine.run(9)
    assert machine.made == [7, 8]
    assert len(place.content()) == 9


def sums(log: str, payloads: Sequence[int]) -> pl.DataFrame:
    """Each number with the sum of its batch."""
    with Path(log).open("a") as handle:
        handle.write("".join(f"{n}\n" for n in payloads))
    return pl.DataFrame({"n": payloads, "sum": [sum(payloads)] * len(payloads)})


@pytest.mark.parametrize("changed", [0, 1, 5])
def test_batches_of_another_machine_are_used_again(tmp_path: Path, place: Place, changed: int) -> None:
    """A refreshed snapshot on another machine: only changed batches are made."""
    items = {hashlib.sha256(str(n).encode()).hexdigest(): n for n in range(200)}
    fresh = {key: n for key, n in items.items() if n >= changed}
    made, tables = [], []
    for name, content, store in (("one", items, True), ("other", fresh, True), ("alone", fresh, False)):
        log = tmp_path / f"{name}.log"
        kind = Kind("add up", sums, (str(log),), "a" * 64, 8)
        work = Work(Snapshot(tmp_path / name), store=Store(place.url) if store else None)
        tables.append(pl.concat(run_batches(work, kind, content, 40)))
        made.append(len(log.read_text().split()) if log.is_file() else 0)
    assert tables[1].equals(tables[2])
    assert made[0] == len(items)
    assert made[1] <= 8 * changed
    assert made[2] == len(fresh)


def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    s3fs.S3FileSystem.clear_instance_cache()


def test_an_unreachable_server_is_reported(tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(tmp_path / "machine", place)
    machine.run(3)
    unreachable(monkeypatch)
    for call in (
        machine.run,
        machine.work.store.check if machine.work.store else None,
        lambda: Store(place.url).fetch(machine.path(9)),
    ):
        assert call is not None
        with pytest.raises(RunFailed, match=rf"^{place.url}\S*: Could not connect .*; run again to continue$"):
            call()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("s3://no-such-bucket/x", RunFailed, "^s3://no-such-bucket/x: The specified bucket does not exist$"),
        ("nowhere://bucket", UnusableInput, "^run.cache=nowhere://bucket: Protocol not known: nowhere$"),
    ],
)
def test_a_missing_place_is_reported(place: Place, url: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Store(url).check()


@pytest.mark.parametrize(
    ("cache", "url", "folder"),
    [
        ("", "", None),
        ("/data/cache", "", Path("/data/cache")),
        ("file:///data/cache", "", Path("/data/cache")),
        ("s3://bucket/prefix/", "s3://bucket/prefix", None),
        ("az://box", "az://box", None),
    ],
)
def test_a_setting_names_a_folder_or_a_url(cache: str, url: str, folder: Path | None, tmp_path: Path) -> None:
    settings = load_settings("demo", [f"run.cache={cache}"])
    assert (settings.run.cache_url, settings.run.cache_folder) == (url, folder)
    work = Work.of(Snapshot(tmp_path), settings)
    assert work.store == (Store(url) if url else None)
    assert work.cache_folder == folder or (folder is None and work.cache_folder == tmp_path / "cache")


def test_a_worker_without_access_to_the_url_is_refused(tmp_path: Path, place: Place) -> None:
    with passport_of([tmp_path], Store(place.url)) as passport:
        admit(passport)
        place.remove(f"{SIGN}{passport['token']}")
        with pytest.raises(RunFailed, match=f"does not see the cache at {place.url}; give it the same endpoint"):
            admit(passport)
    with passport_of([tmp_path], Store(place.url)):
        assert len(place.content()) == 1
    assert not place.content()
