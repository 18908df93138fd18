"""Folders that appear complete, here and at other addresses."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.release.folders import MARK, make_folder


def fill(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "one.txt").write_text("one")
    (folder / "two.txt").write_text("two")


def fail(folder: Path) -> None:
    fill(folder)
    raise RunFailed("in the middle")


def test_a_failure_does_not_change_an_earlier_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFailed):
        make_folder(str(tmp_path / "out"), fail, tmp_path)
    assert list(tmp_path.iterdir()) == []
    make_folder(str(tmp_path / "out"), fill, tmp_path)
    with pytest.raises(RunFailed):
        make_folder(str(tmp_path / "out"), fail, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "deep" / "one.txt").read_text() == "one"


def test_an_earlier_export_is_replaced_and_results_in_it_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    make_folder(str(out), fill, tmp_path)
    (out / "deep" / "stale.txt").write_text("stale")
    (out / "baseline").mkdir()
    (out / "baseline" / "scores.json").write_text("{}")
    make_folder(f"file://{out}", fill, tmp_path)
    assert not (out / "deep" / "stale.txt").exists()
    assert (out / "baseline" / "scores.json").read_text() == "{}"
    make_folder(str(out), fill, tmp_path)
    assert (out / "baseline" / "scores.json").read_text() == "{}"


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(UnusableInput, match="not empty"):
        make_folder(str(tmp_path / "out"), fill, tmp_path)
    with pytest.raises(UnusableInput, match="a file"):
        make_folder(str(tmp_path / "out" / "thesis.txt"), fill, tmp_path)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    make_folder(str(tmp_path / "out"), fill, tmp_path)
    assert (tmp_path / "out" / "two.txt").is_file()


def test_folders_at_other_addresses_are_written(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    for _ in range(2):
        make_folder("memory://export-test/out", fill, tmp_path / "scratch")
        names = {name.removeprefix("/export-test/out/") for name in files.find("/export-test/out")}
        assert names == {MARK, "deep/one.txt", "two.txt"}
    assert files.cat("/export-test/out/deep/one.txt") == b"one"
    assert list((tmp_path / "scratch").iterdir()) == []
    files.pipe("/export-test/other/thesis.txt", b"years of work")
    with pytest.raises(UnusableInput, match="not empty"):
        make_folder("memory://export-test/other", fill, tmp_path / "scratch")
    with pytest.raises(UnusableInput, match="nowhere"):
        make_folder("nowhere://bucket", fill, tmp_path / "scratch")
