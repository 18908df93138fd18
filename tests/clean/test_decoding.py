"""Filter 5: pictures that Pillow can and cannot load, for each kind of BAD_INPUTS."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from damages import DAMAGES
from pictures_made import bad_pictures, encoded, exif_turned, good_pictures, photograph
from PIL import Image, ImageFile

from ameli_build.clean.decoding import DAMAGED, check_pictures, decoded, listed_pictures, truncated_image
from ameli_build.clean.verdicts import judge
from ameli_build.core.cache import Work
from ameli_build.core.pictures import DamagedPicture, open_body, open_picture, to_rgb
from ameli_build.core.records import PICTURES
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot

EQUAL = [name for name in DAMAGES if len(DAMAGES[name](bytes(99))) == 99]


def check(root: Path, bodies: dict[str, bytes | None]) -> dict[str, str | None]:
    """The problem of each reference."""
    snapshot = Snapshot(root)
    rows = [
        (reference, None if body is None else snapshot.store_image(body, "jpg"), "HTTP 404" if body is None else None)
        for reference, body in bodies.items()
    ]
    table = pl.DataFrame(rows, schema=PICTURES, orient="row")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = check_pictures(Work(snapshot), Settings(), table)
    return dict(checked.select("reference", "problem").iter_rows())


def test_odd_pictures_that_load_have_no_problem(tmp_path: Path) -> None:
    bodies = good_pictures()
    assert check(tmp_path, bodies) == dict.fromkeys(bodies)


def test_pictures_that_do_not_load_have_their_problem(tmp_path: Path) -> None:
    pictures = bad_pictures()
    problems = check(tmp_path, {name: body for name, (body, _) in pictures.items()})
    assert {name: word in str(problems[name]) for name, (_, word) in pictures.items()} == dict.fromkeys(pictures, True)
    assert not [text for text in problems.values() if str(tmp_path) in str(text) or "0x" in str(text)]


def test_the_limits_of_pillow_are_restored(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    check(tmp_path, {"bomb.png": bad_pictures()["bomb.png"][0]})
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_a_picture_slightly_above_the_limit_of_pixels_is_a_bomb(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(encoded(photograph(side=120)), "jpg")
    table = pl.DataFrame([("a", path, None)], schema=PICTURES, orient="row")

    def problem(max_pixels: int) -> str | None:
        settings = Settings.model_validate({"clean": {"max_pixels": max_pixels}})
        return check_pictures(Work(snapshot), settings, table)["problem"][0]

    assert problem(120 * 120) is None
    assert problem(120 * 120 - 1) == "decompression bomb (more than 14399 pixels)"


def test_a_missing_body_has_the_error_of_the_crawl(tmp_path: Path) -> None:
    assert check(tmp_path, {"a.jpg": None}) == {"a.jpg": "missing (HTTP 404)"}


@pytest.mark.parametrize("damage", EQUAL)
def test_a_picture_without_the_digest_of_its_name_counts_as_missing(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some damaged pictures can be decoded; the cache stores no verdict on a damaged file."""
    snapshot, work = Snapshot(tmp_path), Work(Snapshot(tmp_path))
    body = encoded(photograph(), "BMP")
    names = [snapshot.store_image(picture, "bmp") for picture in (body, encoded(photograph(side=40), "BMP"))]
    table = pl.DataFrame([(name, name, None) for name in names], schema=PICTURES, orient="row")
    (tmp_path / names[0]).write_bytes(DAMAGES[damage](body))
    for _ in range(2):  # the second time from the cache
        assert check_pictures(work, Settings(), table)["problem"].to_list() == [DAMAGED, None]
        assert f"1 pictures are damaged and count as missing, the first {names[0]}" in capsys.readouterr().err
    (tmp_path / names[0]).write_bytes(body)
    assert check_pictures(work, Settings(), table)["problem"].to_list() == [None, None]
    assert "damaged" not in capsys.readouterr().err


@pytest.mark.parametrize("damage", EQUAL)
def test_a_picture_without_the_digest_of_its_name_cannot_be_opened(tmp_path: Path, damage: str) -> None:
    body = encoded(photograph(), "BMP")
    path = tmp_path / Snapshot(tmp_path).store_image(body, "bmp")
    assert open_picture(path).size == photograph().size
    path.write_bytes(DAMAGES[damage](body))
    with pytest.raises(DamagedPicture, match=f"{path.name}: damaged"):
        open_picture(path)


@pytest.mark.parametrize("kind", ["device", "folder", "sparse"])
def test_devices_folders_and_huge_files_are_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.jpg"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as handle:
            handle.truncate(1 << 40)
    with pytest.raises(DamagedPicture, match="not a file of at most"):
        open_picture(path)


def test_a_file_removed_from_the_snapshot_is_missing(tmp_path: Path) -> None:
    table = pl.DataFrame([("a.jpg", "raw/images/00.jpg", None)], schema=PICTURES, orient="row")
    checked = check_pictures(Work(Snapshot(tmp_path)), Settings(), table)
    assert checked["problem"].to_list() == ["missing (No such file or directory)"]


def test_a_restored_file_has_no_problem(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    path = snapshot.store_image(body := encoded(photograph()), "jpg")
    table = pl.DataFrame([("a.jpg", path, None)], schema=PICTURES, orient="row")
    (tmp_path / path).unlink()
    assert check_pictures(Work(snapshot), Settings(), table)["problem"].to_list() == [
        "missing (No such file or directory)"
    ]
    (tmp_path / path).write_bytes(body)
    assert check_pictures(Work(snapshot), Settings(), table)["problem"].to_list() == [None]


@pytest.mark.parametrize(
    ("reference", "own", "in_crawl"),
    [
        ("https://pisces.bbystatic.com/image2/BestBuy_US/images/products/1/1_sd.jpg;maxHeight=54", True, True),
        ("https://img.bbystatic.com/a.JPEG", True, True),
        ("http://localhost:8000/image2/1_sd.jpg?x=1", False, True),
        ("http://localhost:8000/photo/2/abc", False, False),
        ("https://photos-us.bazaarvoice.com/photo/2/abc.jpg", False, False),
        ("https://pisces.bbystatic.com/image2/logo.PNG", False, False),
        ("folder/drawing.png", False, False),
        ("folder/photo.jpg", False, False),
        ("grey.jpeg", False, False),
        ("scan", False, False),
        ("http://[bad", False, False),
    ],
)
@pytest.mark.parametrize("crawled", [False, True])
def test_the_placeholder_is_a_png_of_the_shop_with_the_name_of_a_jpeg(
    tmp_path: Path, reference: str, own: bool, in_crawl: bool, crawled: bool
) -> None:
    if crawled:
        (tmp_path / "raw").mkdir()
        (tmp_path / "raw" / "pages-00001.warc.gz").touch()
    for picture in (Image.new("L", (64, 64), 200), Image.new("1", (64, 64)), photograph()):
        problem = check(tmp_path, {reference: encoded(picture, "PNG")})[reference]
        assert problem == ("the shop's placeholder" if (in_crawl if crawled else own) else None)


def test_a_body_with_two_names_counts_once() -> None:
    pictures = pl.DataFrame(
        [("a", "p1", None), ("b", "p1", None), ("c", "p2", None), ("d", "p3", "no bytes"), ("e", None, "missing (x)")],
        schema={"reference": pl.String, "path": pl.String, "problem": pl.String},
        orient="row",
    )
    owners = pl.DataFrame(
        {
            "review_id": ["r1", "r2", "r3", "r4"],
            "sku": "1",
            "images": [["c", "a", "b", "d", "e"], ["d", "e", "f"], [], ["e", "e"]],
            "n_photos": [5, 3, 0, 1],
        }
    )
    found = decoded(listed_pictures(owners, "review_id", pictures), "review_id")
    assert found.rows() == [
        ("r1", ["p2", "p1"], 2, "no bytes; missing (x)"),
        ("r2", [], 0, "no bytes; missing (x); missing (not fetched)"),
        ("r4", [], 0, "missing (x)"),
    ]
    dropped = judge(owners.join(found, on="review_id", how="left"), [truncated_image()])
    assert dropped.select("review_id", "detail", "value").rows() == [
        ("r2", "no usable image of 3: no bytes; missing (x); missing (not fetched)", "0"),
        ("r4", "no usable image of 1: missing (x)", "0"),
    ]


def test_a_picture_is_rotated_by_its_exif_orientation() -> None:
    image = to_rgb(open_body(exif_turned(photograph().crop((0, 0, 100, 40)), 6)))
    assert image.size == (40, 100)


def test_sixteen_bit_pictures_keep_their_contrast_and_transparency_is_white() -> None:
    grey = np.asarray(photograph().convert("L"))
    deep = to_rgb(open_body(encoded(Image.fromarray(grey.astype(np.uint16) << 8), "PNG")))
    assert np.array_equal(np.asarray(deep)[:, :, 0], grey)
    clear = to_rgb(open_body(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG")))
    assert clear.getpixel((0, 0)) == (255, 255, 255)
