"""Real clusters on this machine for tests: each scheduler and worker is a process of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "300",
    "RAY_raylet_start_wait_time_s": "120",
    "GRPC_POLL_STRATEGY": "poll",
}
"""Ray sends no statistics, leaves no token in the user's home, and starts on a busy machine.

On a busy machine, gRPC's `epoll1` can end the server of a client at its start: "ev_epoll1_linux.cc: Check failed".
"""
os.environ.update(RAY)
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def environment(*first: Path) -> dict[str, str]:
    """The environment of a worker, which imports from the folders `first` before all others."""
    path = os.pathsep.join(map(str, (*first, ROOT, HERE)))
    return {**os.environ, **RAY, "PYTHONPATH": path}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: list[str], folder: Path, env: dict[str, str], line: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has printed `line`; it ends with the block, together with its children."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**env, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for text in process.stdout:
            lines.append(text)
            if line in text:
                break
        else:
            raise AssertionError(f"{command} ended: {''.join(lines)}")
        threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()  # a full pipe would stop it
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen[Any]) -> None:
    """End a process and its children."""
    if process.poll() is None:
        processes = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for each in processes:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(processes[1:])
    process.wait()


@dataclass
class DaskCluster:
    """A scheduler and workers; a nanny restarts each worker when it dies."""

    folder: Path
    stack: ExitStack
    port: int = field(default_factory=free_port)
    scheduler: subprocess.Popen[str] = field(init=False)
    nannies: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self.stack.enter_context(started(command, self.folder, environment(), "Scheduler at"))

    def add(self, *options: str, env: dict[str, str] | None = None) -> None:
        """Start a worker."""
        command = ["distributed.cli.dask_worker", f"tcp://127.0.0.1:{self.port}", "--no-dashboard", "--nworkers", "1"]
        command += [*options, *(() if "--nthreads" in options else ("--nthreads", "1"))]
        line = "Starting established connection"
        self.nannies.append(self.stack.enter_context(started(command, self.folder, env or environment(), line)))

    def workers(self) -> list[psutil.Process]:
        """The processes that run shards."""
        children = [child for nanny in self.nannies for child in psutil.Process(nanny.pid).children()]
        return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


@contextmanager
def dask_cluster(folder: Path) -> Iterator[DaskCluster]:
    """A Dask scheduler, to which workers can be added."""
    with ExitStack() as stack:
        cluster = DaskCluster(folder, stack)
        cluster.start()
        yield cluster


_holders: list[str] = []


@contextmanager
def _ray_of_this_process() -> Iterator[None]:
    """Wait for the clusters of other processes: their client servers take the same ports."""
    if _holders:  # a test starts a second cluster while the cluster of its module runs
        yield
        return
    with (Path("/tmp") / f"ameli-ray-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _holders.append("this process")
        try:
            yield
        finally:
            _holders.clear()


@contextmanager
def ray_cluster(folder: Path, cpus: int = 2, gpus: int = 0, env: dict[str, str] | None = None) -> Iterator[str]:
    """The URL of a Ray cluster of one machine, which only claims these processors and GPUs."""
    session, port = Path("/tmp") / f"ray-{os.getpid()}-{free_port()}", free_port()  # socket paths must be short
    command = ["ray.scripts.scripts", "start", "--head", "--block", "--include-dashboard", "false"]
    command += ["--port", str(free_port()), "--ray-client-server-port", str(port), "--temp-dir", str(session)]
    command += ["--num-cpus", str(cpus), "--num-gpus", str(gpus), "--object-store-memory", "100000000"]
    with _ray_of_this_process():
        try:
            with started(command, folder, env or environment(), "Ray runtime started"):
                yield f"ray://127.0.0.1:{port}"
        finally:
            shutil.rmtree(session, ignore_errors=True)


def other_code(folder: Path) -> Path:
    """A folder with a copy of the package in which one line differs."""
    shutil.copytree(ROOT / "ameli_build", folder / "ameli_build", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "ameli_build" / "splits.py").open("a") as handle:
        handle.write("\n# another line\n")
    return folder


def other_version(folder: Path, name: str, version: str) -> Path:
    """A folder with metadata of another version of a package."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder
