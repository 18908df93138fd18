"""Hashes of values, tables and source code: they tell whether a result is still up to date."""

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
"""Modules and packages whose effect a key of cached work holds as values: settings, and identities of models. A change
in how stages run, or in how a model's files are fetched, must not throw away weeks of detection."""


LOADS_ALL = "iter_modules(__path__)"
"""In the source of a package that imports every file of its folder."""


def fingerprint(*parts: Any) -> str:
    """A SHA-256 of parts: bytes, tables and values that JSON can hold."""
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
    """A hash of the source that these modules run: theirs, that of their imports in turn, and the data files of both.

    Imports count wherever they stand, within functions too, but for those that only a type checker follows. Of other
    packages nothing counts.
    """
    return _hash_of(modules, frozenset())


def work_code(*modules: str) -> str:
    """`code_of` without the machinery whose effect the keys of cached work hold already (`COVERED`)."""
    return _hash_of(modules, frozenset(COVERED))


def function_code(function: Callable[..., Any]) -> str:
    """`work_code` of the module that defines a function; of a partial, of the functions among its arguments too."""
    return work_code(*sorted(_modules_of(function)))


def _modules_of(function: Any) -> Iterator[str]:
    if isinstance(function, partial):
        for one in (function.func, *function.args, *function.keywords.values()):
            if callable(one):
                yield from _modules_of(one)
    else:
        yield function.__module__


def _closure(modules: Iterable[str], without: frozenset[str] = frozenset()) -> frozenset[str]:
    """The modules and all that they import of this package, directly or not; those `without` are not entered."""
    found: set[str] = set()
    ahead = list(modules)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += (one for one in _imported(name) if not any(f"{one}.".startswith(f"{other}.") for other in without))
    return frozenset(found)


@cache
def _imported(module: str) -> tuple[str, ...]:
    """The modules of this package that a module imports itself; those of a folder that loads all its files too."""
    source, path = _source(module), _file_of(module)
    found = set(_imports(ast.parse(source))) - {PACKAGE} if PACKAGE in source else set()
    if path.name == "__init__.py" and LOADS_ALL in source:
        found |= {f"{module}.{one.stem}" for one in path.parent.glob("[!_]*.py")}
    return tuple(sorted(found))


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
    """The file of a module of this package, None for others; nothing is imported for that."""
    top, *parts = module.split(".")
    if top != PACKAGE:
        return None
    path = ROOT.joinpath(*parts)
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)


def _file_of(module: str) -> Path:
    """The file of any module; raises `ValueError` where it has none."""
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
    data = (one for one in _data_files(path.parent) if one.name in source)
    return [(one.name, file_digest(one)) for one in (path, *data)]


@cache
def _data_files(folder: Path) -> tuple[Path, ...]:
    """Files of a package that are no code, those of folders within it included unless they are packages themselves."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not (path / "__init__.py").exists() and path.name != "__pycache__":
            found += _data_files(path)
        elif path.is_file() and path.suffix not in (".py", ".pyc", ".typed"):
            found.append(path)
    return tuple(found)
