"""Filter 5 (section 3.2): pictures that Pillow cannot load are removed, and reviews without any other picture leave.

A picture is usable if its name is the digest of its content, if `load()` neither fails nor warns (`verify()` accepts
half a JPEG), if it has at most `clean.max_pixels` pixels, and if it is not the shop's placeholder: a PNG with a name
that the shop gives to JPEGs. Other PNGs are usable; in own records, they are usable under any name.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from stat import S_ISREG
from typing import Annotated

import PIL
import polars as pl
from PIL import Image, UnidentifiedImageError

from ameli_build.clean.verdicts import Verdict
from ameli_build.core.cache import Shard, Work, by_content
from ameli_build.core.errors import RunFailed
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.pictures import MAX_PIXELS, DamagedPicture, bounded, content_key, open_body, picture_body, to_rgb
from ameli_build.core.progress import say
from ameli_build.core.reasons import Reason
from ameli_build.core.settings import Settings
from ameli_build.core.settings.section import Section, unit
from ameli_build.core.snapshot import own_place
from ameli_build.shops import shop_named

DAMAGED = "damaged (its content is not what its name says)"

CHECKED = pl.Schema({"key": pl.String, "error": pl.String, "format": pl.String})

Payload = tuple[str, int, list[tuple[str, str]]]
"""Root of the snapshot, largest number of pixels, and (key, path) of each picture."""


class DecodingSettings(Section):
    """Filter 5."""

    max_pixels: Annotated[int, unit("pixels")] = MAX_PIXELS
    """Size above which an image is not decoded."""


def check_pictures(work: Work, settings: Settings, pictures: pl.DataFrame) -> pl.DataFrame:
    """Check pictures. The verdict on each picture is cached by its content.

    Args:
        work: Cache and workers of the stage.
        settings: Settings of the run.
        pictures: Table with the columns of `records.PICTURES`.

    Returns:
        The columns `reference`, `path` and `problem`, which is null for a usable picture.
    """
    checked = _checked(work, settings, pictures["path"].drop_nulls().unique().sort().to_list())
    joined = pictures.rename({"error": "fetch_error"}).join(checked, on="path", how="left", maintain_order="left")
    is_placeholder = shop_named(settings.crawl.shop).is_placeholder
    crawled = any(work.snapshot.raw.glob("*.warc.gz"))
    placeholder = [
        form == "PNG" and is_placeholder(reference, crawled)
        for reference, form in joined.select("reference", "format").iter_rows()
    ]
    missing = pl.format("missing ({})", pl.col("fetch_error").fill_null("no body"))
    problem = (
        pl.when(pl.col("path").is_null())
        .then(missing)
        .when(pl.col("error").is_not_null())
        .then("error")
        .when(pl.Series(placeholder, dtype=pl.Boolean))
        .then(pl.lit("the shop's placeholder"))
    )
    return joined.select("reference", "path", problem=problem)


def _checked(work: Work, settings: Settings, paths: Sequence[str]) -> pl.DataFrame:
    """The verdict on each path, with the columns of `CHECKED` and `path`."""
    keys, absent = _keys(work.snapshot.root, paths)
    limit, root = settings.section(DecodingSettings).max_pixels, str(work.snapshot.root)
    path_of = {key: path for path, key in reversed(keys.items())}
    shards = [
        Shard(
            fingerprint(piece, limit, PIL.__version__),
            (root, limit, [(key, path_of[key]) for key in piece]),
            len(piece),
        )
        for _, piece in by_content(sorted(path_of), lambda part: len(part) > settings.run.shard_rows)
    ]
    checked = pl.concat(
        [pl.DataFrame(schema=CHECKED), *work.map("decode images", check_shard, shards, unit="pictures")]
    )
    checked = _with_repaired(checked, (root, limit), path_of)
    found = pl.DataFrame(list(keys.items()), schema={"path": pl.String, "key": pl.String}, orient="row")
    missing = pl.DataFrame(list(absent.items()), schema={"path": pl.String, "error": pl.String}, orient="row")
    return pl.concat([found.join(checked, on="key", how="left", maintain_order="left"), missing], how="diagonal")


def _keys(root: Path, paths: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Keys of the content of existing files by path, and errors of other paths. Not cached: a file can be restored."""
    keys: dict[str, str] = {}
    absent: dict[str, str] = {}
    for path in paths:
        try:
            place = own_place(root, path)
            if place is None or not S_ISREG(place.stat().st_mode):
                absent[path] = "missing (not a file of the snapshot's own)"
            else:
                keys[path] = content_key(root, path)
        except OSError as error:
            absent[path] = f"missing ({error.strerror})"
    return keys, absent


def _with_repaired(checked: pl.DataFrame, where: tuple[str, int], path_of: Mapping[str, str]) -> pl.DataFrame:
    """Check damaged pictures again, and warn of those that are still damaged.

    The name of a picture does not change when the picture is repaired, so a cached verdict can be out of date.
    """
    damaged = pl.col("error") == DAMAGED
    keys = checked.filter(damaged)["key"].to_list()
    again = check_shard((*where, [(key, path_of[key]) for key in keys]))
    if still := again.filter(damaged)["key"].to_list():
        say(f"warning: {len(still):,} pictures are damaged and count as missing, the first {path_of[still[0]]}")
    return pl.concat([checked.filter(damaged.fill_null(False).not_()), again])


def check_shard(payload: Payload) -> pl.DataFrame:
    """The verdict on each picture of a shard, with the columns of `CHECKED`."""
    root, max_pixels, pictures = payload
    rows = [(key, *_check(Path(root) / path, max_pixels)) for key, path in pictures]
    return pl.DataFrame(rows, schema=CHECKED, orient="row")


def _check(path: Path, max_pixels: int) -> tuple[str | None, str | None]:
    """The fault of a picture, and the format of a picture without fault."""
    try:
        body = picture_body(path)
    except DamagedPicture:
        return DAMAGED, None
    except OSError as error:
        raise RunFailed(f"{path}: cannot be read ({error.strerror})") from error
    if not body:
        return "no bytes", None
    try:
        with bounded(max_pixels), open_body(body) as image:
            found = image.format
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                image.load()
            to_rgb(image)
    except UnidentifiedImageError:
        return "not a picture that Pillow can read", None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return f"decompression bomb (more than {max_pixels} pixels)", None
    except Exception as error:  # on damaged data, decoders raise exceptions of any type
        return f"cannot be decoded ({_text_of(error)})", None
    return None, found


def _text_of(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def listed_pictures(owners: pl.DataFrame, key: str, pictures: pl.DataFrame) -> pl.DataFrame:
    """The pictures that rows list, in the order of the lists. The same bytes under several references count once.

    Args:
        owners: Products or reviews, with the columns `key` and `images`.
        key: Column that identifies a row of `owners`.
        pictures: Result of `check_pictures`.

    Returns:
        A row for each picture: `key`, `position`, `reference`, `path` (null for a reference that is not in `pictures`)
        and `problem`.
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
    """Summarise `listed_pictures` for each owner.

    Returns:
        The columns `key`, `decodable` (paths of usable pictures, in order), `n_decoded` and `problems` (distinct
        problems of other pictures, in one text).
    """
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
