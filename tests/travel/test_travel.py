"""Snapshots at URLs: only missing files are transferred, and a changed byte is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from damages import DAMAGES, Damage
from made import picture, released_snapshot
from travel.stores import Store, store_of

from ameli_build.core import remote as core_remote
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.extras import MissingExtra
from ameli_build.core.progress import watched_by
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import stage_record, standing_of
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.travel import pull, push
from ameli_build.travel import pull as pull_function
from ameli_build.travel import remote as travel_remote
from ameli_build.verify import verify


class Lines:
    """Messages of a run."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        self.lines.append(f"{label} {done}/{total}")


def said(function: Callable[..., None], *arguments: Any, **options: Any) -> list[str]:
    lines = Lines()
    with watched_by(lines):
        function(*arguments, **options)
    return lines.lines


def below(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != ".lock"}


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    made = released_snapshot(tmp_path_factory.mktemp("made") / "snapshot")
    shutil.rmtree(made.root / "cache")
    (made.raw / "reviews.jsonl").write_bytes(b"a long line\n" * 450_000)  # two reads
    (made.raw / "empty.jsonl").touch()
    (made.root / "settings").mkdir()
    (made.root / "settings" / "informativeness.toml").write_text("[informativeness]\ntitle_similarity = 0.5\n")
    return made


@pytest.fixture
def snapshot(original: Snapshot, tmp_path: Path) -> Snapshot:
    return Snapshot(Path(shutil.copytree(original.root, tmp_path / "snapshot")))


def manifest_with(store: Store, change: Callable[[list[dict[str, Any]]], list[Any]]) -> None:
    """Change the entries of a manifest, with a digest that fits."""
    *lines, _ = store.content()["manifest.jsonl"].splitlines()
    body = "".join(f"{json.dumps(entry)}\n" for entry in change([json.loads(line) for line in lines])).encode()
    seal = {"format": 1, "sha256": hashlib.sha256(body).hexdigest()}
    store.write("manifest.jsonl", body + json.dumps(seal).encode() + b"\n")


def test_a_pulled_snapshot_is_equal_to_the_pushed_snapshot(snapshot: Snapshot, store: Store, tmp_path: Path) -> None:
    push(snapshot, store.url)
    lines = said(pull, store.url, tmp_path / "other")
    assert below(tmp_path / "other") == below(snapshot.root)
    assert "the snapshot has its own settings: settings/informativeness.toml" in lines
    assert lines.index(f"pull 0/{len(store.content()) - 1}") > 0
    assert not list(tmp_path.glob(".*"))
    verify(Snapshot.open(tmp_path / "other"))
    settings = load_settings("demo")
    before = standing_of(RELEASE, snapshot, settings, stage_record(snapshot, "release"))
    for path in snapshot.root.rglob("*.*"):
        copy = tmp_path / "other" / path.relative_to(snapshot.root)
        assert copy.stat().st_mtime_ns == path.stat().st_mtime_ns or path.is_dir() or path.name == ".lock"
    there = Snapshot(tmp_path / "other")
    assert standing_of(RELEASE, there, settings, stage_record(there, "release")).why == before.why


def test_each_picture_of_a_pulled_snapshot_is_a_separate_file(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path
) -> None:
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    inodes = [path.stat().st_ino for path in (tmp_path / "other").rglob("*.jpg")]
    assert len(set(inodes)) == len(inodes) > len(list((snapshot.raw / "images").iterdir()))


def test_only_missing_files_are_transferred(snapshot: Snapshot, store: Store, tmp_path: Path) -> None:
    push(snapshot, store.url)
    assert said(push, snapshot, store.url)[-1].startswith("pushed 0 files")
    (snapshot.raw / "new.jsonl").write_text("new")
    assert said(push, snapshot, store.url)[-1].startswith("pushed 1 files")
    pull(store.url, tmp_path / "other")
    assert said(pull, store.url, tmp_path / "other")[-1].startswith("pulled 0 files")
    (tmp_path / "other" / "raw" / "new.jsonl").unlink()
    assert said(pull, store.url, tmp_path / "other")[-1].startswith("pulled 1 files")


def test_temporary_files_and_caches_are_not_transferred(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path
) -> None:
    stays = [
        *("raw/.index.sqlite", ".dataset.partial/train.parquet", "catalog/.products.parquet.x7.partial"),
        *("cache/scratch/links", "cache/.export-x/README.md"),
    ]
    goes = ["raw/.ingest-cut-off", "sheets/html/alice.html", "report.html", "truth/world.json"]
    cached = ["cache/embed-texts/x.sealed"]
    before = set(below(snapshot.root))
    for name in (*stays, *goes, *cached):
        (snapshot.root / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot.root / name).write_text(name)
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "plain")
    assert set(below(tmp_path / "plain")) == before | {*goes}
    push(snapshot, folder_store.url, cache=True)
    pull(folder_store.url, tmp_path / "bare")
    assert set(below(tmp_path / "bare")) == before | {*goes}
    pull(folder_store.url, tmp_path / "full", cache=True)
    assert set(below(tmp_path / "full")) == before | {*goes, *cached}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("victim", ["catalog/reviews.parquet", "raw/reviews.jsonl", "picture"])
def test_a_changed_file_at_the_url_is_named_and_repaired(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, damage: Damage, victim: str
) -> None:
    if victim == "picture":
        victim = sorted(path.relative_to(snapshot.root).as_posix() for path in (snapshot.raw / "images").iterdir())[0]
    push(snapshot, folder_store.url)
    sha256 = hashlib.sha256((snapshot.root / victim).read_bytes()).hexdigest()
    name = f"files/{sha256[:2]}/{sha256}"
    folder_store.write(name, damage(folder_store.content()[name]))
    with pytest.raises(RunFailed, match=rf"1 damaged files, not pulled: \S*{Path(victim).name} .*{sha256}"):
        pull(folder_store.url, tmp_path / "other")
    assert not (tmp_path / "other").exists()
    came = below(tmp_path / ".other.partial")
    assert victim not in came
    assert came.items() <= below(snapshot.root).items()
    assert said(push, snapshot, folder_store.url, check=True)[-1].startswith("pushed 1 files")
    pull(folder_store.url, tmp_path / "other")
    assert below(tmp_path / "other") == below(snapshot.root)


def test_a_changed_and_a_lost_file_on_a_server(snapshot: Snapshot, store: Store, tmp_path: Path) -> None:
    push(snapshot, store.url)
    lost, changed = (
        f"files/{sha256[:2]}/{sha256}"
        for name in ("catalog/reviews.parquet", "catalog/products.parquet")
        for sha256 in [hashlib.sha256((snapshot.root / name).read_bytes()).hexdigest()]
    )
    store.remove(lost)
    store.write(changed, DAMAGES["a bit in the middle"](store.content()[changed]))
    with pytest.raises(RunFailed, match="2 damaged files") as failed:
        pull(store.url, tmp_path / "other")
    assert "catalog/reviews.parquet (" in str(failed.value)
    assert "catalog/products.parquet (" in str(failed.value)
    push(snapshot, store.url, check=True)
    pull(store.url, tmp_path / "other")
    assert below(tmp_path / "other") == below(snapshot.root)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_changed_manifest_is_refused(snapshot: Snapshot, folder_store: Store, tmp_path: Path, damage: Damage) -> None:
    push(snapshot, folder_store.url)
    folder_store.write("manifest.jsonl", damage(folder_store.content()["manifest.jsonl"]))
    with pytest.raises(UnusableInput, match=r"manifest\.jsonl: damaged"):
        pull(folder_store.url, tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir() if "other" in path.name] == []
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")


@pytest.mark.parametrize("name", ["settings/informativeness.toml", "catalog/reviews.parquet", "dataset/stats.json"])
def test_local_work_is_overwritten_only_on_request(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, name: str
) -> None:
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    mine = tmp_path / "other" / name
    body = mine.read_bytes()
    mine.write_bytes(DAMAGES["a bit in the middle"](body))
    changed = mine.read_bytes()
    (tmp_path / "other" / "raw" / "empty.jsonl").unlink()
    with pytest.raises(UnusableInput, match=rf"1 files differ from those at \S+ \({name}\)"):
        pull(folder_store.url, tmp_path / "other")
    assert mine.read_bytes() == changed
    assert f"warning: 1 files differ, and are replaced: {name}" in said(
        pull, folder_store.url, tmp_path / "other", overwrite=True
    )
    assert below(tmp_path / "other") == below(snapshot.root)


def test_a_killed_pull_mixes_in_no_file_of_an_earlier_push(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sheets/old.html", "catalog/old.parquet", "raw/old.jsonl"):
        (snapshot.root / name).parent.mkdir(exist_ok=True)
        (snapshot.root / name).write_text(name)
    push(snapshot, folder_store.url)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(RunFailed("killed")))
        with pytest.raises(RunFailed, match="killed"):
            pull(folder_store.url, tmp_path / "other")
    assert (tmp_path / ".other.partial" / "raw" / "old.jsonl").is_file()
    (tmp_path / ".other.partial" / "raw" / ".reviews.jsonl.x7.partial").write_text("half")
    shutil.rmtree(snapshot.root / "sheets")
    (snapshot.root / "catalog" / "old.parquet").unlink()
    (snapshot.root / "raw" / "old.jsonl").write_text("new")
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    assert below(tmp_path / "other") == below(snapshot.root)


def test_local_files_stay_and_are_named(snapshot: Snapshot, folder_store: Store, tmp_path: Path) -> None:
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    (tmp_path / "other" / "notes.txt").write_text("mine")
    (tmp_path / "other" / "raw" / ".reviews.jsonl.x7.partial").write_text("half")
    lines = said(pull, folder_store.url, tmp_path / "other")
    assert any(line.startswith("1 files here are not in the snapshot of") and "notes.txt" in line for line in lines)
    assert below(tmp_path / "other") == below(snapshot.root) | {"notes.txt": b"mine"}


@pytest.mark.parametrize("path", ["sheets/team/clean-test-0.sqlite", "sheets/team/sheet-01.html", "cache/scratch/x"])
def test_secret_links_and_scratch_files_are_not_transferred(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, path: str
) -> None:
    (snapshot.root / path).parent.mkdir(parents=True, exist_ok=True)
    (snapshot.root / path).write_text("token")
    push(snapshot, folder_store.url, cache=True)
    pull(folder_store.url, tmp_path / "other", cache=True)
    assert not (tmp_path / "other" / path).exists()


def test_a_damaged_local_picture_is_fetched_again(snapshot: Snapshot, folder_store: Store, tmp_path: Path) -> None:
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    for place, folder in ((0, "raw/images"), (-1, "dataset/images")):
        victim = sorted((tmp_path / "other" / folder).iterdir())[place]
        victim.write_bytes(DAMAGES["the last bit"](victim.read_bytes()))
    assert any(victim.name in line for line in said(pull, folder_store.url, tmp_path / "other"))
    assert below(tmp_path / "other") == below(snapshot.root)


@pytest.mark.parametrize("folder", ["raw/images", "dataset/images"])
def test_a_damaged_picture_is_not_pushed(snapshot: Snapshot, folder_store: Store, folder: str) -> None:
    victim = sorted((snapshot.root / folder).iterdir())[-1]
    body = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(DAMAGES["a bit near the start"](body))
    with pytest.raises(UnusableInput, match=rf"1 damaged pictures.*{folder}/{victim.name}"):
        push(snapshot, folder_store.url)
    assert not folder_store.files.exists(folder_store.root)


def test_a_file_that_changes_during_the_push_is_reported(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = travel_remote.Remote.put

    def put_and_change(self: travel_remote.Remote, path: Path, sha256: str) -> None:
        if path.name == "reviews.jsonl":
            path.write_text("changed")
        put(self, path, sha256)

    monkeypatch.setattr(travel_remote.Remote, "put", put_and_change)
    with pytest.raises(RunFailed, match=r"raw/reviews\.jsonl: changed while it was pushed"):
        push(snapshot, folder_store.url)
    assert b"changed" not in folder_store.content().values()
    with pytest.raises(UnusableInput, match="no snapshot here"):
        pull(folder_store.url, tmp_path / "other")


def test_the_previous_push_stays_until_a_push_ends(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(snapshot, folder_store.url)
    before = below(snapshot.root)
    for name in ("raw/reviews.jsonl", "catalog/rejected.jsonl", "settings/informativeness.toml"):
        (snapshot.root / name).write_text("[informativeness]\n")
    with monkeypatch.context() as patched:
        patched.setattr(travel_remote.Remote, "write_manifest", lambda *_: (_ for _ in ()).throw(RunFailed("gone")))
        with pytest.raises(RunFailed, match="gone"):
            push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "before")
    assert below(tmp_path / "before") == before
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "after")
    assert below(tmp_path / "after") == below(snapshot.root)


HOSTILE = {
    "above": {"path": "../private.txt"},
    "above by a detour": {"path": "raw/../../private.txt"},
    "absolute": {"path": "/tmp/private.txt"},
    "a home": {"path": "raw//private.txt"},
    "nothing": {"path": ""},
    "here": {"path": "./private.txt"},
    "a folder": {"path": "raw/private/"},
    "a zero byte": {"path": "raw/a\0b"},
    "half a character": {"path": "raw/\ud800"},
    "a name too long": {"path": f"raw/{'x' * 300}/y"},
    "the lock": {"path": ".lock"},
    "an index": {"path": "raw/.index.sqlite"},
    "scratch": {"path": "cache/scratch/links"},
    "secret links": {"path": "sheets/team/clean-test.sqlite"},
    "a number": {"path": 7},
    "no path": {"path": None},
    "a wrong name": {"path": f"raw/images/{'0' * 64}.jpg"},
    "a negative size": {"size": -1},
    "a true size": {"size": True},
    "a size in words": {"size": "many"},
    "a time before 1970": {"changed": -1},
    "a time too late": {"changed": 2**63},
    "no time": {"changed": None},
    "no digest": {"sha256": "../../private"},
    "an upper digest": {"sha256": "A" * 64},
    "a file as a folder": {"path": "catalog/reviews.parquet/x"},
    "a path twice": {"path": "catalog/reviews.parquet"},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_manifest_writes_nothing(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, change: dict[str, Any]
) -> None:
    push(snapshot, folder_store.url)
    before = below(tmp_path)
    good = {"path": "raw/private.txt", "size": 0, "sha256": hashlib.sha256().hexdigest(), "changed": 0}
    manifest_with(folder_store, lambda entries: [*entries, good | change])
    with pytest.raises(UnusableInput, match=r"manifest\.jsonl: damaged, or not of a push"):
        pull(folder_store.url, tmp_path / "other")
    assert {name: body for name, body in below(tmp_path).items() if name != "store/manifest.jsonl"} == {
        name: body for name, body in before.items() if name != "store/manifest.jsonl"
    }
    manifest_with(folder_store, lambda entries: [*entries[:-1], good])  # the same entry unchanged is good
    pull(folder_store.url, tmp_path / "other")


@pytest.mark.parametrize("lines", [[[]], [{}], ["text"], [None], [{"path": "a"}]], ids=str)
def test_a_foreign_manifest_is_refused(folder_store: Store, tmp_path: Path, lines: list[Any]) -> None:
    body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    seal = json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode()
    folder_store.files.makedirs(folder_store.root)
    for data in (body + seal, body, b"[" * 100_000, b"\xff"):
        folder_store.write("manifest.jsonl", data)
        with pytest.raises(UnusableInput, match=r"manifest\.jsonl: damaged"):
            pull(folder_store.url, tmp_path / "other")


def test_more_bytes_than_the_manifest_states_are_not_written(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path
) -> None:
    push(snapshot, folder_store.url)
    manifest_with(
        folder_store,
        lambda entries: [entry | {"size": min(entry["size"], 1)} for entry in entries if "raw/r" in entry["path"]],
    )
    with pytest.raises(RunFailed, match=r"1 damaged files, not pulled: raw/reviews\.jsonl"):
        pull(folder_store.url, tmp_path / "other")
    assert below(tmp_path / ".other.partial") == {}


def test_local_links_are_not_followed(snapshot: Snapshot, folder_store: Store, tmp_path: Path) -> None:
    push(snapshot, folder_store.url)
    elsewhere, target = tmp_path / "elsewhere", tmp_path / "other"
    elsewhere.mkdir()
    (target / "raw").mkdir(parents=True)
    (target / "raw" / "images").symlink_to(elsewhere)
    pull(folder_store.url, target)  # pictures may lie on another disk
    assert {path.name for path in elsewhere.iterdir()} == {path.name for path in (snapshot.raw / "images").iterdir()}
    empty = {"path": "raw/images/letter.txt", "size": 0, "sha256": hashlib.sha256().hexdigest(), "changed": 0}
    manifest_with(folder_store, lambda entries: [*entries, empty])
    with pytest.raises(UnusableInput, match=r"raw/images/letter\.txt.* link"):
        pull(folder_store.url, target)
    for name in ("catalog", "sheets"):
        (tmp_path / "third").mkdir()
        (tmp_path / "third" / "raw").mkdir()
        (tmp_path / "third" / name).symlink_to(elsewhere)
        with pytest.raises(UnusableInput, match="link"):
            pull(folder_store.url, tmp_path / "third")
        (tmp_path / "third").rename(tmp_path / name)
    assert not list(elsewhere.glob("*.parquet"))


@pytest.mark.parametrize("name", ["dataset", "sheets/letter.txt", "catalog/extra", "dataset/images/letter.jpg"])
def test_links_are_not_pushed(snapshot: Snapshot, folder_store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "private.txt").write_text("dear")
    link = snapshot.root / name
    if link.is_dir():
        link.rename(tmp_path / "moved")
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / ("moved" if name == "dataset" else "private.txt"))
    with pytest.raises(UnusableInput, match=f"{name}: a symbolic link"):
        push(snapshot, folder_store.url)


def test_linked_pictures_are_pushed_and_pipes_are_refused(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path
) -> None:
    (snapshot.raw / "images").rename(tmp_path / "disk")
    (snapshot.raw / "images").symlink_to(tmp_path / "disk")
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other")
    assert len(list((tmp_path / "other" / "raw" / "images").iterdir())) == len(list((tmp_path / "disk").iterdir()))
    os.mkfifo(snapshot.raw / "pipe")
    with pytest.raises(UnusableInput, match="raw/pipe: neither a file nor a folder"):
        push(snapshot, folder_store.url)


def test_impossible_places_are_refused(snapshot: Snapshot, folder_store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="within the snapshot"):
        push(snapshot, str(snapshot.root / "backup"))
    with pytest.raises(UnusableInput, match="nowhere"):
        push(snapshot, "nowhere://bucket")
    with pytest.raises(UnusableInput, match="no snapshot here"):
        pull(folder_store.url, tmp_path / "other")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("years of work")
    push(snapshot, folder_store.url)
    with pytest.raises(UnusableInput, match="no snapshot here"):
        pull(folder_store.url, tmp_path / "thesis")
    assert below(tmp_path / "thesis") == {"thesis.txt": b"years of work"}


def test_a_folder_and_memory_are_valid_places(snapshot: Snapshot, tmp_path: Path) -> None:
    for url in (str(tmp_path / "backup"), "memory://travel-test/2026-11"):
        push(snapshot, url)
        pull(url, tmp_path / "back" / url.partition(":")[0].strip("/"))
        assert below(tmp_path / "back" / url.partition(":")[0].strip("/")) == below(snapshot.root)


@pytest.mark.parametrize(
    ("only", "folders"),
    [
        (["dataset"], {"dataset"}),
        (["catalog", "stages/"], {"catalog", "stages"}),
        (["catalog/reviews.parquet", "raw/images", "raw"], {"catalog", "raw"}),
    ],
)
def test_a_pull_of_some_folders_can_be_completed_later(
    snapshot: Snapshot, store: Store, tmp_path: Path, only: list[str], folders: set[str]
) -> None:
    push(snapshot, store.url)
    files, there = below(snapshot.root), tmp_path / "other"
    pull(store.url, there, only=only)
    assert below(there) == {name: body for name, body in files.items() if f"{name}/".startswith(tuple(only))}
    assert {path.name for path in there.iterdir()} == {*folders, ".lock"}
    said_again = said(pull, store.url, there, only=only)
    assert said_again[-1].startswith("pulled 0 files")
    assert not any("are not in the snapshot" in line for line in said_again)
    pull(store.url, there)
    assert below(there) == files


def test_files_of_a_killed_pull_stay(snapshot: Snapshot, folder_store: Store, tmp_path: Path) -> None:
    push(snapshot, folder_store.url)
    pull(folder_store.url, tmp_path / "other", only=["raw"])
    (tmp_path / "other").rename(tmp_path / ".other.partial")
    pull(folder_store.url, tmp_path / "other", only=["dataset"])
    assert {"raw", "dataset"} < {path.name for path in (tmp_path / "other").iterdir()}


@pytest.mark.parametrize("name", ["datasets", "raw/image", "../raw", "/raw", "cache"])
def test_an_unknown_folder_is_named(snapshot: Snapshot, folder_store: Store, tmp_path: Path, name: str) -> None:
    push(snapshot, folder_store.url)
    with pytest.raises(UnusableInput, match=rf"^--only {name}: nothing of that name .*\(catalog, dataset, raw, "):
        pull(folder_store.url, tmp_path / "other", only=["raw", name])
    assert [path.name for path in tmp_path.iterdir() if "other" in path.name] == []


def test_a_full_disk_is_noticed_before_any_download(
    snapshot: Snapshot, folder_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(snapshot, folder_store.url)
    monkeypatch.setattr(sys.modules["ameli_build.travel.pull"], "free_space", lambda _: 1000)
    with pytest.raises(RunFailed, match=r"free on this disk, .* needed"):
        pull_function(folder_store.url, tmp_path / "other")
    assert below(tmp_path / ".other.partial") == {}


def test_errors_of_a_server_name_the_url(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with store_of("s3", tmp_path, monkeypatch), pytest.raises(RunFailed, match="s3://no-such-bucket/x/files/"):
        push(snapshot, "s3://no-such-bucket/x")


@pytest.mark.parametrize(
    ("url", "module", "extra"),
    [
        ("s3://b/x", "s3fs", "s3"),
        ("gs://b/x", "gcsfs", "gcs"),
        ("gcs://b/x", "gcsfs", "gcs"),
        ("abfs://b/x", "adlfs", "azure"),
        ("az://b/x", "adlfs", "azure"),
    ],
)
def test_a_protocol_names_its_extra(url: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = import_module("fsspec.registry")._registry
    monkeypatch.delitem(known, url.partition(":")[0], raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"^{url} needs the extra '{extra}': pip install 'ameli-build\[{extra}\]'$"):
        core_remote.file_system(url, url)


def test_an_added_picture_is_transferred(snapshot: Snapshot, store: Store, tmp_path: Path) -> None:
    """A later push of a snapshot that grew; the folder of the first pull is completed."""
    push(snapshot, store.url)
    pull(store.url, tmp_path / "other")
    snapshot.store_image(picture("#abcdef"), "jpg")
    push(snapshot, store.url)
    pull(store.url, tmp_path / "other")
    assert below(tmp_path / "other") == below(snapshot.root)
