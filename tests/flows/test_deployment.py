"""A real Prefect server and a real worker on loopback deploy, run and finish the demo's flow."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect"]
TERMINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A process of ours as long as the block lasts, its children included."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def until(url: str, seconds: float, good: Any) -> Any:
    """Ask until the answer is `good`; the last answer when time is up."""
    deadline = time.monotonic() + seconds
    answer = None
    while time.monotonic() < deadline:
        try:
            answer = ask(url)
            if good(answer):
                return answer
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)  # another process decides when it is ready
    return answer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of clients of a server that is up."""
    port = free_port()
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "AMELI_CODE": str(ROOT),
        "PYTHONPATH": str(ROOT),
    }
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, environment, tmp_path / "server.log"):
        assert until(f"http://127.0.0.1:{port}/api/health", 120, lambda answer: answer is True) is True
        yield environment


def prefect(arguments: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [*PREFECT, *arguments], cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.timeout(600)
def test_deploy_trigger_complete(server: dict[str, str], tmp_path: Path) -> None:
    prefect(["work-pool", "create", "ameli", "--type", "process"], server)
    prefect(["--no-prompt", "deploy", "--all"], server)
    snapshot = tmp_path / "snapshot"
    parameters = json.dumps({"snapshot": str(snapshot), "products": 16})
    told = prefect(["deployment", "run", "demo/demo", "--params", parameters], server)
    run = next(word for word in told.replace("/", " ").split() if word.count("-") == 4 and len(word) == 36)
    log = tmp_path / "worker.log"
    with running([*PREFECT, "worker", "start", "--pool", "ameli", "--type", "process"], server, log):
        address = f"{server['PREFECT_API_URL']}/flow_runs/{run}"
        ended = until(address, 500, lambda answer: answer["state_type"] in TERMINAL)
    assert ended["state_type"] == "COMPLETED", log.read_text()[-4000:]
    assert (snapshot / "dataset" / "SHA256SUMS").is_file()
    assert (snapshot / "baseline" / "scores.json").is_file()
    assert "Traceback" not in log.read_text()
