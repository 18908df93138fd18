"""`ameli export`: the released data set in another layout."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.export.hub import BESIDE, write_hub
from ameli_build.export.official.write import write_official
from ameli_build.export.push import check_target, push
from ameli_build.export.results import results_of
from ameli_build.release.folders import make_folder
from ameli_build.release.tables import SPLITS
from ameli_build.verify.run import check

TABLES = tuple(f"{name}.parquet" for name in ("products", *SPLITS))
NEEDED = {"official": TABLES, "hf": (*TABLES, *BESIDE, "README.md")}
"""Files of the release that each layout needs, besides pictures."""


def export(
    snapshot: Snapshot, settings: Settings, layout: str, out: str, mapper: Mapper = in_process, repo: str = ""
) -> None:
    """Write `dataset/` in another layout, atomically. The caller holds the snapshot's lock.

    Args:
        snapshot: Snapshot with a released data set.
        layout: "official" for the authors' layout with integer ids, "hf" for a folder that `datasets.load_dataset`
            opens with pictures.
        out: Target folder: a path or an fsspec URL.
        settings: Settings of the run.
        mapper: Maps a function over shards.
        repo: Dataset repository of the hub that gets the export too, "" for none. A new one is private.

    Raises:
        UnusableInput: The layout is unknown, `out` is not empty and not an earlier export, there is no release, or
            `repo` cannot get it.
        RunFailed: The snapshot does not verify, or the push failed.
    """
    if layout not in NEEDED:
        raise UnusableInput(f"--format {layout}: no such layout (one of {', '.join(NEEDED)})")
    for name in NEEDED[layout]:
        if not (snapshot.dataset / name).is_file():
            raise UnusableInput(f"{snapshot.dataset / name}: missing; run ameli build first")
    if repo:
        if layout != "hf" or "://" in out:
            raise UnusableInput(f"--push {repo}: needs --format hf and a local folder as --out")
        check_target(repo)
        say(check(snapshot))

    def fill(folder: Path) -> None:
        if layout == "official":
            write_official(snapshot, settings, folder, mapper)
        else:
            write_hub(snapshot.dataset, folder, results_of(snapshot), repo)

    make_folder(out, fill, snapshot.root / "cache")
    say(f"exported to {out}")
    if repo:
        say(f"pushed to {push(Path(out), repo)}")
