"""Sources of a data set: a snapshot, a release folder, or a folder in the authors' layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ameli_build.core.errors import UnusableInput
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.datasets.by_content import read_by_content
from ameli_build.datasets.data import SPLITS, Data, load_data
from ameli_build.datasets.official import PICTURES, Files, find_official, load_official
from ameli_build.provenance import note_stage, write_run_record
from ameli_build.release import official_layout as layout


@dataclass(frozen=True, slots=True)
class Source:
    """A data set, and the folder for its scores.

    `home` takes `baseline/`, `cache/` and the record of the run; `origin` is the folder with the `run.json` and
    `settings/*.toml` of the data set. `load` reads the data set, `content` returns the digests of its files by name.
    `report` is the annotators' report: in a snapshot under `sheets/`, elsewhere `report.json` beside the data set.
    """

    home: Snapshot
    origin: Snapshot
    load: Callable[[], Data]
    content: Callable[[], dict[str, str]]
    report: Path

    @classmethod
    def of(cls, snapshot: Snapshot, home: Snapshot | None = None) -> Source:
        """The data set that a snapshot released."""
        return cls._released(snapshot.dataset, home or snapshot, snapshot, snapshot.root / "sheets" / "report.json")

    @classmethod
    def _released(cls, folder: Path, home: Snapshot, origin: Snapshot, report: Path) -> Source:
        files = {name: folder / f"{name}.parquet" for name in ("products", *SPLITS, "clean_test")}
        return cls(home, origin, partial(load_data, folder), partial(_digests, files | {"report": report}), report)

    @classmethod
    def _official(cls, files: Files, home: Snapshot, report: Path) -> Source:
        pictures = partial(read_by_content, files.folder, PICTURES, home.root / "cache" / "pictures")

        def content() -> dict[str, str]:
            digests = fingerprint(dict(pictures().digests))
            return {**_digests({**files.all, "report": report}), "pictures": digests}

        return cls(home, home, lambda: load_official(files, pictures()), content, report)


def keep_record(source: Source, settings: Settings) -> None:
    """Write `run.json` into a folder of results; a snapshot has one already, in which the stage is noted."""
    if any((source.home.root / name).is_dir() for name in ("raw", "catalog")):
        note_stage(source.home, "baseline", "baseline")
    else:
        write_run_record(source.home, settings, "baseline")


def open_source(path: Path, out: Path | None = None) -> Source:
    """The data set at `path`; results go to `out`, by default to `path`.

    `path` is a snapshot, a release folder (`products.parquet`, a table for each split, `images/`), or a folder in the
    authors' layout. Raises `UnusableInput` for any other path.
    """
    home, report = Snapshot(out or path), path / layout.REPORT
    if any((path / name).is_dir() for name in ("raw", "catalog", "dataset")):
        return Source.of(Snapshot(path), home)
    if (path / "products.parquet").is_file():
        if out is None and path.resolve().name == "dataset" and (path.resolve().parent / "stages").is_dir():
            raise UnusableInput(
                f"{path}: the data set of a snapshot; name the snapshot itself, or --out DIR for results"
            )
        return Source._released(path, home, home, report)
    files = find_official(path) if path.is_dir() else None
    if files is not None:
        return Source._official(files, home, report)
    raise UnusableInput(
        f"{path}: no data set here (no snapshot, no products.parquet, and no products in the authors' layout)"
    )


def _digests(paths: Mapping[str, Path]) -> dict[str, str]:
    return {name: file_digest(path) for name, path in paths.items() if path.is_file()}
