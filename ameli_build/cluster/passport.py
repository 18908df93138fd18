"""Passports: a worker must have the same code, packages and folders as this process.

A passport is a dictionary of plain values, which a worker with other code can read.
"""

from __future__ import annotations

import os
import platform
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any
from uuid import uuid4

from ameli_build.core.cache import Store
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import ROOT, fingerprint
from ameli_build.core.snapshot import file_digest, write_bytes

Passport = Mapping[str, Any]
SIGN = ".cluster-"
"""Beginning of the name of a file that identifies a folder."""
NOT_COMPARED = re.compile(r"extra == ['\"](dev|docs|flows|dask|ray|annotation|demo|all)['\"]")
"""Extras of this package that no shard needs."""
NAMED = 5
"""Largest number of packages in a message."""


@contextmanager
def passport_of(folders: Sequence[Path], store: Store | None = None) -> Iterator[Passport]:
    """The passport of this process. Each folder, and a cache at a URL, has a file that identifies it in the block."""
    token = uuid4().hex
    name = f"{SIGN}{token}"
    try:
        for folder in folders:
            write_bytes(folder / name, token.encode())
        if store is not None:
            store.write(name, token.encode())
        places = {"folders": [str(folder) for folder in folders], "url": store.url if store is not None else ""}
        yield {"token": token, "code": code(), "versions": versions(), **places}
    finally:
        for folder in folders:
            (folder / name).unlink(missing_ok=True)
        if store is not None:
            store.remove(name)


def admit(passport: Passport) -> None:
    """Compare this process with a passport. Raises `RunFailed` with the machine and the first difference."""
    who = f"worker {socket.gethostname()} (process {os.getpid()})"
    if code() != passport["code"]:
        raise RunFailed(f"{who}: the code of ameli-build differs from the code of this run; install the same version")
    mine = versions()
    others = [
        f"{name} {mine.get(name) or 'is missing'} (here {wanted})"
        for name, wanted in passport["versions"].items()
        if mine.get(name) != wanted
    ]
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        raise RunFailed(f"{who}: other versions of packages: {', '.join(others[:NAMED])}{more}; install the same")
    for folder in passport["folders"]:
        sign = Path(folder) / f"{SIGN}{passport['token']}"
        if not sign.is_file():
            raise RunFailed(f"{who}: does not see the folder {folder}; mount it there, at the same path")
        if not os.access(folder, os.W_OK):
            raise RunFailed(f"{who}: cannot write to {folder}")
    if passport["url"] and Store(passport["url"]).read(f"{SIGN}{passport['token']}") is None:
        raise RunFailed(f"{who}: does not see the cache at {passport['url']}; give it the same endpoint and keys")


@cache
def code() -> str:
    """A hash of all files of this package."""
    files = sorted(path for path in ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return fingerprint([(path.relative_to(ROOT).as_posix(), file_digest(path)) for path in files])


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that a shard can need, by name."""
    found = {"Python": platform.python_version()}
    for requirement in _requirements():
        named = re.match(r"[\w.-]+", requirement)
        if named is not None and not NOT_COMPARED.search(requirement):
            try:
                found[named[0]] = version(named[0])
            except PackageNotFoundError:
                continue
    return found


def _requirements() -> list[str]:
    try:
        return requires("ameli-build") or []
    except PackageNotFoundError:  # a source tree that is not installed
        return []
