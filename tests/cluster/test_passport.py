"""A worker that would compute different results is refused, and the message names the difference."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ameli_build.cluster import passport as passports
from ameli_build.cluster.passport import SIGN, admit, passport_of
from ameli_build.core.errors import RunFailed


def test_the_process_itself_is_admitted(tmp_path: Path) -> None:
    folders = [tmp_path / "a" / "cache", tmp_path / "b"]
    with passport_of(folders) as passport:
        admit(passport)
        assert {"Python", "polars", "numpy", "pillow"} <= set(passport["versions"])
        assert not {"pytest", "ruff", "mypy", "prefect"} & set(passport["versions"])
    assert not [path for folder in folders for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("name", "version", "difference"),
    [
        ("polars", "0.1", r"polars \S+ \(here 0.1\)"),
        ("Python", "3.14.0", r"Python 3\.\S+ \(here 3.14.0\)"),
        ("nothing-of-that-name", "1", r"nothing-of-that-name is missing \(here 1\)"),
    ],
)
def test_other_versions_are_refused(tmp_path: Path, name: str, version: str, difference: str) -> None:
    with (
        passport_of([tmp_path]) as passport,
        pytest.raises(RunFailed, match=f"other versions of packages: {difference}"),
    ):
        admit({**passport, "versions": {**passport["versions"], name: version}})


def test_many_other_versions_are_counted(tmp_path: Path) -> None:
    with passport_of([tmp_path]) as passport, pytest.raises(RunFailed, match=r"p4 is missing \(here 1\) and 3 more;"):
        admit({**passport, "versions": {f"p{n}": "1" for n in range(8)}})


@pytest.mark.parametrize("part", ["splits.py", "core/cache/work.py", "clean/allowed.toml"])
def test_other_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    with passport_of([tmp_path / "cache"]) as passport:
        root = tmp_path / "ameli_build"
        for path in passports.ROOT.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = root / path.relative_to(passports.ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.symlink_to(path)
        monkeypatch.setattr(passports, "ROOT", root)
        passports.code.cache_clear()
        admit(passport)
        text = (root / part).read_text()
        (root / part).unlink()
        (root / part).write_text(f"{text}\n# another line\n")
        passports.code.cache_clear()
        why = r"the code of ameli-build differs from the code of this run; install the same"
        with pytest.raises(RunFailed, match=why):
            admit(passport)
    monkeypatch.undo()
    passports.code.cache_clear()


@pytest.mark.parametrize("gone", [0, 1])
def test_a_missing_folder_is_refused(tmp_path: Path, gone: int) -> None:
    folders = [tmp_path / "snapshot", tmp_path / "cache"]
    with passport_of(folders) as passport:
        (folders[gone] / f"{SIGN}{passport['token']}").unlink()
        with pytest.raises(RunFailed, match=rf"does not see the folder {folders[gone]}; mount it there"):
            admit(passport)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    with passport_of([tmp_path]) as passport:
        tmp_path.chmod(0o500)
        try:
            with pytest.raises(RunFailed, match=f"cannot write to {tmp_path}"):
                admit(passport)
        finally:
            tmp_path.chmod(0o700)
