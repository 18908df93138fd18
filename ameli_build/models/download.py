"""Model files with a plain URL and a digest: spaCy pipelines, weights of EasyOCR and torchvision.

`downloads.toml` lists the URLs. For a mirror, the variable `AMELI_DOWNLOADS` names a file of the same form; its entries
replace entries of the same name.
"""

from __future__ import annotations

import os
import shutil
import tomllib
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.progress import track
from ameli_build.core.snapshot import file_digest
from ameli_build.models import store
from ameli_build.models.hub import why
from ameli_build.models.known import Facts

VARIABLE = "AMELI_DOWNLOADS"
TIMEOUT = 30.0
"""Longest silence of a server, in seconds."""
PIECE = 1 << 20
"""Bytes read at a time."""


@dataclass(frozen=True, slots=True)
class Download:
    """An entry of the table: files to download, or archives and the files to unpack from them.

    `archive` is the SHA-256 of the download, "" if only the digests of the unpacked files are known. `digests` are the
    digests of the unpacked files, or their first characters. `folder_in` is the folder inside a zip archive to unpack:
    "" for the whole archive, None for a download that is not an archive.
    """

    name: str
    urls: tuple[str, ...]
    version: str
    licence: str
    size: int
    archive: str
    digests: dict[str, str] = field(hash=False)
    folder_in: str | None

    @property
    def label(self) -> str:
        """The name in the table."""
        return self.name

    @property
    def folder(self) -> Path:
        """Folder of the fetched files."""
        return store.models_folder() / "downloads" / self.name.replace("/", "--")

    @property
    def facts(self) -> Facts:
        """Version, licence and size: from the record of the download, or else from the table."""
        record = store.read_record(self.folder)
        return Facts(self.version, self.licence, record.size if record else self.size)

    def problem(self, whole: bool = False) -> str:
        """Why the files cannot be used; "" if they can."""
        return store.lacking(self.folder, whole)

    def fetch(self) -> None:
        """Download the files and resume a download that was interrupted; raises `RunFailed` on failure."""
        if not self.problem(whole=True):
            return
        store.forget(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for url in self.urls:
            try:
                self._fetch(url)
            except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                raise RunFailed(f"{self.name}: {url}: {why(error)}") from error
        for name, digest in self.digests.items():
            path = self.folder / name
            if not path.is_file() or not file_digest(path).startswith(digest):
                path.unlink(missing_ok=True)
                raise RunFailed(f"{self.name}: {name} is not the expected file ({', '.join(self.urls)})")
        store.write_record(self.folder, self.name, self.version, self.licence)

    def _fetch(self, url: str) -> None:
        name = PurePosixPath(urlsplit(url).path).name
        body = self.folder.with_name(f"{self.folder.name}.{name}.partial")
        _download(url, body, self.name)
        if self.archive and not file_digest(body).startswith(self.archive):
            body.unlink()
            raise RunFailed(f"{self.name}: {url} is not the expected file (its digest differs)")
        if self.folder_in is None:
            body.replace(self.folder / name)
            return
        try:
            _unzip(body, self.folder, self.folder_in, self.digests)
        finally:
            body.unlink()  # also for a damaged archive: a resumed download would append to it


def download_of(name: str) -> Download | None:
    """The entry `name` of the table; raises `UnusableInput` if the table cannot be read."""
    entry = downloads().get(name)
    if entry is None:
        return None
    return Download(
        name=name,
        urls=(entry["url"],) if isinstance(entry["url"], str) else tuple(entry["url"]),
        version=str(entry.get("version", "")),
        licence=str(entry.get("licence", "unknown")),
        size=int(entry.get("bytes", 0)),
        archive=str(entry.get("sha256", "")),
        digests=dict(entry.get("files", {})),
        folder_in=entry.get("folder"),
    )


def downloads() -> dict[str, Any]:
    """The table of URLs; entries of `AMELI_DOWNLOADS` replace built-in ones."""
    return _read(os.environ.get(VARIABLE, ""))


@cache
def _read(own: str) -> dict[str, Any]:
    table = tomllib.loads(files("ameli_build.models").joinpath("downloads.toml").read_text(encoding="utf-8"))
    if own:
        try:
            table |= tomllib.loads(Path(own).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnusableInput(f"{VARIABLE}: {own}: {error}") from None
    for name, entry in table.items():
        if not isinstance(entry, dict) or "url" not in entry or not (entry.get("sha256") or entry.get("files")):
            raise UnusableInput(f"{VARIABLE}: {own}: {name} needs url, and sha256 or files")
    return table


def _download(url: str, path: Path, label: str) -> None:
    """Download `url` to `path`; resume if `path` has the start of an interrupted download."""
    import requests

    size = path.stat().st_size if path.is_file() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={size}-"} if size else {})}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            path.unlink()  # as long as the whole file, or longer
            _download(url, path, label)
            return
        response.raise_for_status()
        resumes = response.status_code == requests.codes.partial_content
        total = int(response.headers.get("Content-Length", 0))
        pieces = response.iter_content(PIECE)
        with path.open("ab" if resumes else "wb") as handle:
            for piece in track(pieces, label, -(-total // PIECE) or None, "MiB"):
                handle.write(piece)


def _unzip(archive: Path, folder: Path, inside: str, names: dict[str, str]) -> None:
    """Unpack the files below the folder `inside` of a zip archive; without a folder, only `names` if there are any."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            path = PurePosixPath(member.filename)
            if member.is_dir() or not path.is_relative_to(inside) or ".." in path.parts or path.is_absolute():
                continue
            target = folder / path.relative_to(inside)
            if names and not inside and target.name not in names:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(member) as source, target.open("wb") as handle:
                shutil.copyfileobj(source, handle)
