"""The cache at a URL, for machines that share no file system.

A run works with files on its own disk. It first copies the entries of other machines there, and sends each new entry of
its own. An object store shows only whole objects. Entries have a digest, so damage during a transfer is found, and the
entry is computed again and replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ameli_build.core.cache.sealed import unsealed
from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import track
from ameli_build.core.remote import file_system, plain_errors
from ameli_build.core.snapshot import write_bytes
from ameli_build.core.workers import thread_mapper

THREADS = 16
"""Transfers at a time."""
CHECKED = ".checked"
"""An empty file that each run writes before it begins."""


@dataclass(frozen=True, slots=True)
class Store:
    """A cache at a URL, which has a folder for each label."""

    url: str

    def check(self) -> None:
        """Write a small file. Raises `RunFailed` if the URL cannot be written."""
        self.write(CHECKED, b"")

    def share(self, paths: Sequence[Path]) -> None:
        """Copy entries that are only on this disk to the URL, and entries that are only at the URL to this disk.

        Args:
            paths: Files in the folder of a label, with the same hash of code; they need not exist.
        """
        if not paths:
            return
        label, code = paths[0].parent.name, paths[0].name.partition("-")[0]
        there = self.names(label, code)
        moves = [path for path in paths if (path.name in there) != path.is_file()]
        with thread_mapper(THREADS) as mapper:
            for _ in track(mapper(self._move, moves), f"share {label}", len(moves), "files"):
                pass

    def names(self, label: str, prefix: str) -> set[str]:
        """The names of the label's entries at the URL that begin with `prefix`."""
        files, root = self._place()
        files.invalidate_cache()
        with plain_errors(f"{self.url}/{label}"):
            return {name.rsplit("/", 1)[-1] for name in files.glob(f"{root}/{label}/{prefix}*")}

    def fetch(self, path: Path) -> None:
        """Copy an entry from the URL to `path`, unless it is missing or damaged."""
        name = _name(path)
        data = self.read(name)
        if data is not None and unsealed(data, f"{self.url}/{name}") is not None:
            write_bytes(path, data)

    def send(self, path: Path) -> None:
        """Copy an entry to the URL, unless it is damaged."""
        data = path.read_bytes()
        if unsealed(data, str(path)) is not None:
            self.write(_name(path), data)

    def read(self, name: str) -> bytes | None:
        """The content of a file at the URL; None if it is missing."""
        files, root = self._place()
        try:
            with plain_errors(f"{self.url}/{name}"):
                data: bytes = files.cat_file(f"{root}/{name}")
                return data
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a file at the URL, whole."""
        files, root = self._place()
        try:
            with plain_errors(f"{self.url}/{name}"):
                files.pipe_file(f"{root}/{name}", data)
        except FileNotFoundError as error:
            raise RunFailed(f"{self.url}: {error}") from None

    def remove(self, name: str) -> None:
        """Remove a file at the URL, if it is there and the URL answers."""
        files, root = self._place()
        with suppress(RunFailed, FileNotFoundError), plain_errors(self.url):
            files.rm_file(f"{root}/{name}")

    def _move(self, path: Path) -> None:
        if path.is_file():
            self.send(path)
        else:
            self.fetch(path)

    def _place(self) -> tuple[Any, str]:
        return file_system(self.url, f"run.cache={self.url}")


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
