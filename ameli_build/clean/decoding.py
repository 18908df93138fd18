"""Filter 5 (section 3.2): pictures that Pillow cannot load leave; a review with none left leaves too.

A picture is usable when `load()` neither fails nor warns (`verify()` accepts half a JPEG), when it has at most
`clean.max_pixels` pixels, and when it is not the shop's placeholder: the shop answers for a missing picture with a PNG
under the name of a JPEG. So a PNG is taken for the placeholder when its name does not say PNG and it is a drawing of
few colours, or when it comes under a JPEG's name from the shop's image hosts. Other PNGs stay, whatever their name.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from ameli_build.clean.verdicts import Verdict
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.reasons import Reason
from ameli_build.settings import Settings
from ameli_build.stages import Shard, Work

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF")
"""Formats of photographs; Pillow's others are refused, some of them start other programs."""

SHOP_HOSTS = (".bbystatic.com",)
FEW_COLOURS = 256

CHECKED = pl.Schema({"path": pl.String, "error": pl.String, "format": pl.String, "few_colours": pl.Boolean})

Payload = tuple[str, int, list[str]]
"""Root of the snapshot, the most pixels allowed, paths in the snapshot."""


def check_pictures(work: Work, settings: Settings, pictures: pl.DataFrame) -> pl.DataFrame:
    """Which image references can be used: `reference, path, problem`, `problem` being null for a good one.

    `pictures` has the columns of `records.PICTURES`; each path is decoded once, a shard at a time, and the verdict is
    kept by content.
    """
    paths = pictures["path"].drop_nulls().unique().sort().to_list()
    size, limit = settings.run.shard_rows, settings.clean.max_pixels
    parts = [paths[start : start + size] for start in range(0, len(paths), size)]
    code = module_fingerprint(__name__, "PIL._version")
    shards = [Shard(fingerprint(part, limit, code), (str(work.snapshot.root), limit, part)) for part in parts]
    checked = pl.concat([pl.DataFrame(schema=CHECKED), *work.map("decode images", check_shard, shards)])
    shops = pl.col("reference").map_elements(is_shops_jpeg, return_dtype=pl.Boolean)
    says_png = pl.col("reference").map_elements(says_png, return_dtype=pl.Boolean)
    placeholder = (pl.col("format") == "PNG") & (shops | (pl.col("few_colours") & says_png.not_()))
    missing = pl.format("missing ({})", pl.col("fetch_error").fill_null("no body"))
    problem = (
        pl.when(pl.col("path").is_null())
        .then(missing)
        .when(pl.col("error").is_not_null())
        .then("error")
        .when(placeholder)
        .then(pl.lit("the shop's placeholder"))
    )
    joined = pictures.rename({"error": "fetch_error"}).join(checked, on="path", how="left", maintain_order="left")
    return joined.select("reference", "path", problem=problem)


def check_shard(payload: Payload) -> pl.DataFrame:
    """The verdict on each picture of a shard, in the columns of `CHECKED`."""
    root, max_pixels, paths = payload
    rows = [(path, *_check(Path(root) / path, max_pixels)) for path in paths]
    return pl.DataFrame(rows, schema=CHECKED, orient="row")


def _check(path: Path, max_pixels: int) -> tuple[str | None, str | None, bool]:
    """What is wrong with a picture, its format, and whether it has few colours."""
    try:
        body = path.read_bytes()
    except OSError as error:
        return f"missing ({error.strerror})", None, False
    if not body:
        return "no bytes", None, False
    try:
        with bounded(max_pixels), open_body(body) as image:
            found = image.format
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                image.load()
            rgb = to_rgb(image)
    except UnidentifiedImageError:
        return "not a picture that Pillow can read", None, False
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"decompression bomb (more than {max_pixels} pixels)", None, False
    except Exception as error:  # a decoder raises whatever the damage makes it raise
        return f"cannot be decoded ({_told(error)})", None, False
    return None, found, found == "PNG" and rgb.getcolors(FEW_COLOURS) is not None


def _told(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


@contextmanager
def bounded(max_pixels: int) -> Iterator[None]:
    """Pillow with its guards on: nothing above `max_pixels`, no truncated file, and silent but for that."""
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = max_pixels, False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on metadata; what load() warns of is judged where it is called
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = before


def open_body(body: bytes) -> Image.Image:
    """The picture in `body`, of one of `FORMATS`, not yet decoded. Raises what Pillow raises."""
    Image.init()
    return Image.open(io.BytesIO(body), formats=[name for name in FORMATS if name in Image.OPEN])


def to_rgb(image: Image.Image) -> Image.Image:
    """A picture as a viewer shows it: turned as its EXIF says, 16 bits scaled to 8, transparency on white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16"):
        turned = Image.fromarray((np.asarray(turned) >> 8).astype(np.uint8))
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return turned.convert("RGB")


def _host_and_name(reference: str) -> tuple[str, str]:
    """Host (empty for a file) and path of a reference in lower case, without query and the shop's sizes."""
    _, mark, rest = reference.lower().partition("://")
    host, _, path = rest.partition("/") if mark else ("", "", reference.lower())
    return host, re.split("[;?#]", path)[0]


def says_png(reference: str) -> bool:
    """Whether a reference names a PNG."""
    return _host_and_name(reference)[1].endswith(".png")


def is_shops_jpeg(reference: str) -> bool:
    """Whether a reference names a JPEG on the shop's image hosts, where a PNG is the placeholder."""
    host, name = _host_and_name(reference)
    return host.endswith(SHOP_HOSTS) and name.endswith((".jpg", ".jpeg"))


def listed_pictures(owners: pl.DataFrame, key: str, pictures: pl.DataFrame) -> pl.DataFrame:
    """One row for each picture that a row of `owners` lists: `key, position, path, problem`.

    `pictures` is the catalogue's table; `path` is null for a reference that it does not know. The same bytes under
    several references count once. The order is that of the lists.
    """
    unknown = pl.col("path").is_null() & pl.col("problem").is_null()
    return (
        owners.filter(pl.col("images").list.len() > 0)
        .select(key, reference="images")
        .explode("reference")
        .with_row_index("position")
        .join(pictures, on="reference", how="left", maintain_order="left")
        .with_columns(problem=pl.when(unknown).then(pl.lit("missing (not fetched)")).otherwise("problem"))
        .with_columns(same=pl.coalesce("path", "reference"))
        .unique([key, "same"], keep="first", maintain_order=True)
        .drop("same")
    )


def decoded(listed: pl.DataFrame, key: str) -> pl.DataFrame:
    """For each owner in `listed_pictures`: `key`, `decodable` (paths in order), `n_decoded`, `problems` (each once)."""
    good = pl.col("problem").is_null()
    return listed.group_by(key, maintain_order=True).agg(
        decodable=pl.col("path").filter(good),
        n_decoded=good.sum().cast(pl.Int64),
        problems=pl.col("problem").drop_nulls().unique(maintain_order=True).str.join("; "),
    )


def truncated_image() -> Verdict:
    """Drop a review none of whose photographs can be decoded."""
    return Verdict(
        Reason.TRUNCATED_IMAGE,
        fails=pl.col("n_decoded") == 0,
        detail=pl.format("no usable image of {}: {}", pl.col("n_photos"), pl.col("problems")),
        value=pl.col("n_decoded"),
        threshold=pl.lit("1"),
    )
