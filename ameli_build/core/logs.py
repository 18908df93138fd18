"""The two loggers of the package and their default handlers.

`ameli_build` logs the progress of runs, `ameli_build.results` the results of commands. By default, progress goes to
standard error and results go to standard output, as plain lines. A program that uses the library sets levels and
handlers as for any other logger:

    logging.getLogger("ameli_build").setLevel(logging.WARNING)
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

PROGRESS = logging.getLogger("ameli_build")
RESULTS = logging.getLogger("ameli_build.results")
WARNING = "warning: "
"""Prefix of a line that is a warning."""


class LineHandler(logging.Handler):
    """Passes each record to a function as a line.

    Unlike other handlers, it raises errors of the stream: a full disk or a closed pipe must end a command.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message, a warning with its prefix."""
        self._write(f"{WARNING if record.levelno >= logging.WARNING else ''}{record.getMessage()}")


def print_error(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print a text on standard output."""
    print(text, flush=True)


def set_up(logger: logging.Logger, write: Callable[[str], None]) -> None:
    """Let a logger without handlers write its lines with `write` alone."""
    if not logger.handlers:
        logger.addHandler(LineHandler(write))
        logger.propagate = False
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)


set_up(RESULTS, print_result)
