"""Images from a real server: streamed, inspected, stored once, and never lost."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clean.pictures_made import encoded, photograph, png_header
from faults.http_faults import AbortedChunks, Fault, LyingLength, Page, Reset, Rewrite, Rule, Status
from faults.server import always, misbehaving
from PIL import Image

from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import CrawlSettings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.crawl.fetching.failures import FetchFailed, Unchanged
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.crawl.images import Fetched, fetch_image, inspect, prepare
from ameli_build.demo.answers import Answer
from ameli_build.shops import BESTBUY

JPEG = encoded(photograph(side=300))
DRAWING = encoded(Image.new("RGB", (60, 60), "#eeeeee"), "PNG")
CUT = Rewrite(lambda body: body[: len(body) // 2])


class Camera:
    """Fetches images of a server into a snapshot."""

    def __init__(self, root: Path, server: Any, **settings: Any) -> None:
        values = {"rate": 1e4, "backoff": 0.001, "retries": 2, "read_timeout": 1.0} | settings
        self.snapshot = Snapshot(root)
        self.server = server
        folder = prepare(self.snapshot)
        self.fetcher = Fetcher(CrawlSettings(site_url=server.url, **values), images=folder)

    def get(self, name: str = "lamp.jpg", **more: Any) -> Fetched:
        return fetch_image(self.fetcher, self.snapshot, f"{self.server.url}/{name}", **more)

    def asked(self, name: str = "lamp.jpg") -> int:
        return sum(seen.target == f"/{name}" for seen in self.server.seen)

    @property
    def files(self) -> list[str]:
        """Names in the folder of images, hidden files included."""
        return sorted(path.name for path in self.snapshot.raw.glob("images/*"))


@contextmanager
def camera(root: Path, *rules: Rule, bodies: dict[str, bytes] | None = None, **settings: Any) -> Iterator[Camera]:
    pages = {f"/{name}": Answer(body, "image/jpeg") for name, body in (bodies or {"lamp.jpg": JPEG}).items()}
    with misbehaving(pages, *rules) as server:
        made = Camera(root, server, **settings)
        try:
            yield made
        finally:
            made.fetcher.close()


def test_an_image_is_stored_under_its_digest(tmp_path: Path) -> None:
    with camera(tmp_path) as at:
        image = at.get()
    assert image.path == f"raw/images/{image.digest}.jpg"
    assert (tmp_path / image.path).read_bytes() == JPEG
    assert file_digest(tmp_path / image.path) == image.digest
    assert (image.remarks, len(at.files)) == ({}, 1)
    assert (tmp_path / image.path).stat().st_mode & 0o777 == 0o644


def test_the_same_bytes_under_two_addresses_are_stored_once(tmp_path: Path) -> None:
    with camera(tmp_path, bodies={"a.jpg": JPEG, "b.jpg": JPEG}) as at:
        assert at.get("a.jpg").path == at.get("b.jpg").path
        assert len(at.files) == 1


def test_a_truncated_image_is_complete_after_a_retry(tmp_path: Path) -> None:
    with camera(tmp_path, always(CUT, "lamp", times=1)) as at:
        image = at.get()
        assert ((tmp_path / image.path).read_bytes(), image.remarks) == (JPEG, {})
        assert (at.asked(), len(at.files), at.fetcher.retried) == (2, 1, {"undecodable": 1})


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_an_undecodable_image_is_stored_with_a_remark(tmp_path: Path, retries: int) -> None:
    with camera(tmp_path, always(CUT, "lamp"), retries=retries) as at:
        image = at.get()
        assert (tmp_path / image.path).read_bytes() == JPEG[: len(JPEG) // 2]
        assert "truncated" in image.remarks["Ameli-Decodes"]
        assert (at.asked(), at.files) == (min(retries, 1) + 1, [Path(image.path).name])


def test_a_truncated_image_is_stored_if_its_retry_fails(tmp_path: Path) -> None:
    rules = (always(CUT, "lamp", times=1), always(Status(404), "lamp"))
    with camera(tmp_path, *rules) as at:
        assert "truncated" in at.get().remarks["Ameli-Decodes"]
        assert (at.asked(), len(at.files)) == (2, 1)


def test_a_bomb_is_stored_and_not_decoded(tmp_path: Path) -> None:
    with camera(tmp_path, bodies={"lamp.jpg": png_header(12_000, 12_000)}) as at:
        assert at.get().remarks["Ameli-Decodes"].startswith("decompression bomb")
        assert at.asked() == 1


@pytest.mark.parametrize(
    ("name", "body", "marked"),
    [("lamp.jpg", DRAWING, True), ("lamp.png", DRAWING, False), ("lamp.jpg", JPEG, False)],
)
def test_the_placeholder_has_a_remark(tmp_path: Path, name: str, body: bytes, marked: bool) -> None:
    with camera(tmp_path, bodies={name: body}) as at:
        assert at.get(name).remarks == ({"Ameli-Placeholder": "yes"} if marked else {})


def test_a_png_of_any_colours_is_the_placeholder_on_hosts_of_the_shop_only(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    for body in (encoded(photograph(), "PNG"), DRAWING):
        path.write_bytes(body)
        assert inspect(path, "https://pisces.bbystatic.com/a.jpg;maxHeight=9", BESTBUY).placeholder
        assert not inspect(path, "https://photos-us.bazaarvoice.com/photo/2/a.jpg", BESTBUY).placeholder


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Page(b"<html><title>Access Denied</title></html>"), "blocked"),
        (Page(b"<html>gone</html>"), "wrong_type"),
        (Page(b"", "image/jpeg"), "empty"),
        (LyingLength(100), "short_body"),
        (AbortedChunks(), "short_body"),
        (Reset(), "connection"),
        (Status(404), "http_404"),
    ],
    ids=str,
)
def test_a_failed_image_leaves_no_file(tmp_path: Path, fault: Fault, kind: str) -> None:
    with camera(tmp_path, always(fault, "lamp"), retries=1) as at:
        with pytest.raises(FetchFailed) as caught:
            at.get()
        assert caught.value.kind == kind
        assert at.files == []


def test_an_image_above_the_limit_leaves_no_file(tmp_path: Path) -> None:
    with camera(tmp_path, max_image_bytes=1000) as at:
        with pytest.raises(FetchFailed, match="too_large"):
            at.get()
        assert not list(tmp_path.rglob("*.*"))


def test_an_unchanged_image_is_not_sent_again(tmp_path: Path) -> None:
    with camera(tmp_path) as at:
        tag = dict(at.get().response.headers)["ETag"]
        with pytest.raises(Unchanged):
            at.get(validators={"If-None-Match": tag})
        assert len(at.files) == 1


def test_a_compressed_image_is_decompressed(tmp_path: Path) -> None:
    packed = Answer(gzip.compress(JPEG), "image/jpeg", headers=(("Content-Encoding", "gzip"),))
    with misbehaving({"/lamp.jpg": packed}) as server:
        at = Camera(tmp_path, server)
        image = at.get()
        at.fetcher.close()
    assert ((tmp_path / image.path).read_bytes(), len(at.files)) == (JPEG, 1)


def test_partial_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "images"
    folder.mkdir(parents=True)
    (folder / ".fetched-abc.partial").write_bytes(b"half")
    (folder / f"{'0' * 64}.jpg").write_bytes(JPEG)
    assert prepare(Snapshot(tmp_path)) == folder
    assert [path.name for path in folder.iterdir()] == [f"{'0' * 64}.jpg"]


def test_an_unwritable_folder_ends_the_crawl(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "images").write_bytes(b"a file")
    with camera(tmp_path) as at, pytest.raises(RunFailed, match=r"raw/images: cannot be written"):
        at.get()


def test_memory_does_not_grow_with_the_size_of_an_image(tmp_path: Path) -> None:
    noise = JPEG + b"\0" * 20_000_000
    with camera(tmp_path, bodies={"lamp.jpg": noise}, read_timeout=20) as at:
        at.get()
        tracemalloc.start()
        image = at.get()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (tmp_path / image.path).stat().st_size == len(noise)
    assert peak < 3_000_000


def scans(number: int) -> bytes:
    """A small progressive JPEG that repeats its last scan `number` times."""
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 50).convert("RGB").save(buffer, "JPEG", progressive=True)
    body = buffer.getvalue()
    last = body.rindex(b"\xff\xda")
    return body[:last] + body[last:-2] * number + body[-2:]


@pytest.mark.parametrize(("number", "error"), [(1, ""), (60, ""), (200, "bomb"), (20_000, "bomb")])
def test_the_scans_of_a_jpeg_are_counted_before_it_is_decoded(tmp_path: Path, number: int, error: str) -> None:
    (tmp_path / "a.jpg").write_bytes(scans(number))
    start = time.process_time()
    found = inspect(tmp_path / "a.jpg", "http://shop/a.jpg", BESTBUY).error
    assert (error in found) if error else not found
    assert time.process_time() - start < 2
