"""The image part of the bad inputs, line by line: files stored by a real crawl, and verdicts of the clean stage.

All are pictures of one product, named after their lines; the names of the cases are the words of the lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from clean.pictures_made import encoded, exif_turned, photograph, png_header
from crawl.crawling import settings_for
from crawl.misbehaving_shop import Options, failures, options, statistics
from crawl.misbehaving_shop import table as table_of
from demo.small_world import small_world
from faults import http_faults as wrong
from PIL import Image

from ameli_build.clean.decoding import check_pictures
from ameli_build.core.cache import Work
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl.run import crawl
from ameli_build.demo.faults import FaultPlan, Rule
from ameli_build.demo.shop_index import slug
from ameli_build.demo.storefront import Storefront
from ameli_build.demo.world import World, WorldImage

PHOTO = photograph()
JPEG = encoded(photograph(side=600), quality=95)
FRAMES = [photograph(seed) for seed in range(3)]
DEEP = Image.fromarray(np.asarray(PHOTO.convert("L")).astype(np.uint16) << 8)
GOOD = None


def part(permille: int) -> bytes:
    return JPEG[: len(JPEG) * permille // 1000]


def palette_with_alpha() -> bytes:
    return encoded(PHOTO.quantize(40), "PNG", transparency=3)


def animated(form: str) -> bytes:
    return encoded(FRAMES[0], form, save_all=True, append_images=FRAMES[1:])


BODIES: dict[str, tuple[bytes, str | None]] = {
    "a plain photograph": (JPEG, GOOD),
    "truncated at 0 percent": (part(0), "missing (empty)"),
    "truncated at 1 percent": (part(10), "cannot be decoded"),
    "truncated at 50 percent": (part(500), "truncated"),
    "truncated at 99.9 percent": (part(999), "truncated"),
    "no end marker": (JPEG[:-2], "truncated"),
    "trailing junk": (JPEG + b"<html>junk</html>" * 50, GOOD),
    "GIF named .jpg": (encoded(PHOTO, "GIF"), GOOD),
    "WebP named .jpg": (encoded(PHOTO, "WEBP"), GOOD),
    "AVIF named .jpg": (encoded(PHOTO, "AVIF"), GOOD),
    "SVG named .jpg": (b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0 0h9v9z'/></svg>", "not a picture"),
    "HEIC named .jpg": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "not a picture"),
    "CMYK": (encoded(PHOTO.convert("CMYK")), GOOD),
    "palette with alpha": (palette_with_alpha(), GOOD),
    "16-bit": (encoded(DEEP, "PNG"), GOOD),
    "EXIF rotation": (exif_turned(PHOTO, 6), GOOD),
    "broken EXIF": (encoded(PHOTO, exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage"), GOOD),
    "animated GIF": (animated("GIF"), GOOD),
    "animated WebP": (animated("WEBP"), GOOD),
    "1x1": (encoded(Image.new("RGB", (1, 1), "red")), GOOD),
    "20000x1": (encoded(Image.new("RGB", (20000, 1), "red")), GOOD),
    "a 144-megapixel bomb": (png_header(12000, 12000), "decompression bomb"),
    "a broken colour profile": (encoded(PHOTO, icc_profile=b"not a profile"), GOOD),
    "zero bytes": (b"\0" * 4096, "not a picture"),
    "the site's PNG placeholder": (encoded(Image.new("L", (256, 256), 236), "PNG"), "the shop's placeholder"),
    "the same bytes under a second URL": (JPEG, GOOD),
    "a page in its place": (b"<!doctype html><title>Sorry</title><p>Gone", "missing (wrong_type)"),
    "Access Denied in its place": (wrong.ACCESS_DENIED.body or b"", "missing (blocked)"),
    "JSON in its place": (b'{"error": 1}', "missing (wrong_type)"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
    "larger than is allowed": (encoded(photograph(side=1400), "BMP"), "missing (too_large)"),
}
"""The body of each line, and words of the verdict of the clean stage: None for a usable picture."""

ON_THE_WAY: dict[str, tuple[wrong.Fault, str]] = {
    "404": (wrong.Status(404), "missing (http_404)"),
    "403": (wrong.Status(403), "missing (http_403)"),
    "500": (wrong.Status(500), "missing (http_500)"),
    "a Content-Length that promises more": (wrong.LyingLength(100), "missing (short_body)"),
    "a Content-Length that promises less": (wrong.LyingLength(-3000), "truncated"),
    "an aborted chunked body": (wrong.AbortedChunks(), "missing (short_body)"),
    "a reset in the middle of the body": (wrong.Reset(), "missing (connection)"),
    "a hang after the headers": (wrong.Hang(after_headers=True), "missing (timeout)"),
    "a byte a second": (wrong.Drip(0.05), "missing (deadline)"),
    "a redirect to another host": (wrong.Redirect("http://169.254.169.254/"), "missing (forbidden_host)"),
    "a gzip bomb": (wrong.Bomb("gzip", 30), "missing (too_large)"),
}
"""Faults in the transfer of a good photograph, and their verdicts."""

LINES = {line: verdict for line, (_, verdict) in (BODIES | ON_THE_WAY).items()}  # type: ignore[operator]
NAMED_PNG = ("palette with alpha", "16-bit")
"""A PNG with the name of a JPEG would count as the placeholder."""
NAMES = {line: f"{slug(line)}.{'png' if line in NAMED_PNG else 'jpg'}" for line in LINES}


@dataclass(frozen=True, slots=True)
class Looked:
    """The stored path, the verdict and the number of requests of each line."""

    root: Path
    paths: dict[str, str | None]
    verdicts: dict[str, str | None]
    asked: dict[str, int]


def world() -> World:
    """A product with all pictures, and a review without pictures."""
    small = replace(small_world(1), reviews=small_world(1).reviews[:1])
    images = tuple(WorldImage(name, "view", seed=number) for number, name in enumerate(NAMES.values()))
    return replace(small, products=(replace(small.products[0], images=images, generation="B"),))


def served(image: WorldImage) -> bytes:
    """The body of an image, by its name."""
    line = next((line for line, name in NAMES.items() if name == image.name), "a plain photograph")
    return BODIES.get(line, (JPEG, GOOD))[0]


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    """A crawl of all lines, with its catalog and the verdicts of the clean stage."""
    root = tmp_path_factory.mktemp("images")
    snapshot = Snapshot(root)
    plan = FaultPlan(tuple(Rule(f"/{NAMES[line]}", fault) for line, (fault, _) in ON_THE_WAY.items()))
    values: Options = {"max_image_bytes": 5_000_000, "max_forbidden": 50, "threads": 8, "connections": 8, "retries": 2}
    with Storefront(world(), plan, pictures=served) as shop:
        settings = settings_for(shop.site_url, **options(values | {"read_timeout": 1.0, "deadline": 2.0}))
        crawl(snapshot, settings)
        table = table_of(root, shop, "images")
        targets = [seen.target.rpartition("/")[2] for seen in shop.seen_by("images")]
    verdicts = check_pictures(Work(snapshot), settings, table)
    lines = {name: line for line, name in NAMES.items()}

    def by_line(references: list[str], values: list[str | None]) -> dict[str, str | None]:
        names = [reference.rpartition("/")[2] for reference in references]
        return {lines[name]: value for name, value in zip(names, values, strict=True) if name in lines}

    return Looked(
        root,
        by_line(table["reference"].to_list(), table["path"].to_list()),
        by_line(verdicts["reference"].to_list(), verdicts["problem"].to_list()),
        {line: targets.count(name) for line, name in NAMES.items()},
    )


@pytest.mark.parametrize("line", LINES)
def test_each_picture_has_its_verdict(looked: Looked, line: str) -> None:
    expected = LINES[line]
    verdict = looked.verdicts[line]
    if expected is None:
        assert verdict is None
    else:
        assert verdict is not None
        assert expected in verdict
        assert "/tmp" not in verdict


@pytest.mark.parametrize("line", LINES)
def test_each_picture_is_stored_as_sent_or_missing_with_its_error(looked: Looked, line: str) -> None:
    path = looked.paths[line]
    if (LINES[line] or "").startswith("missing"):
        assert path is None
        words = {word for (_, url), word in failures(looked.root).items() if url.endswith(f"/{NAMES[line]}")}
        assert {f"missing ({word})" for word in words} == {LINES[line]}
        return
    assert path is not None
    stored = (looked.root / path).read_bytes()
    sent = BODIES.get(line, (JPEG[:-3000], GOOD))[0]
    assert stored == sent
    assert Path(path).stem == hashlib.sha256(sent).hexdigest()
    assert not [url for _, url in failures(looked.root) if url.endswith(f"/{NAMES[line]}")]


def test_the_same_bytes_are_stored_once(looked: Looked) -> None:
    assert looked.paths["the same bytes under a second URL"] == looked.paths["a plain photograph"]
    files = {path.name for path in (looked.root / "raw" / "images").iterdir()}
    assert files == {Path(path).name for path in looked.paths.values() if path}


def test_every_line_is_counted_once(looked: Looked) -> None:
    stats = statistics(looked.root)
    missing = [line for line, verdict in LINES.items() if (verdict or "").startswith("missing")]
    assert sum(map(len, stats["failed"].values())) == len(missing)
    assert sum(stats["archived"]["image"].values()) == len(LINES) - len(missing)


def test_final_failures_are_requested_once_and_passing_failures_retried(looked: Looked) -> None:
    for line in ("404", "a redirect to another host", "a gzip bomb", "larger than is allowed", "a plain photograph"):
        assert looked.asked[line] == 1
    for line in ("500", "an aborted chunked body", "a reset in the middle of the body", "Access Denied in its place"):
        assert looked.asked[line] == 3
