"""Downloads from plain URLs; the loopback server may disconnect, refuse, or send wrong content."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hub.loopback import LoopbackHub

from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.models import download as module
from ameli_build.models.download import Download, download_of, downloads
from ameli_build.models.sources import sources_of

BODY = bytes(range(256)) * 40
DIGEST = hashlib.sha256(BODY).hexdigest()


def zipped(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


class Site(LoopbackHub):
    """A server of a folder of downloads, and a table with their addresses for `AMELI_DOWNLOADS`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (folder / "downloads").mkdir()
        (folder / "revisions.json").write_text("{}")
        super().__init__(folder)
        self.tables = 0
        self._set = monkeypatch.setenv

    def offer(self, files: dict[str, bytes], more: str, name: str = "thing") -> Download:
        """Serve files, and enter them in the table as one download; `more` holds further lines of its entry."""
        for file, body in files.items():
            (self.folder / "downloads" / file).write_bytes(body)
        urls = [f"{self.address}/downloads/{file}" for file in files]
        return self.enter(f'["{name}"]\nurl = {urls}\n{more}\n', name)

    def enter(self, table: str, name: str = "thing") -> Download:
        """Write the table to a file, and return its download of this name."""
        self.tables += 1
        path = self.folder / f"table-{self.tables}.toml"
        path.write_text(table)
        self._set("AMELI_DOWNLOADS", str(path))
        found = download_of(name)
        assert found is not None
        return found

    def begins(self) -> list[int]:
        """The first byte of each requested body."""
        return [request.begin for request in self.asked if request.method == "GET"]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    with Site(tmp_path, monkeypatch) as opened:
        yield opened


def files_of(download: Download) -> list[str]:
    """All files in the folder of a download."""
    return sorted(path.relative_to(download.folder).as_posix() for path in download.folder.rglob("*") if path.is_file())


def partial_of(download: Download, file: str) -> Path:
    """The file that holds the beginning of a body between two tries."""
    return download.folder.with_name(f"{download.folder.name}.{file}.partial")


def test_a_file_is_fetched_once(site: Site) -> None:
    found = site.offer({"thing.pth": BODY}, f'version = "2"\nlicence = "mit"\nfiles = {{ "thing.pth" = "{DIGEST}" }}')
    assert found.problem() == "not fetched"
    found.fetch()
    assert found.problem(whole=True) == ""
    assert (found.folder / "thing.pth").read_bytes() == BODY
    assert (found.facts.revision, found.facts.licence, found.facts.size) == ("2", "mit", len(BODY))
    assert not partial_of(found, "thing.pth").exists()
    found.fetch()
    assert site.begins() == [0]


def test_a_damaged_file_is_fetched_again(site: Site) -> None:
    found = site.offer({"thing.pth": BODY}, f'files = {{ "thing.pth" = "{DIGEST}" }}')
    found.fetch()
    (found.folder / "thing.pth").write_bytes(BODY[::-1])
    found.fetch()
    assert (found.folder / "thing.pth").read_bytes() == BODY
    assert site.begins() == [0, 0]


def test_a_digest_may_be_shortened_as_in_torchvisions_file_names(site: Site) -> None:
    name = f"resnet-{DIGEST[:8]}.pth"
    found = site.offer({name: BODY}, f'files = {{ "{name}" = "{DIGEST[:8]}" }}', "torchvision:resnet18")
    found.fetch()
    assert found.problem(whole=True) == ""
    assert sources_of("resnet", "torchvision:resnet18") == (found,)


def test_a_folder_of_an_archive_is_unpacked(site: Site) -> None:
    body = zipped({"pipe/pipe-1/meta.json": b"{}", "pipe/pipe-1/vocab/key": b"k", "pipe/__init__.py": b"", "x": b"x"})
    more = f'folder = "pipe/pipe-1"\nsha256 = "{hashlib.sha256(body).hexdigest()}"'
    found = site.offer({"pipe-1.whl": body}, more)
    found.fetch()
    assert files_of(found) == ["meta.json", "vocab/key"]
    assert not partial_of(found, "pipe-1.whl").exists()


def test_only_the_named_files_are_unpacked_from_the_top_of_an_archive(site: Site) -> None:
    archives = {"one.zip": zipped({"one.pth": b"one", "readme": b"r"}), "two.zip": zipped({"two.pth": b"two"})}
    digests = {name: hashlib.sha256(name[:3].encode()).hexdigest() for name in ("one.pth", "two.pth")}
    lines = "\n".join(f'"{name}" = "{digest}"' for name, digest in digests.items())
    found = site.offer(archives, f'folder = ""\n["thing".files]\n{lines}')
    found.fetch()
    assert files_of(found) == ["one.pth", "two.pth"]
    assert found.facts.size == 6


def test_members_outside_the_folder_are_not_unpacked(site: Site, tmp_path: Path) -> None:
    body = zipped({"in/../../../out": b"bad", "in/good": b"good"})
    found = site.offer({"t.zip": body}, f'folder = "in"\nsha256 = "{hashlib.sha256(body).hexdigest()}"')
    found.fetch()
    assert files_of(found) == ["good"]
    assert not list(tmp_path.rglob("out"))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies are written in pieces of a kilobyte instead of a megabyte."""
    monkeypatch.setattr(module, "PIECE", 1 << 10)


@pytest.mark.usefixtures("small_pieces")
def test_a_broken_download_resumes_where_it_stopped(site: Site) -> None:
    found = site.offer({"thing.pth": BODY}, f'files = {{ "thing.pth" = "{DIGEST}" }}')
    site.cut("thing.pth", 4000)
    with pytest.raises(RunFailed, match=r"^thing: http.*/thing\.pth: the connection broke; run the command again"):
        found.fetch()
    assert found.problem() == "not fetched"
    begin = partial_of(found, "thing.pth").stat().st_size
    assert 3000 <= begin <= 4000
    found.fetch()
    assert site.begins() == [0, begin]
    assert (found.folder / "thing.pth").read_bytes() == BODY
    assert not partial_of(found, "thing.pth").exists()


@pytest.mark.usefixtures("small_pieces")
def test_only_the_broken_download_of_two_archives_resumes(site: Site) -> None:
    digests = [f'"{name}" = "{hashlib.sha256(body).hexdigest()}"' for name, body in (("a", b"a" * 9), ("b", BODY))]
    with zipfile.ZipFile(stored := io.BytesIO(), "w") as archive:
        archive.writestr("b", BODY)
    archives = {"a.zip": zipped({"a": b"a" * 9}), "b.zip": stored.getvalue()}
    found = site.offer(archives, 'folder = ""\n["thing".files]\n' + "\n".join(digests))
    site.cut("b.zip", 5000)
    with pytest.raises(RunFailed, match=r"b\.zip: the connection broke"):
        found.fetch()
    begin = partial_of(found, "b.zip").stat().st_size
    assert begin > 0
    found.fetch()
    assert site.begins()[-1] == begin
    assert files_of(found) == ["a", "b"]


def test_a_server_without_ranges_sends_the_whole_file_again(site: Site, tmp_path: Path) -> None:
    class Plain(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    (tmp_path / "downloads" / "thing.pth").write_bytes(BODY)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Plain, directory=str(tmp_path / "downloads"))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/thing.pth"
        found = site.enter(f'[thing]\nurl = "{address}"\nfiles = {{ "thing.pth" = "{DIGEST}" }}')
        found.folder.parent.mkdir(parents=True)
        partial_of(found, "thing.pth").write_bytes(BODY[:3000])
        found.fetch()
        server.shutdown()
    assert (found.folder / "thing.pth").read_bytes() == BODY


def test_a_wrong_beginning_as_long_as_the_file_is_fetched_again(site: Site) -> None:
    found = site.offer({"thing.pth": BODY}, f'files = {{ "thing.pth" = "{DIGEST}" }}')
    found.folder.parent.mkdir(parents=True)
    partial_of(found, "thing.pth").write_bytes(b"x" * len(BODY))
    found.fetch()
    assert site.begins() == [len(BODY), 0]
    assert (found.folder / "thing.pth").read_bytes() == BODY


@pytest.mark.parametrize("of", ["archive", "file"])
def test_a_wrong_digest_is_refused_and_leaves_no_file(site: Site, of: str) -> None:
    body = zipped({"weights": BODY}) if of == "archive" else BODY
    wrong = hashlib.sha256(b"another").hexdigest()
    more = f'folder = ""\nsha256 = "{wrong}"' if of == "archive" else f'files = {{ "thing.pth" = "{wrong}" }}'
    found = site.offer({"thing.pth": body}, more)
    for _ in range(2):
        with pytest.raises(RunFailed, match=r"^thing: .*thing\.pth.* is not the expected file"):
            found.fetch()
        assert files_of(found) == []
        assert not partial_of(found, "thing.pth").exists()
        assert found.problem() == "not fetched"


def test_an_unexpected_file_in_an_archive_is_refused(site: Site) -> None:
    found = site.offer({"t.zip": zipped({"weights": b"another"})}, f'folder = ""\nfiles = {{ "weights" = "{DIGEST}" }}')
    with pytest.raises(RunFailed, match=r"^thing: weights is not the expected file \(http.*/t\.zip\)"):
        found.fetch()
    assert files_of(found) == []
    assert found.problem() == "not fetched"


def damaged(body: bytes, member: str = "weights") -> bytes:
    """The archive, with a block of an invalid type at the start of its first member."""
    begin = 30 + len(member)
    return body[:begin] + b"\x07" + body[begin + 1 :]


@pytest.mark.parametrize(
    "body",
    [b"<html>please log in</html>", damaged(zipped({"weights": BODY}))],
    ids=["a page instead", "damaged"],
)
def test_an_invalid_archive_leaves_no_beginning_to_resume_from(site: Site, body: bytes) -> None:
    found = site.offer({"t.zip": body}, f'folder = ""\nfiles = {{ "weights" = "{DIGEST}" }}')
    with pytest.raises(RunFailed, match=r"^thing: http.*/t\.zip: \w+"):
        found.fetch()
    assert not partial_of(found, "t.zip").exists()
    site.offer({"t.zip": zipped({"weights": BODY})}, f'folder = ""\nfiles = {{ "weights" = "{DIGEST}" }}')
    found.fetch()
    assert (found.folder / "weights").read_bytes() == BODY


def test_a_file_missing_on_the_server_is_reported(site: Site) -> None:
    found = site.offer({"thing.pth": BODY}, f'files = {{ "thing.pth" = "{DIGEST}" }}')
    site.take_away("thing.pth")
    with pytest.raises(RunFailed) as failed:
        found.fetch()
    assert str(failed.value) == f"thing: {found.urls[0]}: 404 Not Found"
    assert files_of(found) == []


@pytest.mark.parametrize(("status", "said"), [(401, "401 Unauthorized"), (403, "403 Forbidden")])
def test_a_refusal_is_reported(site: Site, status: int, said: str) -> None:
    found = site.offer({"thing.pth": BODY}, f'files = {{ "thing.pth" = "{DIGEST}" }}')
    site.shut(status)
    with pytest.raises(RunFailed) as failed:
        found.fetch()
    assert str(failed.value) == f"thing: {found.urls[0]}: {said}"
    assert not partial_of(found, "thing.pth").exists()


def test_an_unreachable_address_is_reported(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # but not listening
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/thing.pth"
        found = site.enter(f'[thing]\nurl = "{url}"\nsha256 = "{DIGEST}"')
        with pytest.raises(RunFailed) as failed:
            found.fetch()
    assert str(failed.value) == f"thing: {url}: no connection"


def test_a_silent_server_is_reported(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/thing.pth"
        found = site.enter(f'[thing]\nurl = "{url}"\nsha256 = "{DIGEST}"')
        with pytest.raises(RunFailed) as failed:
            found.fetch()
    assert str(failed.value) == f"thing: {url}: the server stopped responding"


def test_entries_of_the_user_replace_ours_and_keep_the_others(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMELI_DOWNLOADS", raising=False)
    ours = dict(downloads())
    site.enter(f'[en_core_web_lg]\nurl = "http://mirror/lg.whl"\nsha256 = "{DIGEST}"\n', "en_core_web_lg")
    assert downloads()["en_core_web_lg"]["url"] == "http://mirror/lg.whl"
    assert {name: entry for name, entry in downloads().items() if entry != ours[name]}.keys() == {"en_core_web_lg"}
    assert ours.keys() == downloads().keys() >= {"en_core_web_sm", "easyocr", "torchvision:resnet152"}


def test_every_entry_of_ours_has_digest_licence_size_and_https_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMELI_DOWNLOADS", raising=False)
    for name in downloads():
        found = download_of(name)
        assert found is not None
        assert all(url.startswith("https://") for url in found.urls)
        assert found.archive or found.digests
        assert found.size > 0
        assert found.version
        assert found.licence != "unknown"
    assert download_of("no_such_pipeline") is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[thing", "thing|Expected|expected"),
        ('[thing]\nurl = "http://a/b"\n', "thing needs url, and sha256 or files"),
        ('[thing]\nsha256 = "00"\n', "thing needs url, and sha256 or files"),
        ('thing = "http://a/b"\n', "thing needs url, and sha256 or files"),
        (None, "No such file"),
    ],
)
def test_an_unusable_table_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str | None, said: str
) -> None:
    path = tmp_path / "table.toml"
    if table is not None:
        path.write_text(table)
    monkeypatch.setenv("AMELI_DOWNLOADS", str(path))
    with pytest.raises(UnusableInput, match=rf"AMELI_DOWNLOADS: .*table\.toml: .*({said})"):
        downloads()
