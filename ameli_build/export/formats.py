"""The released data set in other layouts: the authors', or one with the pictures inside."""

from __future__ import annotations

from pathlib import Path

from ameli_build.core.cache import Mapper, in_process
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.export.hub import BESIDE, write_hub
from ameli_build.export.official.write import write_official
from ameli_build.release.folders import make_folder
from ameli_build.release.tables import SPLITS

TABLES = tuple(f"{name}.parquet" for name in ("products", *SPLITS))
NEEDED = {"official": TABLES, "hf": (*TABLES, *BESIDE, "README.md")}
"""Files of the release that each layout is made from, beside pictures."""


def export(snapshot: Snapshot, settings: Settings, layout: str, out: str, mapper: Mapper = in_process) -> None:
    """Write `dataset/` to the folder `out`, a path or an fsspec URL, whole or not at all.

    `layout` is "official", the authors' with integer ids, or "hf", a folder that `datasets.load_dataset` opens with
    pictures. The caller holds the snapshot's lock. Raises `UnusableInput` for another layout, for a folder that holds
    something else, and where nothing was released.
    """
    if layout not in NEEDED:
        raise UnusableInput(f"--format {layout}: no such layout (one of {', '.join(NEEDED)})")
    for name in NEEDED[layout]:
        if not (snapshot.dataset / name).is_file():
            raise UnusableInput(f"{snapshot.dataset / name}: missing; run ameli build first")

    def fill(folder: Path) -> None:
        if layout == "official":
            write_official(snapshot, settings, folder, mapper)
        else:
            write_hub(snapshot.dataset, folder)

    make_folder(out, fill, snapshot.root / "cache")
    say(f"exported to {out}")
