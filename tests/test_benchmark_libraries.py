"""The comparison of this project's code with libraries runs, and names missing libraries."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "libraries.py"


def lines(*names: str) -> list[str]:
    """The lines that the benchmark prints about some comparisons, at a fiftieth of their size."""
    command = [sys.executable, str(SCRIPT), *names, "--rounds", "1", "--scale", "0.02"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [line for line in done.stdout.splitlines() if line.startswith(names)]


def test_comparisons_without_further_libraries_run() -> None:
    found = lines("intervals", "bootstrap", "records", "slices")
    assert [line.partition(":")[0] for line in found] == ["intervals", "intervals", "bootstrap", "records", "slices"]
    assert all(re.search(r": [\d.]+ ms, [\d.]+ ms \([\d.]+ times\); ", line) for line in found)
    assert "tables alike" in found[3]
    assert "own: 0 of" in found[4]


@pytest.mark.parametrize(
    ("name", "module"),
    [("javascript", "chompjs"), ("schema_org", "extruct"), ("selectors", "parsel"), ("alpha", "krippendorff")],
)
def test_a_missing_library_is_named(name: str, module: str) -> None:
    (line,) = lines(name)
    missing = f"{name}: left out, {module} is not installed"
    assert line == missing if find_spec(module) is None else f"own and {module}: " in line
