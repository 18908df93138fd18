"""Proof that a worker computes as this process does: the same code, the same packages, the same folders.

A passport is a dictionary of plain values, so that a worker with other code can read it.
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

from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import ROOT, fingerprint
from ameli_build.core.snapshot import file_digest, write_bytes

Passport = Mapping[str, Any]
SIGN = ".cluster-"
"""Beginning of the name of the file by which a worker knows a folder."""
NOT_COMPARED = re.compile(r"extra == ['\"](dev|docs|flows|dask|ray|annotation|demo|all)['\"]")
"""Extras that no shard needs, in the requirements of this package."""
TOLD = 5
"""Packages that a message names, at most."""


@contextmanager
def passport_of(folders: Sequence[Path]) -> Iterator[Passport]:
    """The passport of this process; each folder has a file by which workers know it, as long as the block lasts."""
    token = uuid4().hex
    signs = [folder / f"{SIGN}{token}" for folder in folders]
    try:
        for sign in signs:
            write_bytes(sign, token.encode())
        yield {"token": token, "code": code(), "versions": versions(), "folders": [str(one) for one in folders]}
    finally:
        for sign in signs:
            sign.unlink(missing_ok=True)


def admit(passport: Passport) -> None:
    """Compare this process with a passport. Raises `RunFailed`, which names the machine and the difference."""
    who = f"worker {socket.gethostname()} (process {os.getpid()})"
    if code() != passport["code"]:
        raise RunFailed(f"{who}: the code of ameli-build is not that of this run; install the same version")
    mine = versions()
    others = [
        f"{name} {mine.get(name) or 'is missing'} (here {wanted})"
        for name, wanted in passport["versions"].items()
        if mine.get(name) != wanted
    ]
    if others:
        more = f" and {len(others) - TOLD} more" if len(others) > TOLD else ""
        raise RunFailed(f"{who}: other versions of packages: {', '.join(others[:TOLD])}{more}; install the same")
    for folder in passport["folders"]:
        sign = Path(folder) / f"{SIGN}{passport['token']}"
        if not sign.is_file():
            raise RunFailed(f"{who}: does not see the folder {folder}; mount it there, at the same path")
        if not os.access(folder, os.W_OK):
            raise RunFailed(f"{who}: cannot write to {folder}")


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
    except PackageNotFoundError:  # a source tree that was never installed
        return []
