"""The loggers of the package: their lines on a terminal, for a watcher, and for a program's own handlers."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ameli_build.core.logs import PROGRESS, RESULTS, LineHandler, set_up
from ameli_build.core.progress import say, watched_by

LINES = ["crawl: 3 pages", "warning: no test split", "100 % of {these} are %s"]


@pytest.fixture
def levels() -> Iterator[None]:
    """Restores the loggers after a test that changes them."""
    before = {logger: (logger.level, logger.handlers[:]) for logger in (PROGRESS, RESULTS)}
    yield
    for logger, (level, handlers) in before.items():
        logger.setLevel(level)
        logger.handlers[:] = handlers


class Lines(logging.Handler):
    """Stores records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Watch:
    """Stores lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def reach(self, label: str, done: int, total: int, text: str = "") -> None: ...


@pytest.mark.parametrize("line", LINES)
def test_progress_goes_to_standard_error_and_results_to_standard_output(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say(line)
    RESULTS.info(line)
    assert tuple(capsys.readouterr()) == (f"{line}\n", f"{line}\n")


@pytest.mark.parametrize("name", ["ameli_build", "ameli_build.crawl", "ameli_build.some.room"])
def test_a_module_s_own_logger_reaches_the_same_place(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).warning("page %d is \x1b[31mred", 7)
    assert capsys.readouterr().err == "warning: page 7 is \ufffd[31mred\n"


@pytest.mark.parametrize("line", LINES)
def test_a_watcher_replaces_the_terminal(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    with watched_by(watch):
        say(line)
    assert watch.lines == [line]
    assert capsys.readouterr().err == ""


def test_a_program_sets_level_and_handlers(levels: None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    PROGRESS.addHandler(lines)
    for line in LINES:
        say(line)
    logged = [(record.levelname, record.getMessage()) for record in lines.records]
    assert logged == [("INFO", LINES[0]), ("WARNING", "no test split"), ("INFO", LINES[2])]
    capsys.readouterr()
    PROGRESS.setLevel(logging.WARNING)
    for line in LINES:
        say(line)
    assert capsys.readouterr().err == f"{LINES[1]}\n"


@pytest.mark.parametrize("configure", ["", "logging.basicConfig(level='DEBUG')"])
def test_no_line_is_printed_twice(configure: str) -> None:
    code = f"import logging; {configure}\nfrom ameli_build.core.progress import say\nsay('once')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "once\n")


def test_existing_handlers_stay_the_only_handlers() -> None:
    logger, lines = logging.getLogger("another"), Lines()
    logger.addHandler(lines)
    set_up(logger, print)
    assert (logger.handlers, logger.propagate) == ([lines], True)


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_an_error_of_the_stream_reaches_the_caller(error: Exception) -> None:
    def fail(text: str) -> None:
        raise error

    logger = logging.Logger("alone")
    logger.addHandler(LineHandler(fail))
    with pytest.raises(type(error)):
        logger.info("a line")
