"""The server: hosts and files that it serves, and the command that starts it."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from PIL import Image


def ask(url: str, target: str, host: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request(method, target, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("host", ["", "localhost", "localhost:8321", "127.0.0.1:1"])
def test_loopback_names_are_answered(url: str, host: str) -> None:
    status, headers, body = ask(url, "/", host)
    assert status == 200
    assert b"Where the reviews went" in body
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("target", ["/", "/review?id=r4", "/picture?path=x&side=200", "/no-page"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::1"])
def test_other_hosts_are_refused(url: str, host: str, target: str) -> None:
    status, _, body = ask(url, target, host)
    assert status == 400
    assert b"review" not in body


@pytest.mark.parametrize(
    "target", ["/nothing", "/missing", "/base", "/review", "/review?id=r9", "/product?sku=%00", "/review?id=%F0%28"]
)
def test_missing_pages_are_not_found(url: str, target: str) -> None:
    status, _, body = ask(url, target)
    assert status == 404
    assert b"no such page" in body


def test_the_server_accepts_no_writes(url: str) -> None:
    assert ask(url, "/", method="POST")[0] == 405


def picture_of(url: str, path: str, side: str = "200") -> tuple[int, dict[str, str], bytes]:
    return ask(url, f"/picture?{urlencode({'path': path, 'side': side})}")


def some_picture(root: Path, folder: str) -> Path:
    return next(path for path in sorted((root / folder).iterdir()) if path.suffix == ".jpg")


@pytest.mark.parametrize("folder", ["raw/images", "dataset/images"])
def test_pictures_are_small_copies_without_metadata(url: str, root: Path, folder: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    large = root / folder / "large.jpg"
    Image.new("RGB", (1200, 800), "red").save(large, exif=exif)
    status, headers, body = picture_of(url, f"{folder}/large.jpg")
    assert status == 200
    assert headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(body)).size == (200, 133)
    assert b"taken at home" in large.read_bytes()
    assert b"taken at home" not in body


@pytest.mark.parametrize("side", ["", "0", "100000", "200x", "-1"])
def test_other_sizes_are_not_made(url: str, root: Path, side: str) -> None:
    assert picture_of(url, f"raw/images/{some_picture(root, 'raw/images').name}", side)[0] == 404


def test_no_other_file_is_served(url: str, root: Path) -> None:
    secret = root.parent / "secret.jpg"
    Image.new("RGB", (9, 9), "blue").save(secret)
    images = root / "raw" / "images"
    (images / "linked.jpg").symlink_to(secret)
    (root / "settings").mkdir()
    Image.new("RGB", (9, 9)).save(root / "settings" / "own.jpg")
    (images / "page.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    Image.new("1", (15_000, 15_000)).save(images / "bomb.png")
    for path in (
        "../secret.jpg", str(secret), "raw/images/../../../secret.jpg", "raw/images/linked.jpg", "settings/own.jpg",
        "raw/images/page.svg", "raw/images/bomb.png", "raw/images", "run.json", "catalog/reviews.parquet", "", "\0",
        f"raw/images/{'x' * 5000}.jpg",
    ):  # fmt: skip
        status, _, body = picture_of(url, path)
        assert (path, status, body) == (path, 404, b"")


def run(*arguments: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ameli_build", "browse", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal_ends_it(root: Path, number: int) -> None:
    with run(root, "--port", "0") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "Ctrl-C ends it" in line
        assert ask(line.split("/ ")[0], "/review?id=r4")[0] == 200
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


def test_a_used_port_and_a_missing_folder_are_reported_in_one_line(url: str, root: Path, tmp_path: Path) -> None:
    for arguments, status in (((root, "--port", str(urlsplit(url).port)), 1), ((tmp_path / "none",), 2)):
        with run(*arguments) as process:
            _, errors = process.communicate(timeout=60)
        assert process.returncode == status
        assert len(errors.splitlines()) == 1
