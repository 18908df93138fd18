"""Fixtures for tests of the storefront: an open shop and a browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from demo.small_world import picture
from demo.storefronts import WORLD
from selenium import webdriver

from ameli_build.demo.storefront import Storefront


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with Storefront(WORLD, pictures=picture) as front:
        yield front


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver here")
    options = webdriver.ChromeOptions()
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1200,900"):
        options.add_argument(f"--{flag}")
    with tempfile.TemporaryDirectory(prefix="shop-") as folder:  # removes the files of Chromium too
        service = webdriver.ChromeService(driver, env={**os.environ, "TMPDIR": folder})
        chrome = webdriver.Chrome(options=options, service=service)
        yield chrome
        chrome.quit()
