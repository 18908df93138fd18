"""The benchmark of attribute matching runs in seconds on a few reviews."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "informativeness.py"


def test_the_benchmark_runs(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    order = [sys.executable, str(SCRIPT), "--reviews", "60", "--products", "5", "--workers", "1", "--json"]
    done = subprocess.run([*order, str(numbers)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rates = json.loads(numbers.read_text())["rates"]
    assert rates["normalised"]["found a review"] > rates["exact"]["found a review"] > 0
    assert "60 reviews of about 60 words" in done.stdout
