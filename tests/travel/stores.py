"""Places to which snapshots are pushed: a folder, and an S3 server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer


@dataclass(frozen=True)
class Store:
    """A place, with its content as another program sees it."""

    url: str

    @property
    def files(self) -> Any:
        files = fsspec.core.url_to_fs(self.url)[0]
        files.invalidate_cache()
        return files

    @property
    def root(self) -> str:
        return str(fsspec.core.url_to_fs(self.url)[1])

    def content(self) -> dict[str, bytes]:
        files = self.files
        return {name.split(f"{self.root}/")[1]: files.cat_file(name) for name in files.find(self.root)}

    def sizes(self) -> dict[str, int]:
        found = self.files.find(self.root, detail=True)
        return {name.split(f"{self.root}/")[1]: about["size"] for name, about in found.items()}

    def changed(self, name: str) -> datetime:
        """When a file was last written."""
        written: datetime = self.files.modified(f"{self.root}/{name}")
        return written

    def late(self, transfers: int) -> int:
        """How many of a dead client's transfers can still end: a server finishes requests that it has received."""
        return 0 if self.url.startswith("file:") else transfers

    def write(self, name: str, body: bytes) -> None:
        self.files.pipe_file(f"{self.root}/{name}", body)

    def remove(self, name: str) -> None:
        self.files.rm_file(f"{self.root}/{name}")


@contextmanager
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A real S3 server on loopback; the name of a bucket in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        values = {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        s3fs.S3FileSystem().makedirs("bucket", exist_ok=True)  # servers of one process share their buckets
        yield "bucket"
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()


@contextmanager
def store_of(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    if kind == "file":
        yield Store(f"file://{folder}/store")
        return
    with s3_server(monkeypatch) as bucket:
        yield Store(f"s3://{bucket}/{folder.name}/2026-11")
