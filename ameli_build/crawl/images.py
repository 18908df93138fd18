"""An image: fetched into a file, looked at, and kept once under its SHA-256."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ameli_build.archive.body_files import Stored, keep, spool, sweep
from ameli_build.archive.records import Response
from ameli_build.core.pictures import FORMATS, MAX_PIXELS, check_scans
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl import checks as answers
from ameli_build.crawl.fetching.failures import FetchFailed, Unwanted
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.shops.base import Shop

LARGE_PIXELS = 16_000_000
"""Pictures above that are decoded one at a time."""
SHRINK = 8
_LARGE = threading.Lock()
_ALWAYS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at a picture found: why it does not decode, whether it may have been cut on its way."""

    error: str = ""
    cut: bool = False
    placeholder: bool = False

    @property
    def remarks(self) -> dict[str, str]:
        """Headers for the record of the picture."""
        told = {"Ameli-Decodes": self.error, "Ameli-Placeholder": "yes" if self.placeholder else ""}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An image that lies at `path` in its snapshot, with headers for its record."""

    response: Response
    path: str
    digest: str
    remarks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Body:
    response: Response
    stored: Stored
    extension: str
    finding: Finding


def prepare(snapshot: Snapshot) -> Path:
    """The folder of images without what a killed run left there; Pillow's warnings in the crawl's threads are muted."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    folder = snapshot.raw / "images"
    sweep(folder)
    return folder


def fetch_image(fetcher: Fetcher, snapshot: Snapshot, url: str, validators: Mapping[str, str] = _ALWAYS) -> Fetched:
    """Have the image at `url` in `raw/images/`.

    One that does not decode may have been cut on its way and is asked for once more; then it is kept as it is, with a
    word in its remarks. Raises as `Fetcher.get`, and `RunFailed` when the folder cannot be written.
    """
    folder = snapshot.raw / "images"
    bodies: list[_Body] = []

    def accept(response: Response) -> None:
        stored = response.stored or spool(folder, [response.data])
        try:
            extension = answers.image_start(stored.start(answers.START_BYTES), fetcher.shop)
            bodies.append(_Body(response, stored, extension, look(stored.path, url, fetcher.shop)))
        except BaseException:
            stored.path.unlink(missing_ok=True)
            raise
        if bodies[-1].finding.cut and len(bodies) == 1:
            raise Unwanted("undecodable", bodies[-1].finding.error)

    try:
        try:
            fetcher.get(url, "image", accept, validators)
        except FetchFailed:
            if not bodies:
                raise
        last = bodies[-1]
        path = f"{snapshot.raw.name}/{folder.name}/{keep(last.stored, last.extension).name}"
        return Fetched(last.response, path, last.stored.digest, last.finding.remarks)
    finally:
        for body in bodies:
            body.stored.path.unlink(missing_ok=True)


def look(path: Path, url: str, shop: Shop) -> Finding:
    """Decode a picture, JPEGs at an eighth of their size: that reads all of the file and needs little memory."""
    try:
        with path.open("rb") as stream:
            check_scans(stream)
        with Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN]) as image:
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:  # the stage `clean` decides, with its own limit
                return Finding(f"decompression bomb ({pixels} pixels)")
            with _LARGE if pixels > LARGE_PIXELS else nullcontext():
                image.draft(None, (image.width // SHRINK, image.height // SHRINK))
                image.load()
                return Finding(placeholder=image.format == "PNG" and shop.is_placeholder(url, True))
    except Image.DecompressionBombError:
        return Finding("decompression bomb")
    except UnidentifiedImageError:
        return Finding("not a picture that Pillow can read", cut=True)
    except Exception as error:  # a decoder raises whatever the damage makes it raise
        return Finding(" ".join(str(error).split())[:200] or type(error).__name__, cut=True)


Image.init()
