"""Rule of the architecture: one room knows the cache; no stage prepares the work of another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ameli_build.core.fingerprints import ROOT

CACHE = ROOT / "core" / "cache"
STORED = ("read_entry", "write_entry", "read_sealed", "write_sealed")
"""Functions that read and write the format of an entry."""
READERS = {
    "baseline/training.py": "the checkpoints of trainings have the format of entries",
    "datasets/by_content.py": "the index of pictures has the format of entries",
}
PIECES = ("Entries", "batches_of", "entry_name", "known_keys")
"""Parts of the cache that only its own room and the estimate of costs use."""


def imported(path: Path, source: str) -> Iterator[tuple[str, str]]:
    """Each name that a file imports from the room of the cache, with its module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ameli_build.core.cache"):
            yield from ((node.module or "", alias.name) for alias in node.names)


def strangers(root: Path) -> list[str]:
    """Files outside the room that know the inside of the cache."""
    found = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith("core/cache/"):
            continue
        source = path.read_text(encoding="utf-8")
        for module, part in imported(path, source):
            inside = module != "ameli_build.core.cache"
            if inside or (part in STORED and name not in READERS) or (part in PIECES and name != "dry_run/loads.py"):
                found.append(f"{name}: {module}.{part}")
    return found


def test_only_one_room_knows_shards_batches_and_keys() -> None:
    assert not strangers(ROOT)


@pytest.mark.parametrize(
    "line",
    [
        "from ameli_build.core.cache.batches import run_batches",
        "from ameli_build.core.cache import Work, entry_name",
        "def f():\n    from ameli_build.core.cache import write_entry",
    ],
)
def test_a_file_that_knows_the_inside_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean" / "own_cache.py").write_text(line)
    assert len(strangers(tmp_path)) == 1


def test_the_exceptions_are_still_needed() -> None:
    for name in READERS:
        path = ROOT / name
        assert {part for _, part in imported(path, path.read_text(encoding="utf-8"))} & set(STORED), name


def test_a_stage_imports_no_other_stage() -> None:
    """Work that two stages share has its own cache entries: neither prepares them for the other."""
    stages = {path.parent.name if path.stem == "stage" else path.stem: path for path in _stage_files()}
    modules = {".".join(("ameli_build", *path.relative_to(ROOT).with_suffix("").parts)) for path in stages.values()}
    assert len(modules) > 5
    for path in stages.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in modules, f"{path} imports the stage {node.module}"


def _stage_files() -> list[Path]:
    """Files that declare a stage."""
    return [path for path in ROOT.rglob("*.py") if "= Stage(" in path.read_text(encoding="utf-8")]
