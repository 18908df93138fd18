"""The two loggers of the package, and how their lines reach people.

`ameli_build` has the progress of runs, `ameli_build.results` the texts that a command is run for. Without further
set-up the first goes to standard error and the second to standard output, a plain line each. A program that uses the
library sets levels and handlers as for any other logger:

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
    """Gives each record to a function, as one line. Unlike other handlers it lets an error of the stream through.

    A full disk or a closed pipe behind standard output has to end a command.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        super().__init__()
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message; a warning says that it is one."""
        self._write(f"{WARNING if record.levelno >= logging.WARNING else ''}{record.getMessage()}")


def print_error(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print a text on standard output."""
    print(text, flush=True)


def set_up(logger: logging.Logger, write: Callable[[str], None]) -> None:
    """Let a logger write its lines by `write`, and by the handlers of no other logger."""
    if not logger.handlers:
        logger.addHandler(LineHandler(write))
        logger.propagate = False
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)


set_up(RESULTS, print_result)
