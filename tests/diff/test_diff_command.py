"""`ameli diff` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.base_only import base_environment
from tests.made import released_snapshot


def ameli(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ameli_build", "diff", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env or {**os.environ})


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sides")
    return released_snapshot(folder / "a").root, released_snapshot(folder / "b").root


def test_text_and_json(sides: tuple[Path, Path]) -> None:
    done = ameli(*sides)
    assert (done.returncode, done.stderr) == (0, "")
    assert "verdicts: 5 reviews released in A, 5 in B; no difference" in done.stdout.splitlines()
    found = json.loads(ameli(*sides, "--json", "--all").stdout)
    assert found["products"]["rows"] == [4, 4]
    assert "run.json" in found["runs"]["not_compared"]
    assert "baseline" in found["scores"]["not_compared"]


def test_diff_needs_no_extra(sides: tuple[Path, Path], tmp_path: Path) -> None:
    assert ameli(*sides, env=base_environment(tmp_path)).stdout == ameli(*sides).stdout


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", ["nowhere", "file", "folder"])
def test_a_path_without_a_snapshot_is_refused(sides: tuple[Path, Path], tmp_path: Path, place: int, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    arguments: list[str | Path] = [*sides]
    arguments[place] = tmp_path / name
    done = ameli(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert f"{tmp_path / name}: no snapshot here" in done.stderr


@pytest.mark.parametrize("wrong", [["--limit", "-1"], ["--limit", "many"], ["--nothing"]])
def test_wrong_usage_is_refused(sides: tuple[Path, Path], wrong: list[str]) -> None:
    assert ameli(*sides, *wrong).returncode == 2
    assert ameli(sides[0]).returncode == 2
