"""Model files at plain addresses, with their digests: spaCy pipelines, EasyOCR's and torchvision's weights.

`downloads.toml` has the addresses. `AMELI_DOWNLOADS` names a file of the same form with other addresses and digests,
for a mirror; its entries replace those of the same name.
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
"""Seconds that a server may be silent."""
PIECE = 1 << 20
"""Bytes that are read at a time."""


@dataclass(frozen=True, slots=True)
class Download:
    """Files, or archives and the files that are wanted of them, by their name in the table.

    `archive` is the SHA-256 of what is downloaded, "" where only that of the files is known; `digests` are those of the
    files that stay, or their first characters. `folder_in` is the folder inside a zip archive whose content is wanted,
    "" for its top, None for a file that is no archive.
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
        """Where its files lie once they are fetched."""
        return store.models_folder() / "downloads" / self.name.replace("/", "--")

    @property
    def facts(self) -> Facts:
        """Version, licence and size, as recorded or else as the table has them."""
        record = store.read_record(self.folder)
        return Facts(self.version, self.licence, record.size if record else self.size)

    def problem(self, whole: bool = False) -> str:
        """Why it cannot be used, "" where it can."""
        return store.lacking(self.folder, whole)

    def fetch(self) -> None:
        """Download it, from where an earlier try ended; raises `RunFailed` where that cannot be done."""
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
                raise RunFailed(f"{self.name}: {name} is not the file that was expected ({', '.join(self.urls)})")
        store.write_record(self.folder, self.name, self.version, self.licence)

    def _fetch(self, url: str) -> None:
        name = PurePosixPath(urlsplit(url).path).name
        body = self.folder.with_name(f"{self.folder.name}.{name}.partial")
        _download(url, body, self.name)
        if self.archive and not file_digest(body).startswith(self.archive):
            body.unlink()
            raise RunFailed(f"{self.name}: {url} is not the file that was expected (its digest differs)")
        if self.folder_in is None:
            body.replace(self.folder / name)
            return
        try:
            _unzip(body, self.folder, self.folder_in, self.digests)
        finally:
            body.unlink()  # a damaged archive too: nothing may be put at its end


def download_of(name: str) -> Download | None:
    """The entry `name` of the table; raises `UnusableInput` for a table that cannot be read."""
    told = downloads().get(name)
    if told is None:
        return None
    return Download(
        name=name,
        urls=(told["url"],) if isinstance(told["url"], str) else tuple(told["url"]),
        version=str(told.get("version", "")),
        licence=str(told.get("licence", "unknown")),
        size=int(told.get("bytes", 0)),
        archive=str(told.get("sha256", "")),
        digests=dict(told.get("files", {})),
        folder_in=told.get("folder"),
    )


def downloads() -> dict[str, Any]:
    """The table of addresses, with the user's entries above ours."""
    return _read(os.environ.get(VARIABLE, ""))


@cache
def _read(own: str) -> dict[str, Any]:
    table = tomllib.loads(files("ameli_build.models").joinpath("downloads.toml").read_text(encoding="utf-8"))
    if own:
        try:
            table |= tomllib.loads(Path(own).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnusableInput(f"{VARIABLE}: {own}: {error}") from None
    for name, told in table.items():
        if not isinstance(told, dict) or "url" not in told or not (told.get("sha256") or told.get("files")):
            raise UnusableInput(f"{VARIABLE}: {own}: {name} needs url, and sha256 or files")
    return table


def _download(url: str, path: Path, label: str) -> None:
    """The body of `url` in `path`, of which an earlier try may have left the beginning."""
    import requests

    there = path.stat().st_size if path.is_file() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable:
            path.unlink()  # as long as the file itself, or longer
            _download(url, path, label)
            return
        answer.raise_for_status()
        goes_on = answer.status_code == requests.codes.partial_content
        total = int(answer.headers.get("Content-Length", 0))
        pieces = answer.iter_content(PIECE)
        with path.open("ab" if goes_on else "wb") as handle:
            for piece in track(pieces, f"{label} (MiB)", max(1, total // PIECE)):
                handle.write(piece)


def _unzip(archive: Path, folder: Path, inside: str, names: dict[str, str]) -> None:
    """The files below `inside` of a zip archive; with `names`, and no folder inside, those alone."""
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
