"""A server of pages for a single machine, and the requests that it answers."""

from __future__ import annotations

import signal
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from ameli_build.core.errors import RunFailed
from ameli_build.core.progress import say

LOOPBACK = "127.0.0.1"


def own_host(host: str = LOOPBACK) -> Middleware:
    """Answer only requests that name `host` or loopback, so that pages of other sites cannot read the answers."""
    return Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost", host], www_redirect=False)


def serve(app: Starlette, host: str, port: int, purpose: str) -> None:
    """Serve pages until Ctrl-C.

    Args:
        app: The pages.
        host: Address or name to listen at.
        port: Port; 0 for a free one.
        purpose: Purpose of the pages, printed behind their address.

    Raises:
        RunFailed: The port is taken, or there is no such address.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise RunFailed(
            f"{host}:{port}: cannot listen ({error.strerror or error}); --port names another port"
        ) from None
    with listening:
        say(f"http://{host}:{listening.getsockname()[1]}/ {purpose}; Ctrl-C ends it")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # uvicorn catches the signals, and raises them again when it ends
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
