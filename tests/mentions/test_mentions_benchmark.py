"""The benchmark of this stage runs in seconds on small tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
def test_the_benchmark_of_mentions_runs(tmp_path: Path) -> None:
    size = ("--reviews", "40", "--products", "60", "--workers", "1")
    command = [sys.executable, str(BENCHMARKS / "mentions.py"), *size, "--json", str(tmp_path / "numbers.json")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode == 0, run.stderr[-2000:]
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert sum(numbers["cold"]["rows"].values()) == 40
    assert numbers["cold"]["rows"] == numbers["warm"]["rows"]
    assert "cold, workers running" in run.stdout
