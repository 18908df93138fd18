"""Serve the shop of the benchmark on loopback from memory: one process, one loop, compressed bodies.

`python benchmarks/static_server.py '{"pages": 2000, "reviews": 20000}'` prints its URL when all pages exist, and
ends with its standard input.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys

from shop_pages import Pages, Size, answer

_MISSING = answer("text/plain", b"not here", status="404 Not Found")


class _Connection(asyncio.Protocol):
    """A keep-alive connection; the answer to each request comes from the table of answers."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(1 << 20)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer all complete requests."""
        *requests, self._waiting = (self._waiting + data).split(b"\r\n\r\n")
        for request in requests:
            _, target, _ = request.split(b" ", 2)
            self._transport.write(self._answers.get(target, _MISSING))


async def _serve(listening: socket.socket, answers: dict[bytes, bytes], url: str) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers), sock=listening, backlog=512)
    print(json.dumps({"url": url, "bytes": sum(map(len, answers.values())), "answers": len(answers)}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Make the shop that the argument describes, and serve it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        pages = Pages(Size(**json.loads(sys.argv[1])), url)
        answers = {target.encode(): whole for target, whole in pages.answers()}
        gc.freeze()
        asyncio.run(_serve(listening, answers, url))


if __name__ == "__main__":
    main()
