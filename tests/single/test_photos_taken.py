"""Which files are taken for photographs of a new review, before a byte of them is in memory."""

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
def test_what_is_no_file_is_refused(odd: dict[str, Path], kind: str) -> None:
    with pytest.raises(UnusableInput, match=f"{odd[kind]}: not a file"):
        take_photos("a lamp", [odd[kind]], Settings())
    with pytest.raises(UnusableInput, match=rf"{odd[kind]}: cannot be read \(not a file\)"):
        form_of(odd[kind])


def test_a_file_larger_than_a_picture_may_be_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.jpg").open("wb") as handle:
        handle.truncate(2**42)  # no byte of it is on disk
    with pytest.raises(UnusableInput, match=r"huge\.jpg: larger than .* bytes"):
        take_photos("a lamp", [tmp_path / "huge.jpg"], Settings())
