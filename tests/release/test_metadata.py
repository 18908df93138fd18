"""Pictures are released without metadata, and look as before."""

from __future__ import annotations

import io
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from made import made_snapshot
from PIL import Image, ImageCms, PngImagePlugin

from ameli_build.core.execution import run_stage
from ameli_build.core.pictures import open_body, to_rgb
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, file_digest, write_table
from ameli_build.release.metadata import NotUnderstood, stripped
from ameli_build.release.stage import STAGE
from ameli_build.verify import verify

SECRETS = (b"CAMERA-9", b"N 51.05", b"my house", b"owner")


def picture(mode: str = "RGB", side: int = 96) -> Image.Image:
    return Image.effect_noise((side, side * 2 // 3), 90).convert("RGB").convert(mode)


def exif(orientation: int | None) -> Image.Exif:
    tags = Image.Exif()
    tags[0x010F] = "CAMERA-9"
    tags[0x010E] = "my house"
    tags.get_ifd(0x8825)[29] = "N 51.05"
    if orientation:
        tags[0x0112] = orientation
    return tags


def packed(form: str, image: Image.Image | None = None, orientation: int | None = None, **more: Any) -> bytes:
    stream = io.BytesIO()
    xmp = b"<x:xmpmeta>my house</x:xmpmeta>"
    given: dict[str, Any] = {"exif": exif(orientation), "xmp": xmp, "comment": b"owner"} | more
    if form == "PNG":
        given.pop("xmp")
        given["pnginfo"] = PngImagePlugin.PngInfo()
        given["pnginfo"].add_text("Comment", "owner")
        given["pnginfo"].add_itxt("XML:com.adobe.xmp", "my house", zip=False)
        given["pnginfo"].add_text("Raw", "my house", zip=True)
    if form == "GIF":
        given.pop("exif")
    (image or picture()).save(stream, form, **{name: value for name, value in given.items() if value is not None})
    return stream.getvalue()


def check(body: bytes) -> bytes:
    plain, _ = stripped(body)
    assert any(secret in body for secret in SECRETS)
    assert not [secret for secret in SECRETS if secret in plain]
    with open_body(body) as before, open_body(plain) as after:
        assert before.size == after.size
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert before.info.get("icc_profile") == after.info.get("icc_profile")
        assert np.array_equal(np.asarray(to_rgb(before)), np.asarray(to_rgb(after)))
        assert set(after.getexif()) <= {0x0112}
        assert not after.info.get("comment")
    assert stripped(plain)[0] == plain
    return plain


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", [None, 1, 3, 6, 8])
def test_the_metadata_of_a_camera_is_removed_and_the_picture_stays_upright(form: str, orientation: int | None) -> None:
    check(packed(form, orientation=orientation))


@pytest.mark.parametrize(
    "more",
    [
        {"progressive": True},
        {"subsampling": 0, "quality": 100},
        {"restart_marker_blocks": 2},
        {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()},
        {"image": picture("CMYK")},
        {"image": picture("L")},
    ],
)
def test_jpegs_of_every_kind(more: dict[str, Any]) -> None:
    check(packed("JPEG", **more))


def test_bytes_behind_the_end_of_a_jpeg_are_removed() -> None:
    inner = packed("JPEG")
    body = inner + b"\0trailer of a phone: N 51.05" + inner
    assert check(body) == stripped(inner)[0]
    stream = io.BytesIO()
    picture().save(stream, "MPO", save_all=True, append_images=[picture()], exif=exif(6))
    assert Image.open(io.BytesIO(check(stream.getvalue()))).format == "JPEG"


def test_an_orientation_that_only_xmp_states_stays_in_effect() -> None:
    xmp = b'<x:xmpmeta tiff:Orientation="6">my house</x:xmpmeta>'
    check(packed("JPEG", exif=None, xmp=xmp))


@pytest.mark.parametrize("mode", ["P", "L", "RGBA", "I;16", "1"])
def test_pngs_of_every_kind(mode: str) -> None:
    image = Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 99) if mode == "I;16" else picture(mode)
    check(packed("PNG", image, orientation=6, transparency=3 if mode == "P" else None))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_animations_keep_their_frames(form: str) -> None:
    frames = [picture("P" if form == "GIF" else "RGB") for _ in range(3)]
    body = packed(form, frames[0], save_all=True, append_images=frames[1:], loop=0, duration=80)
    with Image.open(io.BytesIO(check(body))) as after:
        assert getattr(after, "n_frames", 1) == 3
        assert after.info.get("loop") == 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_picture_without_metadata_stays_byte_for_byte(form: str) -> None:
    stream = io.BytesIO()
    picture().save(stream, form)
    assert stripped(stream.getvalue()) == (stream.getvalue(), None)


def at(body: bytes, place: int, more: bytes) -> bytes:
    return body[:place] + more + body[place:]


def behind_first(body: bytes, more: bytes) -> bytes:
    """A JPEG with bytes behind its first segment."""
    return at(body, 4 + int.from_bytes(body[4:6], "big"), more)


def behind_palette(body: bytes, more: bytes) -> bytes:
    """A GIF with bytes before its first block."""
    return at(body, 13 + (3 << (body[10] & 7) + 1), more)


ODD = {
    "a zero between a JPEG's segments": lambda: behind_first(packed("JPEG", orientation=6), b"\0"),
    "a stuffed byte between a JPEG's segments": lambda: behind_first(packed("JPEG"), b"\xff\0\0"),
    "a CMYK JPEG with a zero": lambda: behind_first(packed("JPEG", picture("CMYK")), b"\0"),
    "a byte between a GIF's blocks": lambda: behind_palette(packed("GIF", picture("P")), b"\x07"),
    "a GIF without its end": lambda: packed("GIF", picture("P"))[:-1],
    "a BMP with a tail": lambda: packed("BMP") + b"my house",
    "a BMP with a gap": lambda: gap(packed("BMP")),
    "a BMP with a palette and a tail": lambda: packed("BMP", picture("P")) + b"N 51.05",
}


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def segment(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2, "big") + content


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


NOTHING: dict[str, Any] = {"exif": None, "xmp": None, "comment": None}
JFIF = b"JFIF\0\1\1\0\0\1\0\1"
HIDDEN = {
    "a thumbnail in the first segment": lambda: at(
        packed("JPEG", **NOTHING)[:2] + packed("JPEG", **NOTHING)[20:], 2, segment(0xE0, JFIF + b"\1\1my house")
    ),
    "another segment of that number": lambda: behind_first(packed("JPEG", **NOTHING), segment(0xE0, b"JFXX\0N 51.05")),
    "a segment of Adobe's number": lambda: behind_first(packed("JPEG", **NOTHING), segment(0xEE, b"my house")),
    "behind Adobe's own": lambda: behind_first(
        packed("JPEG", picture("CMYK"), **NOTHING), segment(0xEE, b"Adobe\0\x64\0\0\0\0\2owner")
    ),
    "in place of a profile": lambda: packed("JPEG", icc_profile=b"CAMERA-9", **NOTHING),
    "in place of a PNG's profile": lambda: packed("PNG", icc_profile=b"N 51.05", **NOTHING),
    "in place of a WebP's profile": lambda: packed("WEBP", icc_profile=b"owner", **NOTHING),
    "the name of a suggested palette": lambda: at(
        packed("PNG", **NOTHING), 33, png_chunk(b"sPLT", b"my house\0\x08" + bytes(6))
    ),
    "a chunk of a WebP's own": lambda: riff(packed("WEBP", **NOTHING), b"GPS ", b"N 51.05\0"),
}


def riff(body: bytes, kind: bytes, content: bytes) -> bytes:
    """A WebP with another chunk behind its last chunk."""
    more = kind + len(content).to_bytes(4, "little") + content
    return b"RIFF" + (len(body) - 8 + len(more)).to_bytes(4, "little") + body[8:] + more


@pytest.mark.parametrize("kind", HIDDEN)
def test_texts_hidden_in_a_format_are_removed(kind: str) -> None:
    body = HIDDEN[kind]()
    plain, ending = stripped(body)
    assert any(secret in body or secret in zipped(body) for secret in SECRETS)
    assert ending is None
    assert not [secret for secret in SECRETS if secret in plain + zipped(plain)]
    with open_body(body) as before, open_body(plain) as after:
        assert np.array_equal(np.asarray(to_rgb(before)), np.asarray(to_rgb(after)))
    assert stripped(plain) == (plain, None)


def zipped(body: bytes) -> bytes:
    """The packed profile of a PNG."""
    place = body.find(b"iCCP")
    return (
        zlib.decompress(
            body[body.index(b"\0", place + 4) + 2 : place - 4 + 8 + int.from_bytes(body[place - 4 : place], "big")]
        )
        if place > 0
        else b""
    )


BOXES = {
    "a box of a camera's own": lambda body: body + box(b"uuid", bytes(16) + b"CAMERA-9 N 51.05"),
    "a free box": lambda body: body + box(b"free", b"my house"),
    "user data": lambda body: body + box(b"udta", box(b"\xa9xyz", b"N 51.05")),
    "bytes behind it": lambda body: body + b"owner",
    "a name in its handler": lambda body: body.replace(b"pict" + bytes(12) + b"\0", b"pict" + b"my house1234" + b"\0"),
}


@pytest.mark.parametrize("orientation", [None, 6])
@pytest.mark.parametrize("kind", BOXES)
def test_no_box_of_an_avif_is_released(kind: str, orientation: int | None) -> None:
    plain = packed("AVIF", None, **NOTHING | ({"exif": oriented(orientation)} if orientation else {}))
    check(BOXES[kind](plain))


def oriented(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def gap(body: bytes) -> bytes:
    """A BMP whose pixels begin later, with something before them."""
    content = b"my house"
    start = int.from_bytes(body[10:14], "little")
    return body[:10] + (start + len(content)).to_bytes(4, "little") + body[14:start] + content + body[start:]


@pytest.mark.parametrize("kind", ODD)
def test_a_picture_that_violates_its_format_is_encoded_again(kind: str) -> None:
    body = ODD[kind]()
    plain, ending = stripped(body)
    assert ending == ".png"
    assert any(secret in body for secret in SECRETS)
    assert not [secret for secret in SECRETS if secret in plain]
    with open_body(body) as before, open_body(plain) as after:
        assert after.format == "PNG"
        assert np.array_equal(np.asarray(to_rgb(before)), np.asarray(to_rgb(after)))
    assert stripped(plain) == (plain, None)


def test_a_transparent_colour_stays_transparent_in_a_picture_encoded_again() -> None:
    image = picture("P")
    body = packed("GIF", image, transparency=image.getpixel((0, 0)))[:-1]
    plain, ending = stripped(body)
    assert ending == ".png"
    with open_body(body) as before, open_body(plain) as after:
        assert before.convert("RGBA").getpixel((0, 0))[3] == 0
        assert np.array_equal(np.asarray(before.convert("RGBA"))[..., 3], np.asarray(after.convert("RGBA"))[..., 3])


@pytest.mark.parametrize("block", [b"\x21\x01\x0c" + bytes(12), b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0"])
def test_a_gif_block_that_shows_nothing_is_removed_with_its_text(block: bytes) -> None:
    text = b"\x08my house\0"
    body = packed("GIF", picture("P"), comment=None)
    check(behind_palette(body, block + text))


@pytest.mark.parametrize("cut", [0, 3, 20, 200])
def test_a_picture_that_cannot_be_decoded_raises_an_error(cut: int) -> None:
    with pytest.raises(NotUnderstood):
        stripped(packed("JPEG")[:cut])


def released(root: Path, *overrides: str) -> tuple[Snapshot, dict[str, str]]:
    """A release of a snapshot in which every photograph states where it was taken; paths of photographs by name."""
    snapshot = made_snapshot(root)
    reviews = snapshot.read("clean/reviews")
    new = {path: snapshot.store_image(packed("JPEG", picture(side=64 + n)), "jpg") for n, path in named(reviews)}
    renamed = pl.col("images").list.eval(pl.element().replace(new))
    write_table(snapshot.table_path("clean/reviews"), reviews.with_columns(renamed))
    run_stage(STAGE, snapshot, load_settings("demo", overrides))
    return snapshot, {Path(path).name: path for path in new.values()}


def named(reviews: pl.DataFrame) -> list[tuple[int, str]]:
    return list(enumerate(reviews["images"].explode().drop_nulls().unique().sort()))


def test_a_release_holds_no_photograph_with_metadata(tmp_path: Path) -> None:
    snapshot, raw = released(tmp_path / "snapshot")
    names = {path.name for path in (snapshot.dataset / "images").iterdir()}
    assert not names & set(raw)
    for path in (snapshot.dataset / "images").iterdir():
        assert not [secret for secret in SECRETS if secret in path.read_bytes()]
        assert file_digest(path) == path.stem
    for table in ("train", "dev", "test"):
        images = pl.read_parquet(snapshot.dataset / f"{table}.parquet")["images"].explode()
        assert {Path(image).name for image in images} <= names
    verify(snapshot)
    assert "released without EXIF" in (snapshot.dataset / "README.md").read_text()
    before = {path.name: path.read_bytes() for path in snapshot.dataset.rglob("*") if path.is_file()}
    shutil.rmtree(snapshot.dataset)
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert before == {path.name: path.read_bytes() for path in snapshot.dataset.rglob("*") if path.is_file()}


def test_a_setting_releases_photographs_unchanged(tmp_path: Path) -> None:
    snapshot, raw = released(tmp_path / "snapshot", "release.strip_metadata=false")
    names = {path.name for path in (snapshot.dataset / "images").iterdir()}
    assert names & set(raw)
    assert "released as they came" in (snapshot.dataset / "README.md").read_text()


def test_a_picture_that_cannot_be_decoded_is_released_unchanged_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = made_snapshot(tmp_path / "snapshot")
    reviews = snapshot.read("clean/reviews")
    odd = snapshot.store_image(b"no picture", "jpg")
    write_table(
        snapshot.table_path("clean/reviews"),
        reviews.with_columns(pl.col("images").list.eval(pl.element().replace({named(reviews)[0][1]: odd}))),
    )
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert "1 pictures cannot be decoded" in capsys.readouterr().err
