"""Pictures by content: equal pictures are stored once, and a partial copy is made again."""

from __future__ import annotations

from pathlib import Path

import pytest
from damages import DAMAGES

from ameli_build.datasets.by_content import read_by_content


def test_equal_pictures_are_stored_once_and_partial_files_are_replaced(tmp_path: Path) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    (source / "photos").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (source / "photos" / name).write_bytes(b"picture")
    found = read_by_content(source, ["photos"], root)
    half = root / "images" / f"{found.digests['photos/a.png']}.png.partial"
    half.parent.mkdir()
    half.write_bytes(b"pict")  # where an earlier run was killed
    first, second = found.place("photos/a.png"), found.place("photos/b.png")
    assert first is not None
    assert first == second
    assert (root / first).read_bytes() == b"picture"
    assert [path.name for path in half.parent.iterdir()] == [Path(first).name]
    assert found.place("photos/none.png") is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_list_of_digests_is_made_again(tmp_path: Path, damage: str) -> None:
    source, root = tmp_path / "source", tmp_path / "root"
    (source / "photos").mkdir(parents=True)
    (source / "photos" / "a.png").write_bytes(b"picture")
    first = read_by_content(source, ["photos"], root)
    stored = root / "pictures.sealed"
    whole = stored.read_bytes()
    stored.write_bytes(DAMAGES[damage](whole))
    assert read_by_content(source, ["photos"], root).digests == first.digests
    assert stored.read_bytes() == whole
