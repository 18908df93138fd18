"""Fingerprints of code: a changed table makes results stale as a changed function does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ameli_build.fingerprints import module_fingerprint


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `room` with the module `reader`, which reads `words.toml`, and `plain`, which reads nothing."""
    folder = tmp_path / "room"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "reader.py").write_text('TABLE = "words.toml"\n')
    (folder / "plain.py").write_text("")
    (folder / "words.toml").write_text('words = ["tv"]\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "room"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def fingerprints(*names: str) -> list[str]:
    module_fingerprint.cache_clear()
    return [module_fingerprint(name) for name in names]


def test_a_changed_table_changes_the_package_and_the_module_that_names_it(room: Path) -> None:
    package, reader, plain = fingerprints("room", "room.reader", "room.plain")
    (room / "words.toml").write_text('words = ["tv", "television"]\n')
    assert fingerprints("room")[0] != package
    assert fingerprints("room.reader")[0] != reader
    assert fingerprints("room.plain")[0] == plain


def test_tables_in_folders_below_a_package_count(room: Path) -> None:
    (before,) = fingerprints("room")
    (room / "below").mkdir()
    (room / "below" / "more.toml").write_text("")
    assert fingerprints("room") != [before]


def test_an_unknown_module_is_an_error() -> None:
    with pytest.raises(ValueError, match="no module named"):
        module_fingerprint("ameli_build.nowhere")
