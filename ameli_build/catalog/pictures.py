"""Bodies for the image references of ingested records, from a folder or from the web."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize
from urllib.parse import urlsplit

from ameli_build.archive.bodies import image_extension
from ameli_build.archive.records import Response
from ameli_build.core.progress import track
from ameli_build.core.records import Picture
from ameli_build.core.settings import CrawlSettings, Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.fetching.failures import FetchFailed, Unwanted
from ameli_build.crawl.fetching.fetch import Fetcher


def from_folder(snapshot: Snapshot, folder: Path | None, reference: str, limit: int) -> Picture:
    """Store the picture at a path below `folder`, of at most `limit` bytes. Reads nothing outside, also by links."""
    if folder is None:
        return Picture(reference, None, "no images folder was given")
    try:
        path = _inside(folder.resolve(), reference)
        if path is None:
            return Picture(reference, None, "leads out of the images folder")
        if not path.is_file():
            return Picture(reference, None, "not a file" if path.exists() else "no such file")
        if path.stat().st_size > limit:
            return Picture(reference, None, f"larger than {limit:,} bytes")
        return _stored(snapshot, reference, path.read_bytes())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long
        return Picture(reference, None, f"cannot be read ({getattr(error, 'strerror', None) or 'a bad path'})")


def _inside(root: Path, reference: str) -> Path | None:
    r"""The file of a reference; None if it lies outside of `root`.

    If there is no such file, `\\` is tried as a separator, and names in the other Unicode form: macOS decomposes names.
    """
    path = (root / reference).resolve()
    if not path.exists():
        path = _same_name(root, Path(reference.replace("\\", "/"))).resolve()
    return path if path.is_relative_to(root) else None


def _same_name(root: Path, reference: Path) -> Path:
    """The path below `root` that equals `reference` in any Unicode form; exact names go first."""
    path = root
    for part in reference.parts:
        exact = path / part
        if exact.exists() or exact.is_symlink() or not path.is_dir():
            path = exact
        else:
            path /= _names_in(path, path.stat().st_mtime_ns).get(normalize("NFC", part), part)
    return path


@lru_cache(maxsize=256)
def _names_in(folder: Path, changed: int) -> Mapping[str, str]:
    """The names in a folder that last `changed` then, by their composed form; the first of equal names."""
    names = sorted((path.name for path in folder.iterdir()), reverse=True)
    return {normalize("NFC", name): name for name in names if not name.isascii()}


def _stored(snapshot: Snapshot, reference: str, body: bytes) -> Picture:
    return Picture(reference, snapshot.store_image(body, image_extension(body) or "bin"))


def from_web(snapshot: Snapshot, urls: Sequence[str], settings: Settings) -> Iterator[Picture]:
    """Download pictures from the hosts of their URLs, as politely as a crawl does.

    Loopback and private addresses are refused unless the settings allow them. A host that keeps refusing, or is down,
    is given up; the other hosts are not.
    """
    hosts = tuple(sorted({host for url in urls if (host := _host(url))}))
    own = {"site_url": CrawlSettings.model_fields["site_url"].default, "hosts": (), "image_hosts": hosts}
    fetcher = Fetcher(settings.crawl.model_copy(update=own), without_site=True)

    def fetch(url: str) -> Picture:
        try:
            response, _ = fetcher.get(url, "image", _filled)
        except FetchFailed as failure:
            return Picture(url, None, failure.kind)
        return _stored(snapshot, url, response.data)

    try:
        with ThreadPoolExecutor(settings.crawl.threads) as pool:
            yield from track(pool.map(fetch, urls), "fetch images", len(urls), "pictures")
    finally:
        fetcher.stop.set()
        fetcher.close()


def _filled(response: Response) -> None:
    if not response.data:
        raise Unwanted("empty", "an empty body")


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
