"""Copying the user's own raw records into a snapshot, in place of a crawl (contract, section 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from ameli_build.catalog.build import CUT_OFF, MAP, STAGE, read_map, write_lines
from ameli_build.catalog.links import references_in
from ameli_build.catalog.pictures import from_folder, from_web
from ameli_build.core.checksums import recorded
from ameli_build.core.copies import copy_file
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.progress import say, track
from ameli_build.core.records import Picture
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.ingest.fields import refuse_hollow
from ameli_build.ingest.raw_files import FORMS, form_of, read_products
from ameli_build.ingest.raw_records import is_url
from ameli_build.ingest.raw_tables import ReviewFile
from ameli_build.provenance import write_run_record


def ingest(
    snapshot: Snapshot,
    products: Path,
    reviews: Path,
    images: Path | None,
    settings: Settings,
    fetch_images: bool = False,
) -> None:
    """Copy raw records to `raw/` and their images to `raw/images/`, and make `catalog/`.

    A further run replaces earlier records, but downloads no image twice. The caller holds the snapshot's lock.

    Args:
        snapshot: Snapshot without a crawl.
        products: File of product records.
        reviews: File of review records.
        images: Folder of the images that records name by path; None if there is none.
        settings: Settings of the run.
        fetch_images: Download the images that records name by URL.

    Raises:
        UnusableInput: A file has no usable record; nothing has been written.
    """
    if any(snapshot.raw.glob("*.warc.gz")):
        raise UnusableInput(f"{snapshot.raw}: contains a crawl; choose another --out")
    if images is not None and not images.is_dir():
        raise UnusableInput(f"{images}: not a folder")
    found_products = read_products(products, products.name)
    found_reviews = ReviewFile(reviews, reviews.name)
    of_reviews = pl.concat([references_in(table) for table in found_reviews.tables()]).unique()
    refuse_hollow(found_reviews.use, str(reviews))
    usable = found_products.products
    rejected = len(found_products.rejected) + len(found_reviews.rejected)
    say(f"ingest: {len(usable):,} products, {found_reviews.links:,} reviews, {rejected:,} rejected")
    for warning in (*found_products.use.warnings(products.name), *found_reviews.use.warnings(reviews.name)):
        say(warning)
    references = sorted({*of_reviews, *(reference for product in usable for reference in product.images)})
    with recorded(snapshot.root, "raw"):
        write_bytes(snapshot.raw / CUT_OFF, b"")
        _warn_of_missing(_store_images(snapshot, references, images, settings, fetch_images), images)
        _copy_records(snapshot.raw, products, reviews)
        (snapshot.raw / CUT_OFF).unlink()
    run_stage(STAGE, snapshot, settings)
    write_run_record(snapshot, settings, "ingest")


def _store_images(
    snapshot: Snapshot, references: list[str], folder: Path | None, settings: Settings, fetch_images: bool
) -> list[Picture]:
    """Store the body of each reference and write all outcomes, even if the work is interrupted."""
    before = read_map(snapshot.raw / MAP)
    local = [reference for reference in references if not is_url(reference)]
    urls = [reference for reference in references if is_url(reference)]
    known = {url: before[url] for url in urls if url in before and _is_there(snapshot, before[url])}
    missing = [url for url in urls if url not in known]
    found = dict(known)
    try:
        limit = settings.crawl.max_image_bytes
        for reference in track(local, "copy images", len(local), "pictures"):
            found[reference] = from_folder(snapshot, folder, reference, limit)
        if fetch_images and missing:
            for picture in from_web(snapshot, missing, settings):
                found[picture.reference] = picture
    finally:
        rest = {url: Picture(url, None, "not fetched (no --fetch-images)") for url in missing if url not in found}
        pictures = [picture for _, picture in sorted((found | rest).items())]
        write_lines(snapshot.raw / MAP, map(asdict, pictures))
    return pictures


def _warn_of_missing(pictures: Sequence[Picture], folder: Path | None) -> None:
    """Warn of references without a body, by reason."""
    missing = [picture for picture in pictures if picture.path is None]
    if not missing:
        return
    where = "" if folder is None else f"; --images is {folder}"
    say(f"warning: {len(missing):,} of {len(pictures):,} pictures were not found{where}")
    for reason, count in Counter(picture.error for picture in missing).most_common():
        first = next(picture.reference for picture in missing if picture.error == reason)
        say(f"warning: {count:,} of them: {reason} (first: {first})")


def _is_there(snapshot: Snapshot, picture: Picture) -> bool:
    return picture.path is not None and (snapshot.root / picture.path).is_file()


def _copy_records(raw: Path, products: Path, reviews: Path) -> None:
    targets = {raw / f"products.{form_of(products)}": products}
    targets |= {raw / f"reviews.{form_of(reviews)}": reviews}
    for target, source in targets.items():
        _copy(source, target)
    for kind in ("products", "reviews"):  # remove earlier files of another format
        for form in FORMS:
            if (path := raw / f"{kind}.{form}") not in targets:
                path.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    if not target.exists() or source.resolve() != target.resolve():
        copy_file(source, target)
