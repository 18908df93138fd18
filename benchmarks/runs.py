"""Processes of the benchmark: the server and the contenders, with their processor time and memory."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shop_pages import Size

HERE = Path(__file__).parent


class BenchmarkFailed(Exception):
    """A part of the benchmark without a result; the message names the part and the cause."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The running server: its address, and the number and size of its answers."""

    url: str
    answers: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: its output (`seconds` and more), its processor seconds and its peak memory."""

    said: dict[str, Any]
    cpu_seconds: float
    peak_mib: float

    @property
    def seconds(self) -> float:
        """Wall seconds of the work, without the start of the interpreter and imports."""
        return float(self.said["seconds"])


@contextmanager
def serving(size: Size) -> Iterator[Shop]:
    """The shop on loopback in a process of its own, until the block ends."""
    command = [sys.executable, str(HERE / "static_server.py"), json.dumps(asdict(size))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        line = server.stdout.readline()
        if not line:
            raise BenchmarkFailed("the benchmark's server did not start")
        try:
            yield Shop(**json.loads(line))
        finally:
            server.stdin.close()


def run(python: str, script: str, order: dict[str, Any]) -> Run:
    """Run `script` with an order as JSON; its answer is a line of JSON."""
    command = [python, str(HERE / script), json.dumps(order)]
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            assert process.stdout is not None
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        complaint = errors.read().strip()[-500:]
    if process.returncode != 0 or not output.strip():
        raise BenchmarkFailed(f"{script} ended with {process.returncode}: {complaint}")
    return Run(json.loads(output.splitlines()[-1]), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def fresh(folder: Path) -> Path:
    """Make an empty folder with this name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def ceiling(url: str, targets: list[str], seconds: float = 3.0) -> float:
    """Answers a second from the server to a bare socket: no contender can exceed this rate on a connection."""
    host, _, port = url.removeprefix("http://").partition(":")
    requests = [f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for target in targets]
    buffer = bytearray(1 << 18)
    count = 0
    with socket.create_connection((host, int(port))) as sock:
        start = time.perf_counter()
        while (passed := time.perf_counter() - start) < seconds:
            sock.sendall(requests[count % len(requests)])
            _receive(sock, buffer)
            count += 1
    return count / passed


def _receive(sock: socket.socket, buffer: bytearray) -> None:
    """Read an answer to its end."""
    size = sock.recv_into(buffer)
    head = bytes(buffer[:size])
    body = head.index(b"\r\n\r\n") + 4
    length = int(head[head.index(b"Content-Length: ") + 16 :].split(b"\r\n", 1)[0])
    missing = length - (size - body)
    while missing > 0:
        missing -= sock.recv_into(buffer)


def say(text: str) -> None:
    """Print the progress to stderr."""
    print(f"  {text}", file=sys.stderr, flush=True)
