"""Hashes of values, tables and source code, which show whether a result is up to date."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.snapshot import file_digest

PACKAGE = __name__.partition(".")[0]
ROOT = Path(__file__).parents[1]
COVERED = (
    "ameli_build.core.fingerprints",
    "ameli_build.models.hub",
    "ameli_build.models.known",
    "ameli_build.models.packaged",
    "ameli_build.models.sources",
    "ameli_build.models.store",
    "ameli_build.core.progress",
    "ameli_build.core.settings",
    "ameli_build.core.snapshot",
    "ameli_build.core.cache",
    "ameli_build.core.filters",
    "ameli_build.core.errors",
    "ameli_build.core.extras",
    "ameli_build.core.stage",
)
"""Modules and packages that cached work does not count: its keys hold their effect as values, such as settings and
identities of models. A change to the way stages run or model files are fetched must not discard weeks of detection."""


def fingerprint(*parts: Any) -> str:
    """A SHA-256 of parts: bytes, tables and JSON values."""
    digest = hashlib.sha256()
    for part in parts:
        data = _as_bytes(part)
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


def _as_bytes(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, pl.DataFrame):
        return part.write_ndjson().encode()
    return json.dumps(part, sort_keys=True, ensure_ascii=True, default=str).encode()


def code_of(*modules: str) -> str:
    """A hash of the source of these modules, of all modules that they import, and of the data files of both.

    Imports inside functions count too; imports for type checkers do not, nor do other packages.
    """
    return _hash_of(modules, frozenset())


def work_code(*modules: str) -> str:
    """`code_of` without the modules whose effect the keys of cached work already hold (`COVERED`)."""
    return _hash_of(modules, frozenset(COVERED))


def function_code(function: Callable[..., Any]) -> str:
    """`work_code` of the module that defines a function; for a partial, of its functions and callable arguments."""
    return work_code(*sorted(_modules_of(function)))


def _modules_of(function: Any) -> Iterator[str]:
    if isinstance(function, partial):
        for part in (function.func, *function.args, *function.keywords.values()):
            if callable(part):
                yield from _modules_of(part)
    else:
        yield function.__module__


def _closure(modules: Iterable[str], without: frozenset[str] = frozenset()) -> frozenset[str]:
    """The modules, and all modules of this package that they import, directly or not, except `without`."""
    found: set[str] = set()
    ahead = list(modules)
    while ahead:
        module = ahead.pop()
        if module not in found:
            found.add(module)
            ahead += (
                name
                for name in _imported(module)
                if not any(f"{name}.".startswith(f"{excluded}.") for excluded in without)
            )
    return frozenset(found)


@cache
def _imported(module: str) -> tuple[str, ...]:
    """The modules of this package that a module imports itself."""
    source, path = _source(module), _file_of(module)
    found = set(_imports(ast.parse(source))) - {PACKAGE} if PACKAGE in source else set()
    if path.name == "__init__.py" and _uses_path(source):
        found |= {f"{module}.{file.stem}" for file in path.parent.glob("[!_]*.py")}
    return tuple(sorted(found))


def _uses_path(source: str) -> bool:
    """Whether a package uses its `__path__`, to import the files of its folder by their names."""
    return any(isinstance(node, ast.Name) and node.id == "__path__" for node in ast.walk(ast.parse(source)))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _path_of(alias.name) is not None)
        elif isinstance(node, ast.ImportFrom):
            named = (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))
            yield from (name for name in named if _path_of(name) is not None)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (name for part in node.orelse for name in _imports(part))
        else:
            yield from _imports(node)


@cache
def _path_of(module: str) -> Path | None:
    """The file of a module of this package, None for other modules. Imports nothing."""
    top, *parts = module.split(".")
    if top != PACKAGE:
        return None
    path = ROOT.joinpath(*parts)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _file_of(module: str) -> Path:
    """The file of any module; raises `ValueError` if it has none."""
    if path := _path_of(module):
        return path
    loaded = getattr(sys.modules.get(module), "__file__", None)
    if loaded is None:
        spec = importlib.util.find_spec(module)
        loaded = spec.origin if spec else None
    if loaded is None or not Path(loaded).is_file():
        raise ValueError(f"no source of a module named {module}")
    return Path(loaded)


@cache
def _source(module: str) -> str:
    return _file_of(module).read_text(encoding="utf-8")


@cache
def _hash_of(modules: tuple[str, ...], without: frozenset[str]) -> str:
    return fingerprint([(module, _content_of(module)) for module in sorted(_closure(modules, without))])


@cache
def _content_of(module: str) -> list[tuple[str, str]]:
    """Names and digests of a module's file and of the data files that it names."""
    path, source = _file_of(module), _source(module)
    if _path_of(module) is None:
        return [(path.name, file_digest(path))]
    data = (file for file in _data_files(path.parent) if file.name in source)
    return [(file.name, file_digest(file)) for file in (path, *data)]


@cache
def _data_files(folder: Path) -> tuple[Path, ...]:
    """The files of a package that are not code, with those of its folders that are not packages."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not (path / "__init__.py").exists() and path.name != "__pycache__":
            found += _data_files(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc", ".typed"):
            found.append(path)
    return tuple(found)
