"""The whole demo on a very small world, from a storefront with faults to the scoreboard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]


README = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    """The README's commands on the demo's snapshot."""
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in re.findall(r"^\$ (\.venv/bin/.*)$", block, re.MULTILINE)]


def demo(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [*AMELI, "demo", "--out", str(out), "--products", "20", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_small_demo_twice(tmp_path: Path) -> None:
    out = tmp_path / "ameli-demo"
    first = demo(out)
    assert first.returncode == 0, first.stderr
    assert "Traceback" not in first.stdout + first.stderr
    for part in ("the funnel", "Table 2", "Table 3", "Table 4, test", "Table 5, test", "simulated annotator"):
        assert part in first.stdout
    exact = [line for line in first.stdout.splitlines() if "  exact" in line]
    assert len(exact) >= 8
    assert all(line.endswith("ok") for line in exact), exact
    assert commands()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for line in commands():
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, (line, done.stderr)
        assert done.stdout
    sums = (out / "dataset" / "SHA256SUMS").read_bytes()
    scores = json.loads((out / "baseline" / "scores.json").read_text())
    second = demo(out)
    assert second.returncode == 0, second.stderr
    assert "clean: running" not in second.stderr  # the crawl asks again for what it could not get
    assert (out / "dataset" / "SHA256SUMS").read_bytes() == sums
    assert json.loads((out / "baseline" / "scores.json").read_text()) == scores
    other = demo(out, "--seed", "8")
    assert other.returncode == 2
    assert "--seed 7" in other.stderr
