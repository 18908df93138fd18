"""Symbolic links in a snapshot: their targets are neither released, nor shown, nor overwritten."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from made import picture, released_snapshot

from ameli_build.annotation.pictures import Pictures
from ameli_build.clean.decoding import check_pictures
from ameli_build.core.cache import Work
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.records import PICTURES
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot, clear_folder, is_own_file, own_place, write_table
from ameli_build.export.formats import export
from ameli_build.pipeline import build
from ameli_build.release.stage import STAGE as RELEASE
from ameli_build.verify import verify

SETTINGS = load_settings("demo")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A picture outside of every snapshot."""
    path = tmp_path / "private.jpg"
    path.write_bytes(picture("#123456"))
    return path


def below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("kind", ["folder", "nothing", "relative"])
def test_a_data_set_behind_a_link_is_refused_before_any_work(snapshot: Snapshot, tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.move(snapshot.dataset, elsewhere)
    before = below(elsewhere)
    snapshot.dataset.symlink_to("../elsewhere" if kind == "relative" else elsewhere)
    if kind == "nothing":
        elsewhere.rename(tmp_path / "moved")
    asked: list[str] = []
    with pytest.raises(UnusableInput, match=r"dataset: a symbolic link"):
        build(snapshot, SETTINGS, run=lambda stage, *_: bool(asked.append(stage.name)))
    assert asked == []
    with pytest.raises(UnusableInput, match=r"dataset: a symbolic link"):
        run_stage(RELEASE, snapshot, load_settings("demo", ["release.name=other"]))
    assert snapshot.dataset.is_symlink()
    assert [path.name for path in snapshot.root.glob(".dataset*")] == []
    assert below(tmp_path / "moved" if kind == "nothing" else elsewhere) == before


def test_a_build_without_a_release_accepts_a_linked_data_set(snapshot: Snapshot, tmp_path: Path) -> None:
    shutil.move(snapshot.dataset, tmp_path / "elsewhere")
    snapshot.dataset.symlink_to(tmp_path / "elsewhere")
    build(snapshot, SETTINGS, until="splits", run=lambda *_: False)


@pytest.mark.parametrize("name", [".dataset.partial", ".dataset.old"])
def test_leftover_links_are_removed_without_their_targets(snapshot: Snapshot, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "letter.txt").write_text("dear")
    (snapshot.root / name).symlink_to(victim)
    assert run_stage(RELEASE, snapshot, load_settings("demo", ["release.name=other"]))
    assert below(victim) == {"letter.txt": b"dear"}
    assert not snapshot.dataset.is_symlink()


def test_a_linked_lock_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    snapshot = Snapshot(tmp_path / "snapshot")
    snapshot.root.mkdir()
    (snapshot.root / ".lock").symlink_to(tmp_path / "letter.txt")
    with pytest.raises(RunFailed, match="cannot be written"), snapshot.lock():
        pass
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_only_files_of_a_folder_itself_are_its_own(tmp_path: Path, private: Path) -> None:
    root = tmp_path / "root"
    (root / "raw").mkdir(parents=True)
    (root / "raw" / "a.jpg").write_bytes(b"a")
    (root / "raw" / "link.jpg").symlink_to(private)
    (root / "raw" / "near.jpg").symlink_to("a.jpg")
    (root / "raw" / "zero.jpg").symlink_to("/dev/zero")
    names = ["a.jpg", "link.jpg", "near.jpg", "zero.jpg", "../../private.jpg", str(private), "none.jpg", ""]
    assert [is_own_file(root, f"raw/{name}" if name != str(private) else name) for name in names] == [True] + [
        False
    ] * 7


@pytest.mark.parametrize("folder", ["raw/images", "stages/clean/patches", "images"])
def test_only_digests_count_in_a_folder_on_another_disk(tmp_path: Path, folder: str) -> None:
    root, disk = tmp_path / "root", tmp_path / "disk"
    disk.mkdir()
    (root / folder).parent.mkdir(parents=True)
    (root / folder).symlink_to(disk)
    for name in (f"{'ab' * 32}.jpg", "holiday.jpg"):
        (disk / name).write_bytes(b"a")
    (disk / f"{'cd' * 32}.jpg").symlink_to(disk / "holiday.jpg")
    names = [f"{'ab' * 32}.jpg", f"{'cd' * 32}.jpg", f"{'ef' * 32}.jpg", "holiday.jpg"]
    assert [is_own_file(root, f"{folder}/{name}") for name in names] == [True, False, False, False]
    assert own_place(root, f"{folder}/{'ef' * 32}.jpg") is not None


@pytest.mark.parametrize(
    "path", ["loop/a.jpg", "loop/loop/a.jpg", "a\0.jpg", "a" * 5000, "x/" * 3000 + "a", "\ud83d.jpg"]
)
def test_an_impossible_path_is_not_a_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert not is_own_file(tmp_path, path)


LINKS = [
    "catalog",
    "catalog/products.parquet",
    "stages",
    "stages/clean",
    "stages/clean/patches",
    "stages/candidates/candidates.parquet",
    "raw",
    "raw/products.jsonl",
    "cache",
    "cache/decode-images",
    "sheets",
    "baseline",
    "run.json",
]


@pytest.mark.parametrize("name", LINKS)
def test_no_run_follows_a_link(snapshot: Snapshot, tmp_path: Path, name: str) -> None:
    """Its target would be read as a part of the snapshot, overwritten, or cleared."""
    place, elsewhere = snapshot.root / name, tmp_path / "elsewhere"
    if place.exists():
        shutil.move(place, elsewhere)
    elsewhere.mkdir(exist_ok=True) if not place.suffix else elsewhere.touch()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(elsewhere)
    before = below(elsewhere)
    with pytest.raises(UnusableInput, match=f"{name}: a symbolic link"), snapshot.lock():
        pass
    with pytest.raises(RunFailed, match=f"{name}: a symbolic link"):
        verify(snapshot)
    assert below(elsewhere) == before
    with snapshot.lock(links=True):
        pass


@pytest.mark.parametrize("target", ["..", ".", "link", "/", "/proc/self"])
def test_a_circular_link_is_refused(snapshot: Snapshot, target: str) -> None:
    (snapshot.root / "stages" / "link").symlink_to(target)
    with pytest.raises(UnusableInput, match="stages/link: a symbolic link"), snapshot.lock():
        pass


def test_pictures_may_be_on_another_disk(snapshot: Snapshot, tmp_path: Path) -> None:
    before = below(snapshot.dataset)
    shutil.move(snapshot.raw / "images", tmp_path / "disk")
    (snapshot.raw / "images").symlink_to(tmp_path / "disk")
    shutil.rmtree(snapshot.dataset)
    with snapshot.lock():
        assert run_stage(RELEASE, snapshot, SETTINGS)
    assert below(snapshot.dataset) == before
    verify(snapshot)


@pytest.mark.parametrize("path", ["raw/images/link.jpg", "../private.jpg", "ABSOLUTE", "/dev/zero"])
def test_a_picture_elsewhere_is_missing(tmp_path: Path, private: Path, path: str) -> None:
    snapshot = Snapshot(tmp_path / "snapshot")
    good = snapshot.store_image(picture("#00ff00"), "jpg")
    (snapshot.raw / "images" / "link.jpg").symlink_to(private)
    rows = [("good", good, None), ("bad", path.replace("ABSOLUTE", str(private)), None)]
    table = check_pictures(Work(snapshot), Settings(), pl.DataFrame(rows, schema=PICTURES, orient="row"))
    problems = dict(table.select("reference", "problem").iter_rows())
    assert problems["good"] is None
    assert str(problems["bad"]).startswith("missing (")


def test_a_picture_that_became_a_link_is_not_released(snapshot: Snapshot, private: Path) -> None:
    image = sorted((snapshot.raw / "images").iterdir())[0]
    image.unlink()
    image.symlink_to(private)
    before = below(snapshot.dataset)
    with pytest.raises(RunFailed, match=r"a symbolic link"):
        run_stage(RELEASE, snapshot, load_settings("demo", ["release.name=other"]))
    assert below(snapshot.dataset) == before
    with pytest.raises(RunFailed, match=r"raw/images/.*: a symbolic link"):
        verify(snapshot)


@pytest.mark.parametrize("layout", ["official", "hf"])
def test_a_release_with_links_is_not_exported(snapshot: Snapshot, private: Path, tmp_path: Path, layout: str) -> None:
    products = pl.read_parquet(snapshot.dataset / "products.parquet")
    image = snapshot.dataset / products["images"][0][0]
    image.unlink()
    image.symlink_to(private)
    with pytest.raises(RunFailed, match=image.name):
        export(snapshot, SETTINGS, layout, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
    with pytest.raises(RunFailed, match=rf"images/{image.name}: a symbolic link"):
        verify(snapshot)


PRIVATE = ["../private.jpg", "../../private.jpg", "ABSOLUTE", "images/../../../private.jpg"]


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("layout", ["official", "hf"])
@pytest.mark.parametrize("column", ["products.images", "test.images", "train.cleaned_images"])
def test_a_release_that_names_other_pictures_is_not_exported(
    snapshot: Snapshot, private: Path, tmp_path: Path, path: str, layout: str, column: str
) -> None:
    shutil.copy(private, snapshot.root / "private.jpg")
    table, _, name = column.partition(".")
    place = snapshot.dataset / f"{table}.parquet"
    named = pl.read_parquet(place).with_columns(pl.lit([path.replace("ABSOLUTE", str(private))]).alias(name))
    place.unlink()
    named.write_parquet(place)
    with pytest.raises(RunFailed, match=r"not a picture in it"):
        export(snapshot, SETTINGS, layout, str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path", [*PRIVATE, "raw/images/link.jpg", "/dev/zero", "/proc/self/environ"])
@pytest.mark.parametrize("strip", ["true", "false"])
def test_foreign_stages_release_no_picture_from_elsewhere(
    snapshot: Snapshot, private: Path, path: str, strip: str
) -> None:
    """The author of the tables of `clean` knows the fingerprint with which they count as computed here."""
    (snapshot.raw / "images" / "link.jpg").symlink_to(private)
    reviews = snapshot.read("clean/reviews")
    write_table(
        snapshot.table_path("clean/reviews"),
        reviews.with_columns(images=pl.lit([path.replace("ABSOLUTE", str(private))])),
    )
    before = below(snapshot.dataset)
    with pytest.raises(RunFailed, match=r"not a picture in it"):
        run_stage(RELEASE, snapshot, load_settings("demo", [f"release.strip_metadata={strip}"]))
    assert below(snapshot.dataset) == before


@pytest.mark.parametrize("path", ["images/link.jpg", "../private.jpg", "ABSOLUTE"])
def test_no_sheet_shows_a_picture_from_elsewhere(tmp_path: Path, private: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "images").mkdir(parents=True)
    (root / "images" / "link.jpg").symlink_to(private)
    assert Pictures(root, tmp_path / "cache").small(path.replace("ABSOLUTE", str(private)), 100) is None


def test_clearing_a_link_does_not_clear_its_target(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a").write_text("a")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for _ in range(2):
        clear_folder(tmp_path / "link")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["target"]
    assert (tmp_path / "target" / "a").read_text() == "a"
