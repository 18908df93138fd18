"""Pictures on a sheet."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ameli_build.annotation.pictures import Album, Pictures, product_side
from ameli_build.core.pictures import open_picture


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    Image.new("RGB", (800, 400), "red").save(tmp_path / "big.jpg")
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    turned = Image.new("RGB", (40, 10), "blue")
    turned.getexif()[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=turned.getexif())
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "big.jpg").read_bytes()[:300])
    return Pictures(tmp_path, tmp_path / "cache")


def opened(jpeg: bytes | None) -> Image.Image:
    assert jpeg is not None
    return Image.open(io.BytesIO(jpeg))


def test_pictures_are_small_upright_on_white_and_never_enlarged(pictures: Pictures) -> None:
    assert opened(pictures.small("big.jpg", 160)).size == (160, 80)
    assert opened(pictures.small("turned.jpg", 160)).size == (10, 40)
    clear = opened(pictures.small("clear.png", 160))
    assert (clear.size, clear.getpixel((0, 0))) == ((30, 20), (255, 255, 255))


@pytest.mark.parametrize("bits", ["I;16", "I;16B", "L", "LA", "P"])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_a_sheet_shows_a_picture_as_the_build_decodes_it(pictures: Pictures, bits: str, form: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 96), (64, 1)).astype(np.uint16)
    if bits.startswith("I;16"):
        picture = Image.frombytes(bits, (96, 64), ramp.astype(">u2" if bits == "I;16B" else "<u2").tobytes())
    else:
        picture = Image.fromarray((ramp >> 8).astype(np.uint8)).convert(bits)
    try:
        picture.save(pictures.root / "ramp", form)
    except OSError:
        pytest.skip(f"no {bits} in {form}")
    seen = np.asarray(open_picture(pictures.root / "ramp"), dtype=float)
    shown = np.asarray(opened(pictures.small("ramp", 900)), dtype=float)
    assert abs(seen - shown).mean() < 4
    assert 100 < shown.mean() < 150


def test_a_file_of_another_format_than_photographs_is_not_shown(pictures: Pictures) -> None:
    (pictures.root / "script.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    assert pictures.small("script.eps", 160) is None


def test_an_unreadable_picture_is_none(pictures: Pictures) -> None:
    assert pictures.small("broken.jpg", 160) is None
    assert pictures.small("missing.jpg", 160) is None


def test_copies_are_stored_by_size(pictures: Pictures) -> None:
    first = pictures.small("big.jpg", 160)
    (copy,) = (pictures.cache / "160").iterdir()
    copy.write_bytes(b"the copy")
    assert pictures.small("big.jpg", 160) == b"the copy"
    assert pictures.small("big.jpg", 320) != b"the copy"
    copy.unlink()
    assert pictures.small("big.jpg", 160) == first


@pytest.mark.parametrize(
    ("first", "second"),
    [("phone/1.jpg", "camera/1.jpg"), ("1.jpg", "1.png"), ("a.b.jpg", "a.b.webp"), ("x/front", "y/front"), ("1", "1")],
)
def test_pictures_of_the_same_stem_are_different(pictures: Pictures, first: str, second: str) -> None:
    """In folders, by extension, and a file that has been replaced."""
    colours = []
    for path, colour in ((first, "red"), (second, "blue")):
        (pictures.root / path).parent.mkdir(exist_ok=True)
        Image.new("RGB", (20, 20), colour).save(pictures.root / path, "PNG")
        red, _, blue = opened(pictures.small(path, 160)).convert("RGB").resize((1, 1)).tobytes()
        colours.append("red" if red > blue else "blue")
    assert colours == ["red", "blue"]


def test_an_album_holds_each_picture_once(pictures: Pictures) -> None:
    album = Album(pictures, ["big.jpg"], 160)
    assert album.numbers_of(["clear.png", "broken.jpg", "big.jpg", "clear.png"]) == [0, 1, 0]
    assert len(album.pictures) == 2


def test_many_pictures_are_made_smaller() -> None:
    assert product_side(10, 120) == 480
    assert 160 < product_side(12_500, 120) < 320
    assert product_side(10**6, 120) == 160
