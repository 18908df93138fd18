"""A snapshot of a small crawled shop, with all files that runs write."""

from __future__ import annotations

from pathlib import Path

from crawl.crawling import settings_for
from demo.small_world import small_world

from ameli_build.core.checksums import recorded
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_bytes
from ameli_build.crawl.run import crawl
from ameli_build.demo.storefront import Storefront
from ameli_build.pipeline import build
from ameli_build.report.run import make_report

DEMO = load_settings("demo")


def crawled(root: Path, seed: int = 7, *skus: str) -> Snapshot:
    """A crawl of a small shop; a second call continues it."""
    snapshot = Snapshot(root)
    with Storefront(small_world(seed)) as shop:
        crawl(snapshot, settings_for(shop.site_url, specifications="json", review_page_size=10), skus=skus)
    return snapshot


def whole_snapshot(root: Path) -> Snapshot:
    """A crawl, its build and its report, with made-up results of a baseline."""
    snapshot = crawled(root)
    write_bytes(root / "settings" / "release.toml", b'[release]\nname = "a small shop"\n')
    build(snapshot, load_settings("demo", (), snapshot))
    make_report(snapshot, DEMO)
    with recorded(root, "baseline", "stages/baseline"):
        for name in ("scores.json", "predictions.parquet", "MODEL_CARD.md", "model/adapters.safetensors"):
            write_bytes(root / "baseline" / name, f"{name}: {'made up ' * 9}".encode())
        write_bytes(root / "stages" / "baseline" / "stage.json", b'{\n  "seconds": 3.5\n}\n')
    with recorded(root, "baseline/link"):
        write_bytes(root / "baseline" / "link" / "index.json", b'{"digest": "0"}')
    return snapshot
