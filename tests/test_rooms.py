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


def edges() -> Iterator[tuple[str, str]]:
    """Each import from one room into another, as (module, imported module)."""
    root = fingerprints.ROOT
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if module != root.name:
            yield from ((module, other) for other in fingerprints._imported(module))


def room(module: str) -> str:
    return module.split(".")[1]


def test_a_room_imports_only_rooms_below_it() -> None:
    floor = {name: n for n, names in enumerate(FLOORS) for name in names.split()}
    upward = [f"{a} -> {b}" for a, b in edges() if room(a) != room(b) and floor[room(b)] >= floor[room(a)]]
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


def imported_files(path: Path) -> Iterator[Path | None]:
    """The files of the package that a file imports, also for type checkers: a reader follows them too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (fingerprints._path_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                yield fingerprints._path_of(f"{module}.{alias.name}") or fingerprints._path_of(module)


def test_no_files_import_each_other_in_a_circle() -> None:
    face = fingerprints.ROOT / "__init__.py"
    graph = {path: set(imported_files(path)) - {None, face} for path in fingerprints.ROOT.rglob("*.py")}
    tuple(TopologicalSorter(graph).static_order())  # raises an error that names a circle
