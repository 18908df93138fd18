"""The architecture: a room, which is a folder or a file of the package, imports only rooms on lower floors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from ameli_build.core import fingerprints

FLOORS = (
    "core wording profiles",
    "archive cluster models ingest near_duplicates nearest release serving whole",
    "shops provenance informativeness candidates splits annotation verify datasets scores",
    "crawl clean mentions",
    "baseline catalog stages",
    "pipeline single report export explain diff drawing travel",
    "demo browse fill prune status",
    "dry_run flows",
    "cli",
    "__main__",
)
"""The lowest floor first. `ameli_build/__init__.py` is the public face: it names modules, which load on first use."""


FACE = fingerprints.ROOT / "__init__.py"


def imported_files(path: Path) -> Iterator[Path | None]:
    """The files of the package that a file imports, also for type checkers: a reader follows them too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (fingerprints._path_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                yield fingerprints._path_of(f"{module}.{alias.name}") or fingerprints._path_of(module)


def imports() -> dict[Path, set[Path]]:
    """The files that each file of the package imports, except the public face."""
    files = set(fingerprints.ROOT.rglob("*.py")) - {FACE}
    return {path: {other for other in imported_files(path) if other in files} for path in files}


def room(path: Path) -> str:
    return path.relative_to(fingerprints.ROOT).parts[0].removesuffix(".py")


def test_a_room_imports_only_rooms_below_it() -> None:
    floor = {name: n for n, names in enumerate(FLOORS) for name in names.split()}
    edges = [(path, other) for path, others in imports().items() for other in others if room(path) != room(other)]
    assert edges
    upward = [f"{path} -> {other}" for path, other in edges if floor[room(other)] >= floor[room(path)]]
    assert not upward


def test_every_room_has_a_floor() -> None:
    root = fingerprints.ROOT
    rooms = {path.stem for path in root.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert rooms - {"__init__"} == {name for names in FLOORS for name in names.split()}


def test_core_loads_only_two_modules_of_other_rooms_by_name() -> None:
    core = fingerprints.ROOT / "core"
    sources = {path.relative_to(core).as_posix(): path.read_text(encoding="utf-8") for path in core.rglob("*.py")}
    loading = {name: source for name, source in sources.items() if "import_module(" in source}
    loaded = {name: re.findall(r'"(ameli_build\.[\w.]+)"', source) for name, source in loading.items()}
    assert {name: names for name, names in loaded.items() if names} == {
        "declared.py": ["ameli_build.clean.settings", "ameli_build.stages"]
    }


def test_no_files_import_each_other_in_a_circle() -> None:
    tuple(TopologicalSorter(imports()).static_order())  # raises an error that names a circle
