"""The files of a snapshot at a URL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.remote import file_system, plain_errors
from ameli_build.core.snapshot import whole_file
from ameli_build.travel.manifest import Entry

THREADS = 16
"""Transfers at a time."""
PREFIX = 2
"""Digits of a digest that name a folder in `files/`."""

_CHUNK = 2**22
"""Bytes that are read at a time."""


class Damaged(RunFailed):
    """A file at the URL is missing, or its content is not that of its name."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A place at a URL."""

    url: str
    files: Any
    """The file system, of fsspec."""
    root: str

    @classmethod
    def at(cls, url: str) -> Remote:
        """The place at `url`; raises `UnusableInput` if there can be none."""
        files, root = file_system(url, url)
        files.invalidate_cache()
        return cls(url.rstrip("/"), files, root)

    def is_within(self, folder: Path) -> bool:
        """Whether the place is in a folder of this machine."""
        local = "file" in self.files.protocol
        return local and Path(self.root).resolve().is_relative_to(folder.resolve())

    def sizes(self, prefix: str) -> dict[str, int]:
        """The sizes in bytes of the files whose digests begin with `prefix`, by digest."""
        with self._named(f"files/{prefix}"):
            found = self.files.find(f"{self.root}/files/{prefix}", detail=True)
        return {name.rsplit("/", 1)[-1]: int(about["size"]) for name, about in found.items()}

    def put(self, path: Path, sha256: str) -> None:
        """Upload a file under its digest."""
        with self._named(_name(sha256)):
            self.files.put_file(str(path), f"{self.root}/{_name(sha256)}")

    def remove(self, sha256: str) -> None:
        """Remove a file."""
        with self._named(_name(sha256)):
            self.files.rm_file(f"{self.root}/{_name(sha256)}")

    def fetch(self, entry: Entry, target: Path) -> None:
        """Download a file, and move it to `target` once it is whole; raises `Damaged` if it is not."""
        with whole_file(target) as handle:
            for chunk in self.chunks(entry):
                handle.write(chunk)
            entry.stamp(handle)

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The content of a file; raises `Damaged` at its end, or where it is longer than its entry says."""
        name, size, digest = _name(entry.sha256), 0, hashlib.sha256()
        with self._named(name, entry.path):
            with self.files.open(f"{self.root}/{name}", "rb") as source:
                while size <= entry.size and (chunk := source.read(_CHUNK)):
                    size += len(chunk)
                    digest.update(chunk)
                    yield chunk
            if size != entry.size or digest.hexdigest() != entry.sha256:
                raise Damaged(f"{entry.path} (the content of {self.url}/{name} is another)")

    def write_manifest(self, data: bytes) -> None:
        """Write the manifest, which makes a push whole."""
        with self._named("manifest.jsonl"):
            self.files.pipe_file(f"{self.root}/manifest.jsonl", data)

    def manifest(self) -> bytes:
        """The manifest; raises `UnusableInput` where no push has ended."""
        try:
            with self._named("manifest.jsonl"):
                data: bytes = self.files.cat_file(f"{self.root}/manifest.jsonl")
                return data
        except Damaged:
            raise UnusableInput(
                f"{self.url}: no snapshot here, or its push has not ended (no manifest.jsonl)"
            ) from None

    @contextmanager
    def _named(self, name: str, path: str = "") -> Iterator[None]:
        """Name the URL in errors, and the path in the snapshot."""
        try:
            with plain_errors(f"{self.url}/{name}"):
                yield
        except FileNotFoundError:
            raise Damaged(f"{path or name} ({self.url}/{name} is missing)") from None


def _name(sha256: str) -> str:
    return f"files/{sha256[:PREFIX]}/{sha256}"
