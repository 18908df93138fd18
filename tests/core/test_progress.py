"""Progress on a terminal, in a log and for a watcher."""

from __future__ import annotations

import ast
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from ameli_build.core import progress as progress_module
from ameli_build.core.cache import Kind, Shard, Work, run_batches
from ameli_build.core.progress import busy, counted, place, say, step, track, watched_by
from ameli_build.core.snapshot import Snapshot
from tests.on_terminal import run_on_terminal

PACKAGE = Path(progress_module.__file__).parents[1]

STEPS = """
import time
from ameli_build.core.logs import RESULTS
from ameli_build.core.progress import counted, say, step, track
with step("catalog", 1, 2):
    say("catalog: running")
    for _ in track(range(4), "parse pages", 400, "pages", [100] * 4):
        time.sleep(0.25)
with step("clean", 2, 2):
    with counted("learn adapters", 30, "epochs") as reach:
        for n in range(1, 31):
            time.sleep(0.02)
            reach(n, f"loss {4 - n / 10:.3f}, dev 0.{n}")
    RESULTS.info("a result")
"""


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_shows_step_bar_count_unit_and_times(columns: int) -> None:
    found = run_on_terminal([sys.executable, "-c", STEPS], columns)
    assert (found.status, found.output) == (0, "a result\n")  # results go to standard output, never to the terminal
    frames = re.split(r"[\r\n]+", found.text)
    assert "catalog: running" in {frame.strip() for frame in frames}
    assert any(re.search(r"step 1 of 2  catalog\s+\d s", frame) for frame in frames)
    assert any(re.search(r"parse pages\s+━+ 400 pages, 0 s", frame) for frame in frames)  # before the first page
    assert any(re.search(r"parse pages\s+[━╸╺]+ 200 of 400 pages, [01] s, about [01] s", frame) for frame in frames)
    assert any(re.search(r"learn adapters\s+[━╸╺]* ?\d+ of 30 epochs, loss [\d.]+, dev", frame) for frame in frames)
    assert all(len(frame) <= columns for frame in frames)


def test_a_narrow_terminal_has_no_broken_rows_and_the_display_is_erased() -> None:
    found = run_on_terminal([sys.executable, "-c", STEPS], 40)
    frames = re.split(r"[\r\n]+", found.text)
    assert all(len(frame) <= 40 for frame in frames)
    assert any("parse pages" in frame and "200 of 400" in frame for frame in frames)
    assert found.raw.count("\x1b[?25l") == found.raw.count("\x1b[?25h") == 2  # one display per step
    assert found.raw.rindex("\x1b[2K") > found.raw.rindex("epochs")


INTERRUPTED = """
import time
from ameli_build import cli
from ameli_build.core.progress import {names}
@cli.app.command()
def slow() -> None:
    {block}
cli.main()
"""


@pytest.mark.parametrize(
    ("names", "block"),
    [
        ("track", "[time.sleep(0.05) for _ in track(range(999), 'count', 999, 'naps')]"),
        ("busy", "with busy('count'): time.sleep(60)"),
        ("step, track", "with step('count', 1, 1):\n        for _ in track(range(999), 'x', 9): time.sleep(0.05)"),
    ],
)
def test_an_interrupted_run_restores_the_cursor(names: str, block: str) -> None:
    def interrupt(pid: int, so_far: str) -> None:
        if "count" in so_far and not sent:
            sent.append(pid)
            os.kill(pid, signal.SIGINT)

    sent: list[int] = []
    found = run_on_terminal([sys.executable, "-c", INTERRUPTED.format(names=names, block=block), "slow"], at=interrupt)
    assert found.status == 1
    assert found.raw.rindex("\x1b[?25h") > found.raw.rindex("\x1b[?25l")
    assert re.search(r"^ameli: interrupted", found.text.replace("\r", "\n"), re.MULTILINE), found.text


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "LINE_EVERY_SECONDS", 0.02)


def lines_until(capfd: pytest.CaptureFixture[str], pattern: str) -> str:
    """The log up to a line that matches `pattern`."""
    log = ""
    for _ in range(500):
        threading.Event().wait(0.01)
        log += capfd.readouterr().err
        if re.search(pattern, log, re.MULTILINE):
            return log
    raise AssertionError(f"never {pattern!r}: {log!r}")


def test_a_log_gets_lines_even_without_new_counts(fast: None, capfd: pytest.CaptureFixture[str]) -> None:
    with step("clean", 2, 7):
        assert place() == "step 2 of 7  "
        log = lines_until(capfd, r"^  step 2 of 7  clean: 0 s$")
        pages = track(range(3), "parse pages", 1200, "pages", [500, 500, 200])
        next(pages)
        log += lines_until(capfd, r"^  parse pages: 1,200 pages, 0 s$")
        next(pages)
        log += lines_until(capfd, r"^  parse pages: 500 of 1,200 pages, \d s, about \d s left$")
        with counted("learn", 30, "epochs", 3) as reach:
            log += lines_until(capfd, r"^  learn: 3 of 30 epochs, 0 s$")
            reach(4.5, "loss 0.500")
            log += lines_until(capfd, r"^  learn: 4 of 30 epochs, loss 0.500, \d s, about \d s left$")
        next(pages)
        log += lines_until(capfd, r"^  parse pages: 1,000 of 1,200 pages, ")
        pages.close()
    with busy("search thresholds"):
        log += lines_until(capfd, r"^  search thresholds: 0 s$")
    for _ in track(range(1), "model", None, "MiB"):
        log += lines_until(capfd, r"^  model: 0 s$")
    assert place() == ""
    assert "\r" not in log
    assert "\x1b" not in log
    assert not [thread for thread in threading.enumerate() if thread.name == "progress-lines"]


def test_a_log_gets_a_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    periods = []

    @contextmanager
    def repeated(function: Callable[[], object], seconds: float, name: str) -> Iterator[None]:
        periods.append(seconds)
        yield

    monkeypatch.setattr(progress_module, "repeated", repeated)
    with step("clean", 1, 1), busy("count"):
        list(track(range(3), "count", 3, "texts"))
    assert periods == [60.0]  # a single thread for all rows


class Watch:
    """A watcher that records its calls."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, int, int, str]] = []
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def reach(self, label: str, done: int, total: int, text: str = "") -> None:
        self.reached.append((label, done, total, text))


def test_a_watcher_gets_counts_with_their_unit(capfd: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    with watched_by(watch), step("clean", 1, 1), busy("load"):
        list(track(range(2), "compare texts", 1500, "reviews", [1000, 500]))
        with counted("learn", 2, "epochs", 1) as reach:
            reach(1.5, "loss 0.500")
        list(track(range(1), "model", None, "MiB"))
        say(f"{place()}done")
    assert watch.reached == [
        ("compare texts", 0, 1500, "0 of 1,500 reviews"),
        ("compare texts", 1000, 1500, "1,000 of 1,500 reviews"),
        ("compare texts", 1500, 1500, "1,500 of 1,500 reviews"),
        ("learn", 1, 2, "1 of 2 epochs"),
        ("learn", 1, 2, "1 of 2 epochs, loss 0.500"),
        ("model", 0, 0, "0 MiB"),
        ("model", 1, 0, "1 MiB"),
    ]
    assert watch.said == ["step 1 of 1  done"]
    assert capfd.readouterr().err == ""


def numbers(payloads: list[int]) -> pl.DataFrame:
    return pl.DataFrame({"n": payloads})


@pytest.mark.parametrize(("sizes", "cached"), [([3, 4, 1], []), ([3, 4, 1], [1]), ([8], []), ([8], [0])])
def test_cached_work_counts_the_items_of_its_shards(tmp_path: Path, sizes: list[int], cached: list[int]) -> None:
    shards = [Shard(f"{n:04}", list(range(size)), size) for n, size in enumerate(sizes)]
    Work(Snapshot(tmp_path)).map("number rows", numbers, [shards[n] for n in cached])
    watch = Watch()
    with watched_by(watch):
        Work(Snapshot(tmp_path)).map("number rows", numbers, shards, unit="rows")
    todo = sum(size for n, size in enumerate(sizes) if n not in cached)
    assert watch.reached[-1] == ("number rows", todo, todo, f"{todo} of {todo} rows")


@pytest.mark.parametrize("most", [1000, 40, 8])
def test_batches_count_their_items(tmp_path: Path, most: int) -> None:
    kind = Kind("number rows", numbers, (), "a" * 64, 8, model=False, unit="rows")
    watch = Watch()
    with watched_by(watch):
        list(run_batches(Work(Snapshot(tmp_path)), kind, {f"{n * 7919 % 65536:040x}": n for n in range(100)}, most))
    assert watch.reached[0] == ("number rows", 0, 100, "0 of 100 rows")
    assert watch.reached[-1] == ("number rows", 100, 100, "100 of 100 rows")


COUNTING = {"track", "counted", "map_slices", "Kind", "work.map", "work.stream"}


def test_every_count_of_the_package_names_its_items() -> None:
    found = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if path.parent.name == "cache" or path.name == "progress.py" or not re.search("core.(progress|cache)", source):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in COUNTING:
                found += 1
                assert re.search(r"'([a-z]+s|MiB)'|\bunit\b", ast.unparse(node)), f"{path}: {ast.unparse(node)}"
                assert not re.search(r"'(shards|batches|items)'", ast.unparse(node)), f"{path}: {ast.unparse(node)}"
    assert found >= 30
