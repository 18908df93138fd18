"""A build refuses the incomplete copies of a killed ingest."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ameli_build.catalog.ingest import ingest
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.pipeline import build

KILLED = """
import os, signal, sys
from pathlib import Path
from ameli_build.catalog import ingest as room
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
copy, remaining = room._copy, [int(sys.argv[1])]
def copy_some(source, target):
    if not remaining[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    remaining[0] -= 1
    copy(source, target)
room._copy = copy_some
room.ingest(Snapshot(Path(sys.argv[2])), Path(sys.argv[3]), Path(sys.argv[4]), None, Settings())
"""


def records(folder: Path, name: str) -> tuple[Path, Path]:
    """A product and a review, both named after `name`."""
    folder.mkdir()
    product = {"sku": name, "name": f"Lamp {name}", "categories": ["Lamps"]}
    (folder / "p.jsonl").write_text(json.dumps(product) + "\n")
    (folder / "r.jsonl").write_text(json.dumps({"review_id": f"r-{name}", "sku": name, "text": "Nice lamp"}) + "\n")
    return folder / "p.jsonl", folder / "r.jsonl"


@pytest.mark.parametrize("copied", [0, 1])
def test_a_build_after_a_killed_ingest_asks_for_the_ingest_again(tmp_path: Path, copied: int) -> None:
    snapshot, settings = Snapshot(tmp_path / "snapshot"), load_settings("demo")
    old, new = records(tmp_path / "old", "old"), records(tmp_path / "new", "new")
    ingest(snapshot, *old, None, settings)
    run = [sys.executable, "-c", KILLED, str(copied), str(snapshot.root), *map(str, new)]
    assert subprocess.run(run, check=False, capture_output=True).returncode == -signal.SIGKILL
    if copied:
        with pytest.raises(UnusableInput, match="an ingest was interrupted here; run it again"):
            build(snapshot, settings, until="catalog")
    else:  # the ingest changed nothing
        build(snapshot, settings, until="catalog")
        assert snapshot.read("catalog/products")["sku"].to_list() == ["old"]
    ingest(snapshot, *new, None, settings)
    build(snapshot, settings, until="catalog")
    assert snapshot.read("catalog/products")["sku"].to_list() == ["new"]
    assert snapshot.read("catalog/reviews")["review_id"].to_list() == ["r-new"]
    assert not [path.name for path in snapshot.raw.iterdir() if path.name.startswith(".")]
