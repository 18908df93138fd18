"""Files of a snapshot are written whole, and a single run locks a snapshot."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.snapshot import Snapshot, whole_file, write_bytes, write_table


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"

    def torn() -> None:
        with whole_file(path) as handle:
            handle.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        torn()
    assert list(path.parent.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def torn() -> None:
        with whole_file(path) as handle:
            handle.write(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        torn()
    assert path.read_bytes() == b"old"


def test_a_table_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    table = pl.DataFrame({"a": ["x", "y"], "b": [[1], []]})
    write_table(tmp_path / "1.parquet", table)
    write_table(tmp_path / "2.parquet", table.lazy())
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_an_image_lies_under_its_hash(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(b"picture", "jpg")
    assert path == f"raw/images/{hashlib.sha256(b'picture').hexdigest()}.jpg"
    assert (tmp_path / path).read_bytes() == b"picture"


def test_a_missing_snapshot_or_table_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no snapshot"):
        Snapshot.open(tmp_path / "nothing")
    with pytest.raises(UnusableInput, match="catalog"):
        Snapshot(tmp_path).read("catalog/reviews")


def test_a_second_run_in_a_snapshot_is_refused(tmp_path: Path) -> None:
    other = (
        "import sys; from pathlib import Path; from ameli_build.core.snapshot import Snapshot\n"
        "with Snapshot(Path(sys.argv[1])).lock(): print('held')"
    )
    command = [sys.executable, "-c", other, str(tmp_path)]
    with Snapshot(tmp_path).lock():
        held = subprocess.run(command, capture_output=True, text=True, check=False)
        assert held.returncode != 0
        assert "another run" in held.stderr
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == "held\n"


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFailed, match="cannot be written"), Snapshot(tmp_path / "file" / "snapshot").lock():
        pass


FULL_DISK = """
import resource, sys
from pathlib import Path
import polars as pl
from ameli_build.core.snapshot import write_bytes, write_table
from ameli_build.core.errors import RunFailed
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))  # no file can grow, as on a disk without room
path = Path(sys.argv[1])
for attempt in (lambda: write_table(path, pl.DataFrame({"a": range(1000)})), lambda: write_bytes(path, b"x" * 1000)):
    try:
        attempt()
    except (RunFailed, OSError) as error:
        print(type(error).__name__, error)
"""


def test_the_error_of_a_full_disk_names_the_file_and_the_old_file_stays(tmp_path: Path) -> None:
    """In a separate process: the limit would also apply to the output of the test runner."""
    path = tmp_path / "table.parquet"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", FULL_DISK, str(path)]
    errors = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[0] for line in errors] == ["RunFailed", "OSError"]
    assert all("table.parquet" in line for line in errors)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("table.parquet", b"old")]
