"""Files that contain their own digest."""

from pathlib import Path

import polars as pl
import pytest
from damages import DAMAGES

from ameli_build.core.cache import read_entry, read_sealed, write_entry, write_sealed


@pytest.mark.parametrize("body", [b"", b"a", bytes(range(256)) * 300])
def test_a_body_is_read_back(tmp_path: Path, body: bytes) -> None:
    write_sealed(tmp_path / "x" / "entry", body)
    assert read_sealed(tmp_path / "x" / "entry") == body
    assert read_sealed(tmp_path / "other") is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_counts_as_missing_and_is_named(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table, path = pl.DataFrame({"vector": [[0.25, float(n)] for n in range(500)]}), tmp_path / "entry.sealed"
    write_entry(path, table)
    whole = read_entry(path)
    assert whole is not None
    assert whole.equals(table)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert read_entry(path) is None
    assert str(path) in capsys.readouterr().err


def test_a_folder_instead_of_an_entry_counts_as_missing(tmp_path: Path) -> None:
    (tmp_path / "entry.sealed").mkdir()
    assert read_entry(tmp_path / "entry.sealed") is None
