"""A snapshot whose reviews and links are known, and its pages on a real server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ameli_build.browse.data import read_data
from ameli_build.browse.server import Addresses, application
from ameli_build.browse.views import Site
from ameli_build.core.snapshot import Snapshot
from tests.made import released_snapshot
from tests.report.report_world import SETTINGS, row, write_predictions


def browsed_snapshot(root: Path) -> Snapshot:
    """The made-up release; of dev and test, r3 is linked right, r4 (of p4, with hostile text) and r5 are wrong."""
    snapshot = released_snapshot(root, SETTINGS)
    linked = {"r3": ["p3", "p1"], "r4": ["p1", "p4"], "r5": ["p2", "p4"]}
    write_predictions(snapshot, [row(review, sorted(skus), skus, 0.8) for review, skus in linked.items()])
    return snapshot


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a server with the pages of `root`, without a slash at its end."""
    site = Site(read_data(root), Addresses(), SETTINGS)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(site), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
