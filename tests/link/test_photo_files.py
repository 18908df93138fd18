"""What is given as a photograph and is no file that ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made import picture

from ameli_build.link import photos
from ameli_build.link.photos import open_photo
from ameli_build.snapshot import UnusableInput


@pytest.mark.parametrize("kind", ["/dev/zero", "/dev/null", "pipe", "folder", "link"])
def test_what_is_no_file_is_refused_before_it_is_read(tmp_path: Path, kind: str) -> None:
    path = Path(kind) if kind.startswith("/") else tmp_path / "photo.jpg"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/dev/zero")
    with pytest.raises(UnusableInput, match="not a file"):
        open_photo(path, 1_000_000)


def test_a_file_that_is_too_large_for_a_photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture("#00ff00"))
    assert open_photo(path, 1_000_000).image.size == (40, 30)
    monkeypatch.setattr(photos, "MOST_BYTES", 100)
    with pytest.raises(UnusableInput, match="too large for a photograph"):
        open_photo(path, 1_000_000)
