"""Commands on a pseudo-terminal."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Sequence
from typing import NamedTuple

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Typescript(NamedTuple):
    """All that a command wrote to its terminal, raw and without escapes, its standard output, and its exit status."""

    raw: str
    text: str
    output: str
    status: int


def run_on_terminal(
    command: Sequence[str], columns: int = 100, at: Callable[[int, str], object] = lambda pid, so_far: None
) -> Typescript:
    """Run a command with its standard error on a terminal; `at` is called after each read, with the text so far."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color"}
    env = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=env)
    os.close(slave)
    raw = b""
    while data := _read(master):
        raw += data
        at(process.pid, ESCAPE.sub("", raw.decode(errors="replace")))
    os.close(master)
    output = process.communicate()[0].decode()
    text = raw.decode(errors="replace")
    return Typescript(text, ESCAPE.sub("", text), output, process.returncode)


def _read(terminal: int) -> bytes:
    """The next bytes; none when the last process has closed the terminal, which Linux reports as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""
