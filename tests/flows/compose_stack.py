"""The stack of docker-compose.yml without an engine: its own command lines and environment, as processes here.

Only values that an engine supplies are mapped: names of other containers become ports on loopback, ports and folders
inside a container become free ports and folders below one temporary folder, images become installed programs
(Debian's PostgreSQL, chromedriver for Selenium, this environment for the image that docker/Dockerfile makes).
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import yaml

ROOT = Path(__file__).parents[2]
POSTGRES = next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)
NOBODY = 65534
ENDED = frozenset(("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))


def free_port() -> int:
    """A port on which no process listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, patience: float = 20) -> None:
    """End a process of this test with all its children: at once for SIGKILL, as an engine ends a container."""
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(number)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in below:
        if child.is_running():
            child.kill()
    psutil.wait_procs(below, 10)


def until(event: str, get: Callable[[], Any], seconds: float, good: Callable[[Any], object] = bool) -> Any:
    """Call `get` until its value is good; raises `AssertionError` with the last value when the time is up."""
    deadline = time.monotonic() + seconds
    while not good(found := get()):
        assert time.monotonic() < deadline, f"{event}: not within {seconds:.0f} s, but {found!r:.2000}"
        time.sleep(0.3)  # another process decides when
    return found


class Stack:
    """The services of docker-compose.yml, started one by one, with variables of `.env.example` and `own` variables."""

    def __init__(self, folder: Path, own: Mapping[str, str]) -> None:
        self.folder = folder
        self.snapshots = folder / "snapshots"
        self.snapshots.mkdir()
        self.services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.variables = {**_variables(ROOT / ".env.example"), **own}
        self.ports = {name: free_port() for name in ("postgres", "prefect", "selenium", "health", "pages")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.api = f"http://127.0.0.1:{self.ports['prefect']}/api"

    def _mapped(self, text: str, service: str) -> str:
        ports = {"4200": self.ports["prefect"], "8080": self.ports["health"], "8000": self.ports["pages"]}
        if text in ports:
            return str(ports[text])
        places = {f"{name}:{old}": f"127.0.0.1:{self.ports[name]}" for name, old in _LISTENING}
        places |= {f"localhost:{old}": f"localhost:{port}" for old, port in ports.items()}
        places |= {"localhost:4201": f"localhost:{self.ports['pages']}", "0.0.0.0": "127.0.0.1"}
        places |= {"/snapshots": str(self.snapshots), "/app": str(ROOT), "/tmp": str(self.folder / service)}
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)

    def _resolved(self, value: object, service: str) -> str:
        return self._mapped(_interpolated(str(value), self.variables), service)

    def environment(self, service: str) -> dict[str, str]:
        """The environment of a service; of this process it has only the path of programs."""
        names = self.services[service].get("environment", {})
        given = {name: self._resolved(value, service) for name, value in names.items()}
        programs = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"
        return {"PATH": programs, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **given}

    def command(self, service: str) -> list[str]:
        """The command line of a service."""
        line = self.services[service]["command"]
        words = line if isinstance(line, list) else line.split()
        return [self._resolved(word, service) for word in words]

    def start(self, service: str) -> subprocess.Popen[bytes]:
        """Start a service's command; its output goes to `log`."""
        (self.folder / service).mkdir(exist_ok=True)
        with self.log(service).open("ab") as out:
            process = subprocess.Popen(
                self.command(service),
                cwd=ROOT,
                env=self.environment(service),
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[service] = process
        return process

    def log(self, service: str) -> Path:
        """The file with the output of a service."""
        return self.folder / f"{service}.log"

    def is_healthy(self, service: str) -> bool:
        """Whether the service passes its own health check."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        line = [self._resolved(word, service) for word in words]
        return subprocess.run(line, env=self.environment(service), capture_output=True, check=False).returncode == 0

    def await_health(self, service: str, seconds: float) -> None:
        """Return when the service is healthy; shows its log if it has ended or is late."""
        deadline = time.monotonic() + seconds
        while not self.is_healthy(service):
            running = self.processes[service].poll() is None
            assert running, self.log(service).read_text()[-6000:]
            assert time.monotonic() < deadline, self.log(service).read_text()[-6000:]
            time.sleep(0.5)

    def ask(self, method: str, path: str, body: object = None, password: str | None = None) -> tuple[int, Any]:
        """Status and answer of Prefect's API."""
        request = urllib.request.Request(f"{self.api}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        auth = self.variables["PREFECT_AUTH"] if password is None else password
        request.add_header("Authorization", f"Basic {base64.b64encode(auth.encode()).decode()}")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data, timeout=30) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def get(self, method: str, path: str, body: object = None) -> Any:
        """The answer of Prefect's API, which must be a success."""
        status, answer = self.ask(method, path, body)
        assert status < 300, (path, status, answer)
        return answer

    def run(self, deployment: str, parameters: Mapping[str, Any], scheduled: str) -> str:
        """Start a deployment's run as the UI does; returns its id."""
        found = self.get("GET", f"/deployments/name/{deployment}")
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": scheduled}}
        body = {"parameters": {**found["parameters"], **parameters}, "state": state}
        return str(self.get("POST", f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def await_state(self, run: str, states: frozenset[str], seconds: float) -> dict[str, Any]:
        """The run as soon as it is in one of these states."""

        def there() -> dict[str, Any] | None:
            found: dict[str, Any] = self.get("GET", f"/flow_runs/{run}")
            assert found["state_type"] in states or found["state_type"] not in ENDED, (found["state"], self.tail())
            return found if found["state_type"] in states else None

        try:
            return dict(until(f"run in {sorted(states)}", there, seconds))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None

    def tail(self) -> str:
        """The end of the worker's log."""
        return self.log("worker").read_text()[-5000:] if self.log("worker").is_file() else ""


_LISTENING = (("postgres", "5432"), ("prefect", "4200"), ("selenium", "4444"))


def _variables(path: Path) -> dict[str, str]:
    """The variables that an .env file sets."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _interpolated(text: str, variables: Mapping[str, str]) -> str:
    """`${NAME:-default}` and `${NAME:?message}` as docker compose reads them."""
    filled = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: variables.get(found[1]) or found[2], text)
    return re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: variables[found[1]], filled)


@contextmanager
def running(folder: Path, own: Mapping[str, str]) -> Iterator[Stack]:
    """PostgreSQL, server, deployments and worker, in the order in which docker-compose.yml says they depend."""
    stack = Stack(folder, own)
    with ExitStack() as cleanup:
        cleanup.enter_context(_postgres(stack))
        cleanup.enter_context(_browser(stack))
        cleanup.callback(_end_all, stack)
        stack.start("prefect")
        stack.await_health("prefect", 120)
        status = stack.start("deployments").wait(180)
        assert status == 0, stack.log("deployments").read_text()
        stack.start("worker")
        stack.await_health("worker", 60)
        yield stack


def _end_all(stack: Stack) -> None:
    for name in ("worker", "prefect"):
        if name in stack.processes and stack.processes[name].poll() is None:
            end(stack.processes[name])


@contextmanager
def _postgres(stack: Stack) -> Iterator[None]:
    """A new PostgreSQL with the user, password and database of the compose file."""
    assert POSTGRES is not None
    given = {
        name: stack._resolved(value, "postgres") for name, value in stack.services["postgres"]["environment"].items()
    }
    place = stack.folder / "postgres"
    place.mkdir()
    secret = place / "password"
    secret.write_text(given["POSTGRES_PASSWORD"])
    data, user, who = place / "data", given["POSTGRES_USER"], _not_root(place, secret)
    make = [POSTGRES / "initdb", "-D", data, "-U", user, "--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, cwd=place, **who)
    port = stack.ports["postgres"]
    line = [POSTGRES / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", place]
    with (stack.folder / "postgres.log").open("wb") as out:
        server = subprocess.Popen([*line, "-F"], cwd=place, stdout=out, stderr=out, **who)
    try:
        client = {"PGPASSWORD": given["POSTGRES_PASSWORD"], "PATH": os.environ["PATH"]}
        create = [POSTGRES / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", user, given["POSTGRES_DB"]]
        until(
            "PostgreSQL",
            lambda: not subprocess.run(create, env=client, capture_output=True, check=False).returncode,
            30,
        )
        yield
    finally:
        end(server, signal.SIGINT)


@contextmanager
def _browser(stack: Stack) -> Iterator[None]:
    """Run chromedriver at Selenium's address; it speaks the same protocol."""
    program = shutil.which("chromedriver")
    assert program is not None
    place = stack.folder / "selenium"
    place.mkdir()
    line = [program, f"--port={stack.ports['selenium']}", "--url-base=/wd/hub"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(place)}
    with (stack.folder / "selenium.log").open("wb") as out:
        driver = subprocess.Popen(line, cwd=place, env=environment, stdout=out, stderr=out, **_not_root(place))
    try:
        yield
    finally:
        end(driver)


def _not_root(*paths: Path) -> dict[str, Any]:
    """Options of a process that root must not run, as PostgreSQL and Chromium demand; it also owns these paths."""
    if os.geteuid() != 0:
        return {}
    for path in paths:
        shutil.chown(path, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that takes JSON, and the messages that it has received so far."""
    messages: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", messages
        server.shutdown()
