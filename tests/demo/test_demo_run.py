"""The quick demo, the whole chain on a very small world: from a storefront with faults to the scoreboard."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.on_terminal import run_on_terminal

AMELI = [sys.executable, "-c", "from ameli_build.cli import main; main()"]

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def commands() -> list[str]:
    """The README's commands on the demo's snapshot."""
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in re.findall(r"^\$ (\.venv/bin/.*)$", block, re.MULTILINE)]


def arguments(*given: str) -> list[str]:
    """The arguments of `ameli` that `make demo` would use."""
    output = subprocess.run(["make", "-n", "demo", *given], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = re.findall(r"^\S+/ameli (demo .*)$", output, re.MULTILINE)
    return shlex.split(line)


def quick(out: Path, *more: str) -> list[str]:
    """The command of `make demo QUICK=1`, into this folder."""
    return [*AMELI, *arguments("QUICK=1", f"OUT={out}"), *more]


def demo(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(quick(out, *more), capture_output=True, text=True, check=False)


def test_the_quick_demo_has_a_world_and_a_folder_of_its_own() -> None:
    assert arguments() == ["demo", "--out", "ameli-demo"]
    assert arguments("OUT=here") == ["demo", "--out", "here"]
    assert arguments("QUICK=1") == ["demo", "--out", "ameli-demo-quick", "--products", "20"]
    assert arguments("QUICK=1", "OUT=here") == ["demo", "--out", "here", "--products", "20"]


def check_progress(shown: str) -> None:
    """The terminal showed each step with its number and counts with their units, never "0 of 1" for a whole step."""
    for n, stage in enumerate(("catalog", "clean", "mentions", "informativeness"), 1):
        assert re.search(rf"step {n} of 4  {stage}\s+\d+ s", shown), stage
    for n, step in enumerate(("retrieve candidates", "find attributes", "encode pairs", "link, run 1 of 3"), 2):
        assert re.search(rf"step {n} of 7  {step}\s+\d+ s", shown), step
    for count in (r"products\s+\d+ of 20\b", r"\d+ of \d+ pairs, ", r"\d+ of 30 epochs, loss \d\.\d+, dev \d\.\d+"):
        assert re.search(count, shown), count
    assert not re.search(r"\b0 of 1\b|\b0/\d|shard|batch|\bitems\b", shown)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_small_demo_can_run_twice(tmp_path: Path) -> None:
    out = tmp_path / "ameli-demo"
    first = run_on_terminal(quick(out))
    assert first.status == 0, first.text
    assert "Traceback" not in first.output + first.text
    for part in ("the funnel", "Table 2", "Table 3", "Table 4, test", "Table 5, test", "simulated annotator"):
        assert part in first.output
    assert f"made in {out}, a quick look at 20 products: its figures mean nothing" in first.output
    assert [int(n) for n in re.findall(r"^== part (\d) of 7, after ", first.output, re.MULTILINE)] == [*range(1, 8)]
    check_progress(first.text)
    exact = [line for line in first.output.splitlines() if "  exact" in line]
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
    assert "clean: running" not in second.stderr  # the crawl requests again only pages that failed
    assert (out / "dataset" / "SHA256SUMS").read_bytes() == sums
    assert json.loads((out / "baseline" / "scores.json").read_text()) == scores
    other = demo(out, "--seed", "8")
    assert other.returncode == 2
    assert "--seed 7" in other.stderr
