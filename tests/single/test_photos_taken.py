"""Checks of the files given as photographs of a new review, before their bytes are read."""

import os
from pathlib import Path

import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.ingest.raw_files import form_of
from ameli_build.single.reading import take_photos


@pytest.fixture
def odd(tmp_path: Path) -> dict[str, Path]:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    return {"device": Path("/dev/zero"), "pipe": tmp_path / "pipe", "folder": tmp_path / "folder"}


@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_special_files_and_folders_are_refused(odd: dict[str, Path], kind: str) -> None:
    with pytest.raises(UnusableInput, match=f"{odd[kind]}: not a file"):
        take_photos("a lamp", [odd[kind]], Settings())
    with pytest.raises(UnusableInput, match=rf"{odd[kind]}: cannot be read \(not a file\)"):
        form_of(odd[kind])


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.jpg").open("wb") as handle:
        handle.truncate(2**42)  # a sparse file, without bytes on the disk
    with pytest.raises(UnusableInput, match=r"huge\.jpg: larger than .* bytes"):
        take_photos("a lamp", [tmp_path / "huge.jpg"], Settings())
