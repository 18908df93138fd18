"""A team's server as a process of its own, and people who answer as the page does."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import requests

from ameli_build.annotation.team.server import TeamServer
from ameli_build.annotation.team.store import saved_answers
from ameli_build.annotation.team.team import Team, make_team
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from tests.made import released_snapshot

SETTINGS = load_settings("demo")


def snapshot_of(root: Path, reviews: int) -> Snapshot:
    """A released snapshot whose test split has this many reviews of p4, at position 4 of four."""
    snapshot = released_snapshot(root)
    path = snapshot.dataset / "test.parquet"
    review = pl.read_parquet(path).tail(1)
    write_table(path, pl.concat([review.with_columns(review_id=pl.lit(f"m{n:03d}")) for n in range(reviews)]))
    return snapshot


@contextmanager
def served(
    snapshot: Snapshot, annotators: int, overlap: int, task: str = "clean-test", host: str = "127.0.0.1"
) -> Iterator[tuple[Team, Any]]:
    """A team and the links of its server, which runs in a thread."""
    team = make_team(snapshot, task, annotators, overlap, SETTINGS)
    server = TeamServer(team, host, 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield team, server.links()
    finally:
        server.stop()
        thread.join()


def post(link: str, review_id: Any, record: Any, **headers: str) -> requests.Response:
    """Send an answer as the page of this link does."""
    origin = "/".join(link.split("/")[:3])
    return requests.post(
        f"{link}answers", json={"review_id": review_id, "record": record}, headers={"Origin": origin} | headers
    )


@dataclass
class ServerProcess:
    """`ameli sheets serve`, which can be killed and started again at the same address."""

    snapshot: Snapshot
    annotators: int
    overlap: int
    port: int = 0
    links: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Start; returns when it listens."""
        command = ["sheets", "serve", str(self.snapshot.root), "--profile", "demo", "--port", str(self.port)]
        numbers = ["--annotators", str(self.annotators), "--overlap", str(self.overlap)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ameli_build", *command, *numbers], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        lines = [self._process.stdout.readline() for _ in range(self.annotators + 1)]
        self.links = dict(line.strip().split(": ", 1) for line in lines)
        self.port = int(self.links["lead"].split("/")[2].rpartition(":")[2])

    def kill(self) -> None:
        """Kill without warning."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def saved(self) -> dict[tuple[str, str], Any]:
        """The choices on disk by annotator and review."""
        return {
            (file["annotator"], row["review_id"]): row["choice"]
            for file in saved_answers(self.database)
            for row in file["answers"]
        }

    @property
    def database(self) -> Path:
        """The file of the answers."""
        (path,) = (self.snapshot.root / "sheets" / "team").glob("*.sqlite")
        return path
