"""A replay needs no network: a process without sockets makes the same bytes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from demo.small_world import picture, small_world

from ameli_build.archive.records import Response
from ameli_build.archive.store import Archive
from ameli_build.catalog.build import STAGE
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.answers import as_json
from ameli_build.demo.pages import generation_a, generation_b, generation_c
from ameli_build.demo.pages.review_json import review_page
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.shop_index import ShopIndex
from ameli_build.shops.bestbuy.reviews import parse_review_page

SOURCES = {"A": generation_a.product_page, "B": generation_b.product_page, "C": generation_c.product_page}
HTML = (("Content-Type", "text/html"),)

REPLAY = """
import socket, sys
from pathlib import Path

def refused(*_, **__):
    raise OSError("no network here")

if sys.argv[3] == "python":
    socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[4])), timeout=5)
except OSError:
    pass
else:
    sys.exit("the network is there")

from ameli_build.catalog.replay import replay
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import process_mapper

if __name__ == "__main__":
    with process_mapper(int(sys.argv[5])) as mapper:
        replay(Snapshot(Path(sys.argv[1])), Settings(), Snapshot(Path(sys.argv[2])), mapper)
"""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """An archive of every page, review page and picture of a small shop, and its catalog."""
    snapshot = Snapshot(tmp_path_factory.mktemp("crawl"))
    archive, shop_index = Archive(snapshot.raw), ShopIndex(small_world(30))
    shop = Shop(shop_index, "https://shop.test", "https://img.test")
    for product in shop_index.products.values():
        url = shop.site_url + shop.product_path(product)
        html = SOURCES[product.generation](shop, product).encode()
        archive.add("page", Response(url, url, 200, "OK", HTML, html, html), sku=product.sku)
        url = f"{shop.site_url}/ugc/v2/reviews?page=1&pageSize=100&sku={product.sku}"
        body = as_json(review_page(shop, product, {"page": "1", "pageSize": "100"})).body
        assert parse_review_page(body, product.sku).rejected == ()
        archive.add("reviews", Response(url, url, 200, "OK", (), body, body), sku=product.sku)
        for image in product.images:
            path = snapshot.store_image(picture(image), "jpg")
            archive.add("image", Response(shop.image(image), shop.image(image), 200, "OK", (), b"", b""), path=path)
    archive.close()
    run_stage(STAGE, snapshot, Settings())
    return snapshot


def catalog_of(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "catalog").iterdir()}


def isolation() -> list[str]:
    """The command that starts a process without a network, empty if the machine does not allow it."""
    command = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.call([*command, "true"], stderr=subprocess.DEVNULL):
        return []
    return command


@pytest.mark.parametrize("workers", [1, 2])
def test_a_replay_without_a_network_gives_the_same_bytes(crawled: Snapshot, tmp_path: Path, workers: int) -> None:
    script, other = tmp_path / "replay.py", tmp_path / "other"
    script.write_text(REPLAY)
    apart = isolation()
    with socket.create_server(("127.0.0.1", 0)) as server:  # reachable only with a network
        means, port = "kernel" if apart else "python", server.getsockname()[1]
        arguments = [script, crawled.root, other, means, port, workers]
        done = subprocess.run(
            [*apart, sys.executable, *map(str, arguments)], check=False, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    assert catalog_of(other) == catalog_of(crawled.root)
    record = json.loads((other / "stages" / "catalog" / "stage.json").read_text())
    assert record["counts"]["products"] == 33
    assert record["counts"]["links"] > 100
