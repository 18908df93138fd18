"""Fetching an image: into a file, checked, stored once under its SHA-256."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ameli_build.archive.body_files import Stored, keep, store_pieces, sweep
from ameli_build.archive.records import Response
from ameli_build.core.pictures import FORMATS, MAX_PIXELS, check_scans
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl import checks
from ameli_build.crawl.fetching.failures import FetchFailed, Unwanted
from ameli_build.crawl.fetching.fetch import Fetcher
from ameli_build.shops.base import Shop

LARGE_PIXELS = 16_000_000
"""Larger pictures are decoded one at a time."""
SHRINK = 8
_LARGE = threading.Lock()
_ALWAYS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Inspection:
    """The state of a picture: why it cannot be decoded ("" if it can), and whether it may have been cut in transit."""

    error: str = ""
    cut: bool = False
    placeholder: bool = False

    @property
    def remarks(self) -> dict[str, str]:
        """Headers for the record of the picture."""
        headers = {"Ameli-Decodes": self.error, "Ameli-Placeholder": "yes" if self.placeholder else ""}
        return {name: value for name, value in headers.items() if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A stored image: its path in the snapshot, and headers for its record."""

    response: Response
    path: str
    digest: str
    remarks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Body:
    response: Response
    stored: Stored
    extension: str
    inspection: Inspection


def prepare(snapshot: Snapshot) -> Path:
    """The folder of images, without leftovers of a killed run. Also mutes Pillow's warnings in the crawl's threads."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    folder = snapshot.raw / "images"
    sweep(folder)
    return folder


def fetch_image(fetcher: Fetcher, snapshot: Snapshot, url: str, validators: Mapping[str, str] = _ALWAYS) -> Fetched:
    """Fetch the image at `url` into `raw/images/`.

    An image that does not decode may have been cut in transit and is requested once more. If it still does not decode,
    it is stored as it is, with a remark.

    Raises:
        RunFailed: The folder cannot be written.
        FetchFailed, Unchanged: As `Fetcher.get`.
    """
    folder = snapshot.raw / "images"
    bodies: list[_Body] = []

    def accept(response: Response) -> None:
        stored = response.stored or store_pieces(folder, [response.data])
        try:
            extension = checks.image_start(stored.start(checks.START_BYTES), fetcher.shop)
            bodies.append(_Body(response, stored, extension, inspect(stored.path, url, fetcher.shop)))
        except BaseException:
            stored.path.unlink(missing_ok=True)
            raise
        if bodies[-1].inspection.cut and len(bodies) == 1:
            raise Unwanted("undecodable", bodies[-1].inspection.error)

    try:
        try:
            fetcher.get(url, "image", accept, validators)
        except FetchFailed:
            if not bodies:
                raise
        last = bodies[-1]
        path = f"{snapshot.raw.name}/{folder.name}/{keep(last.stored, last.extension).name}"
        return Fetched(last.response, path, last.stored.digest, last.inspection.remarks)
    finally:
        for body in bodies:
            body.stored.path.unlink(missing_ok=True)


def inspect(path: Path, url: str, shop: Shop) -> Inspection:
    """Decode a picture. JPEGs are decoded at an eighth of their size, which reads the whole file in little memory."""
    try:
        with path.open("rb") as stream:
            check_scans(stream)
        with Image.open(path, formats=[name for name in FORMATS if name in Image.OPEN]) as image:
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:  # the stage `clean` decides, with its own limit
                return Inspection(f"decompression bomb ({pixels} pixels)")
            with _LARGE if pixels > LARGE_PIXELS else nullcontext():
                image.draft(None, (image.width // SHRINK, image.height // SHRINK))
                image.load()
                return Inspection(placeholder=image.format == "PNG" and shop.is_placeholder(url, True))
    except Image.DecompressionBombError:
        return Inspection("decompression bomb")
    except UnidentifiedImageError:
        return Inspection("not a picture that Pillow can read", cut=True)
    except Exception as error:  # decoders raise many kinds of errors for damaged pictures
        return Inspection(" ".join(str(error).split())[:200] or type(error).__name__, cut=True)


Image.init()
