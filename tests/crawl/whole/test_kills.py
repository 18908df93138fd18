"""A crawl killed ten times at random moments equals an undisturbed crawl, and no browser survives it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from crawl.crawling import settings_for
from crawl.misbehaving_shop import contents, failures, opened, options, table
from demo.small_world import small_world

from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.storefront import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KILLS = 10
SEED = 20240304
CRAWL = (
    "import sys; from pathlib import Path; from ameli_build.crawl.run import crawl\n"
    "from ameli_build.core.settings import Settings; from ameli_build.core.snapshot import Snapshot\n"
    "crawl(Snapshot(Path(sys.argv[1])), Settings.model_validate_json(sys.argv[2]))"
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    if shutil.which("chromedriver") is None:
        pytest.skip("no chromedriver on the PATH")
    world = small_world(12)
    with opened(replace(world, products=world.products[:-3], reviews=world.reviews[:45])) as front:
        yield front


@pytest.fixture
def settings(shop: Storefront) -> Settings:
    slowly = {"specifications": "auto", "rate": 30.0, "read_timeout": 20.0, "deadline": 30.0, "click_timeout": 5.0}
    return settings_for(shop.site_url, **options(slowly))


class Victim:
    """A crawler in its own process with its own folder of temporary files."""

    def __init__(self, root: Path, scratch: Path, settings: Settings) -> None:
        self.scratch = scratch
        command = [sys.executable, "-c", CRAWL, str(root), settings.model_dump_json()]
        environment = {**os.environ, "TMPDIR": str(scratch)}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> int:
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def files(self) -> list[str]:
        """Names in the folder of temporary files; the list is not empty while a browser runs."""
        return [path.name for path in self.scratch.iterdir()]

    def survivors(self) -> list[str]:
        """Processes with the folder in their command or environment, and names in the folder."""
        return self.files() + [process for process in _alive() if _mentions(process, str(self.scratch).encode())]


def _alive() -> list[str]:
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _mentions(process: str, text: bytes) -> bool:
    """Whether a running process has `text` in its command or environment."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        started_with = b"".join(Path(f"/proc/{process}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except OSError:
        return False
    return state not in "ZX" and text in started_with


def await_none(victim: Victim, seconds: float = 15.0) -> list[str]:
    """Wait until nothing of a killed crawler survives; the survivors at the deadline."""
    end = time.monotonic() + seconds
    while (survivors := victim.survivors()) and time.monotonic() < end:
        threading.Event().wait(0.02)
    return survivors


def await_moment(victim: Victim, shop: Storefront, asked: int | None, seconds: float) -> None:
    """Wait until the victim made `asked` requests, and then for `seconds`.

    Without `asked`, wait until the victim has a browser. The end of the victim ends the waiting.
    """
    begun = len(shop.seen)
    while not (victim.files() if asked is None else len(shop.seen) >= begun + asked) and victim.process.poll() is None:
        threading.Event().wait(0.002)
    end = time.monotonic() + seconds
    while time.monotonic() < end and victim.process.poll() is None:
        threading.Event().wait(0.002)


def test_ten_kills_lose_no_data_and_leave_no_process_or_file(
    tmp_path: Path, scratch: Path, shop: Storefront, settings: Settings
) -> None:
    quickly = settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"rate": 10_000.0})})
    whole = Victim(tmp_path / "whole", _folder(scratch / "whole"), quickly)
    asked = len(shop.seen)
    assert whole.process.wait() == 0
    asked = len(shop.seen) - asked
    assert await_none(whole) == []

    draw = random.Random(SEED)
    codes, browsing = [], 0
    for number in range(KILLS):
        victim = Victim(tmp_path / "killed", _folder(scratch / str(number)), settings)
        requests = draw.randint(1, asked // 10)
        await_moment(victim, shop, None if number % 4 == 1 else requests, draw.uniform(0, 0.2))
        browsing += bool(victim.files())
        codes.append(victim.kill())
        assert await_none(victim) == [], f"survivors after kill {number}"
    assert codes.count(-signal.SIGKILL) == KILLS, "the crawl ended before the last kill: the shop is too small"
    assert browsing >= 2

    last = Victim(tmp_path / "killed", _folder(scratch / "last"), quickly)
    assert last.process.wait() == 0
    assert await_none(last) == []

    once, often = tmp_path / "whole", tmp_path / "killed"
    assert contents(often) == contents(once)
    assert failures(often) == failures(once)
    assert _files(often) == _files(once)
    for name in ("products", "reviews", "images"):
        first, second = (table(root, shop, name).drop("source", "fetched_at", strict=False) for root in (once, often))
        assert second.equals(first), name
    products = Snapshot(often).read("catalog/products")
    assert products.height == 12
    assert min(products["attributes"].list.len()) > 0  # generation A needs the click


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _files(root: Path) -> set[str]:
    """Names of the stored images; partial and temporary files would be among them."""
    return {path.name for path in (root / "raw" / "images").iterdir()}
