"""Files of a snapshot during its crawl, and so after a kill."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.crawl import run as run_module
from ameli_build.crawl.run import crawl, with_site
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import FaultPlan, Hang, Rule
from ameli_build.demo.storefront import Storefront


def test_profile_and_stats_are_written_before_the_crawl_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "STATS_EVERY_SECONDS", 0.05)
    snapshot = Snapshot(tmp_path)
    slow = FaultPlan((Rule("^/ugc/", Hang(seconds=3), 1, "site"),))
    with Storefront(make_world(seed=7, products=12), slow) as shop:
        overrides = ("crawl.specifications=json", "crawl.read_timeout=10")
        settings = with_site(load_settings("demo", overrides), shop.site_url)
        crawling = threading.Thread(target=crawl, args=(snapshot, settings), kwargs={"max_products": 2})
        crawling.start()
        stats = snapshot.raw / "crawl-stats.json"
        deadline = time.monotonic() + 30
        pages: dict[str, int] = {}
        while crawling.is_alive() and not pages and time.monotonic() < deadline:
            pages = json.loads(stats.read_text())["archived"].get("page", {}) if stats.is_file() else {}
            time.sleep(0.02)
        assert crawling.is_alive()
        assert pages
        assert load_settings(None, (), snapshot).profile == "demo"
        crawling.join()
