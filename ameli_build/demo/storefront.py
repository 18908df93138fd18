"""The storefront: serves a world on loopback like the shop, with pages and pictures on different host names."""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from ameli_build.core.logs import RESULTS
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import Fault, FaultCounter, FaultPlan, Reset, Rule, Status
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.render import image_bytes
from ameli_build.demo.routes import ImageRoutes, Pictures, SiteRoutes
from ameli_build.demo.server import LoopbackServer, Seen
from ameli_build.demo.shop_index import ShopIndex, pick, product_image_path
from ameli_build.demo.world import World


class Storefront:
    """Serves `world` during its `with` block.

    `site_url` (127.0.0.1) has pages, robots.txt, sitemap and review JSON, `image_url` (localhost) has the pictures, and
    `photo_url` (also localhost) has the supplier's copies of shoppers' photographs. `pictures` returns the bytes of a
    picture (by default, a rendering). `ports` are the ports of the three hosts, 0 or none for free ports. URLs are in
    the archive of a crawl, so a run to be resumed needs the same ports. With `browsers_only`, as in the shop, a client
    without a browser's User-Agent gets no response from the site.

    Raises:
        OSError: A port is in use.
    """

    def __init__(
        self,
        world: World,
        faults: FaultPlan | None = None,
        *,
        ports: Sequence[int] = (),
        pictures: Pictures = image_bytes,
        browsers_only: bool = True,
    ) -> None:
        shop_index = ShopIndex(world)
        respond = ImageRoutes(shop_index, pictures)
        hosts = (("site", "127.0.0.1"), ("images", "localhost"), ("photos", "localhost"))
        self._servers: list[LoopbackServer] = []
        try:
            for (part, host), port in zip(hosts, (*ports, 0, 0, 0), strict=False):
                guarded = browsers_only and part == "site"
                self._servers.append(LoopbackServer(respond, faults, port, host, part=part, browsers_only=guarded))
        except OSError:
            for server in self._servers:
                server.server_close()
            raise
        self.site_url, self.image_url, self.photo_url = (server.url for server in self._servers)
        self._servers[0].respond = self.site_routes(Shop(shop_index, self.site_url, self.image_url, self.photo_url))
        self._stack = ExitStack()

    def site_routes(self, shop: Shop) -> SiteRoutes:
        """The pages of the site; a subclass can add routes."""
        return SiteRoutes(shop)

    def __enter__(self) -> Self:
        for server in reversed(self._servers):
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def inject(self, faults: FaultPlan) -> None:
        """Replace the plan of faults; its counts start at zero."""
        for server in self._servers:
            server.faults = FaultCounter(faults, server.part)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All requests so far: of the site, then of the image host, then of the photo host."""
        return tuple(seen for server in self._servers for seen in server.seen)

    def seen_by(self, part: str) -> list[Seen]:
        """All requests so far of a host: "site", "images" or "photos"."""
        return [seen for server in self._servers if server.part == part for seen in server.seen]

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of site, image host and photo host."""
        return tuple(server.server_port for server in self._servers)


def demo_faults(world: World) -> FaultPlan:
    """Some faults of first requests, so that the demo shows the crawler's retries.

    About one review page in forty answers 429 (`Retry-After: 0`). There are also a 429 with a wait of one second, a
    503, a reset in the middle of a review page, and a reset in a picture. The second request of each URL succeeds.
    """
    skus = sorted((product.sku for product in world.products), key=lambda sku: pick(f"fault/{sku}", 2**32))
    pictured = [product for product in world.products if product.images]
    if not skus:
        return FaultPlan()
    some = skus[: max(1, len(skus) // 40)]
    rules = [Rule(_first_reviews(sku), Status(429, retry_after="0"), 1) for sku in some]
    singles: tuple[Fault, ...] = (Status(429, retry_after="1"), Status(503), Reset())
    rules += [Rule(_first_reviews(sku), fault, 1) for sku, fault in zip(skus[len(some) :], singles, strict=False)]
    if pictured:
        rules.append(Rule(f"^{re.escape(product_image_path(pictured[-1].images[0]))}$", Reset(), 1))
    return FaultPlan(tuple(rules))


def _first_reviews(sku: str) -> str:
    """Matches the first page of a product's review JSON."""
    return rf"^/ugc/v2/reviews\?page=1&(?:.*&)?sku={sku}(?:&|$)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the demo's world for a browser until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m ameli_build.demo.storefront", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--products", type=int, default=240)
    parser.add_argument("--ports", type=int, nargs=3, default=(0, 0, 0), metavar=("SITE", "IMAGES", "PHOTOS"))
    given = parser.parse_args(arguments)
    world = make_world(seed=given.seed, products=given.products)
    with Storefront(world, ports=tuple(given.ports)) as shop:
        RESULTS.info(f"pages   {shop.site_url}/\nimages  {shop.image_url}/\nend with Ctrl-C")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            RESULTS.info("")


if __name__ == "__main__":
    main()
