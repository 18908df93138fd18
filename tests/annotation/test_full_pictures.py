"""Pictures in full size when an annotator zooms: in a zip, on a server, and on a page within its size limit."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import requests
from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.annotation.html import sheet_page
from ameli_build.annotation.pictures import photo_side
from ameli_build.annotation.sheets import export_sheets
from ameli_build.annotation.tasks import load_task
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_bytes, write_table
from tests.annotation.team_world import served
from tests.made import released_snapshot
from tests.sheet_page import click, errors, press, show

SETTINGS = load_settings("demo")
LARGE, WIDE, TURNED = (2000, 1500), (4100, 50), (1200, 1600)


def photograph(size: tuple[int, int], turned: bool = False, form: str = "JPEG") -> bytes:
    """A picture of noise, which a viewer turns if `turned`."""
    width, height = size[::-1] if turned else size
    noise = np.random.default_rng(7).integers(0, 255, (height // 10, width // 10, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((width, height))
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6
    exif[0x010F] = "the camera"
    stream = io.BytesIO()
    image.save(stream, form, exif=exif)
    return stream.getvalue()


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Each review has three photographs that are larger than a sheet's."""
    snapshot = released_snapshot(tmp_path / "snapshot")
    paths = []
    for body in (photograph(LARGE), photograph(WIDE, form="PNG"), photograph(TURNED, turned=True)):
        paths.append(f"images/{hashlib.sha256(body).hexdigest()}.jpg")
        write_bytes(snapshot.dataset / paths[-1], body)
    path = snapshot.dataset / "test.parquet"
    write_table(path, pl.read_parquet(path).with_columns(images=pl.lit(paths)))
    return snapshot


def until(browser: webdriver.Chrome, condition: Callable[[], bool]) -> None:
    WebDriverWait(browser, 10, 0.02).until(lambda _: condition())


def full_sizes(browser: webdriver.Chrome, wanted: list[tuple[int, int]]) -> None:
    """Zoom into each photograph and check that it appears in full size, without a jump."""
    size = (
        "const i = document.querySelector('#zoom-photo img'); return [i.naturalWidth, i.naturalHeight, i.clientWidth]"
    )
    press(browser, "z")
    for number, expected in enumerate(wanted, 1):
        until(browser, lambda expected=expected: tuple(browser.execute_script(size)[:2]) == expected)
        caption = browser.find_element("css selector", "#zoom-photo .caption").text
        assert caption == f"Photograph, {number} of {len(wanted)}"
        fitted = browser.execute_script(size)[2]
        view = browser.find_element("css selector", "#zoom-photo .view").size["width"]
        assert fitted <= view
        percent = browser.find_element("css selector", "#zoom-photo .percent").text
        assert percent == f"{round(100 * fitted / expected[0])} %"
        click(browser, '#zoom-photo [data-scale="full"]')
        assert browser.execute_script(size)[2] == expected[0]
        click(browser, '#zoom-photo [data-step="1"]')
    assert errors(browser) == []


@pytest.mark.browser
def test_a_zip_shows_full_pictures(browser: webdriver.Chrome, snapshot: Snapshot, tmp_path: Path) -> None:
    (path,) = export_sheets(snapshot, "zip", 1, 0, "clean-test", SETTINGS)
    first = path.read_bytes()
    assert export_sheets(snapshot, "zip", 1, 0, "clean-test", SETTINGS) == [path]
    assert path.read_bytes() == first
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
        names = archive.namelist()
        assert all(info.external_attr >> 16 == 0o644 for info in archive.infolist())
    assert names[0] == "sheet-01/sheet-01.html"
    assert names[1:] == [f"sheet-01/pictures/{n}.jpg" for n in range(7)]  # three photographs, four products
    assert b"the camera" not in b"".join((tmp_path / name).read_bytes() for name in names)
    show(browser, tmp_path / names[0])
    full_sizes(browser, [LARGE, WIDE, TURNED])


@pytest.mark.browser
def test_a_page_without_its_folder_shows_small_pictures(
    browser: webdriver.Chrome, snapshot: Snapshot, tmp_path: Path
) -> None:
    page = sheet_page(load_task(snapshot, "clean-test"), "sheet-01", "a", ["r4"], SETTINGS, full=True)
    (tmp_path / "alone.html").write_text(page.html, encoding="utf-8")
    show(browser, tmp_path / "alone.html")
    press(browser, "z")
    width = "return document.querySelector('#zoom-photo img').naturalWidth"
    until(browser, lambda: browser.execute_script(width) == 900)
    until(browser, lambda: any("pictures/0.jpg" in entry["message"] for entry in errors(browser)))


@pytest.mark.browser
def test_a_server_shows_full_pictures(browser: webdriver.Chrome, snapshot: Snapshot) -> None:
    with served(snapshot, 1, 0) as (_, links):
        browser.get(links["sheet-01"])
        browser.execute_script("document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")
        full_sizes(browser, [LARGE, WIDE, TURNED])


def test_a_server_gives_a_picture_to_its_person_only(snapshot: Snapshot) -> None:
    with served(snapshot, 2, 0) as (team, links):
        mine, other = team.people["sheet-01"], links["sheet-02"].split("/")[-2]
        got = requests.get(f"{links['sheet-01']}pictures/0.jpg", timeout=10)
        assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
        with Image.open(io.BytesIO(got.content)) as image:
            assert (image.size, image.getexif()) == (LARGE, {})
        origin = links["sheet-01"].partition("/sheet-01")[0]
        for path in (
            f"sheet-01/{other}/pictures/0.jpg",
            f"sheet-01/x{mine.token}/pictures/0.jpg",
            f"sheet-01/{mine.token}/pictures/{len(mine.pictures)}.jpg",
            f"sheet-01/{mine.token}/pictures/{9**99}.jpg",
            f"sheet-01/{mine.token}/pictures/-1.jpg",
            f"sheet-01/{mine.token}/pictures/..%2f..%2frun.json",
        ):
            assert requests.get(f"{origin}/{path}", timeout=10).status_code == 404
        (snapshot.dataset / mine.pictures[0]).unlink()
        assert requests.get(f"{links['sheet-01']}pictures/0.jpg", timeout=10).status_code == 404


@pytest.mark.parametrize(("megabytes", "sides"), [(120, {2000, 3600, 1600}), (2, {1800, 1600}), (0.1, {900})])
def test_a_page_holds_photographs_as_its_size_permits(snapshot: Snapshot, megabytes: float, sides: set[int]) -> None:
    settings = load_settings("demo", [f"sheets.megabytes={megabytes}"])
    assert photo_side(3, 4, megabytes) == max(sides)
    task = load_task(snapshot, "clean-test")
    sheet_page(task, "sheet-01", "a", ["r4"], settings)
    copies = (path for path in task.pictures.cache.rglob("*.jpg") if int(path.parent.name) >= 900)
    found = set()
    for path in copies:
        with Image.open(path) as image:
            found.add(max(image.size))
    assert found == sides


@pytest.mark.parametrize(
    ("photographs", "products", "megabytes", "side"),
    [(0, 0, 120, 3600), (10, 100, 120, 3600), (700, 3000, 120, 900), (200, 500, 120, 1800), (10**6, 0, 120, 900)],
)
def test_photographs_take_the_space_that_products_do_not_need(
    photographs: int, products: int, megabytes: float, side: int
) -> None:
    assert photo_side(photographs, products, megabytes) == side
