"""The storefront: serves a world on loopback as the shop does, pages on one host name and pictures on another."""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Self

from ameli_build.core.logs import RESULTS
from ameli_build.demo.answers import Answer
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import Fault, FaultCounter, FaultPlan, Reset, Rule, Status
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.render import image_bytes
from ameli_build.demo.routes import NOT_FOUND, ImageRoutes, Pictures, SiteRoutes
from ameli_build.demo.server import LoopbackServer, Respond, Seen
from ameli_build.demo.shop_index import Shelves, pick, product_image_path
from ameli_build.demo.world import World


class Storefront:
    """Serves `world` as long as its `with` block lasts.

    `site_url` (127.0.0.1) has pages, robots, sitemap and review JSON; `image_url` (localhost) the pictures, and
    `photo_url` (localhost too) the copies of shoppers' photographs that their supplier keeps. `pictures` makes the
    bytes of a picture (default: it is rendered). `ports` are those of the three hosts, 0 or none for free ones: URLs go
    into the crawl's archive, so a run that is to be resumed needs the same ports. With `browsers_only`, as the shop has
    it, a client whose User-Agent is not like a browser's gets no answer from the site.

    Raises OSError where a port is taken.
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
        shelves = Shelves(world)
        site, images, photos = (*ports, 0, 0, 0)[:3]
        routes = ImageRoutes(shelves, pictures)
        self._servers: list[LoopbackServer] = []
        try:
            self._serve(_nothing_yet, faults, site, "127.0.0.1", part="site", browsers_only=browsers_only)
            self._serve(routes, faults, images, "localhost", part="images")
            self._serve(routes, faults, photos, "localhost", part="photos")
        except OSError:
            for server in self._servers:
                server.server_close()
            raise
        self.site_url, self.image_url, self.photo_url = (server.url for server in self._servers)
        self._servers[0].respond = SiteRoutes(Shop(shelves, self.site_url, self.image_url, self.photo_url))
        self._stack = ExitStack()

    def _serve(self, respond: Respond, faults: FaultPlan | None, port: int, name: str, **habits: Any) -> None:
        self._servers.append(LoopbackServer(respond, faults, port, name, **habits))

    def __enter__(self) -> Self:
        for server in reversed(self._servers):
            self._stack.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def misbehave(self, faults: FaultPlan) -> None:
        """From now on, meet requests with the faults of another plan; what was counted for the old one is forgotten."""
        for server in self._servers:
            server.faults = FaultCounter(faults, server.part)

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All requests so far: those of the site, then those of the image host and of the photo host."""
        return tuple(seen for server in self._servers for seen in server.seen)

    def seen_by(self, part: str) -> list[Seen]:
        """The requests so far of one host: "site", "images" or "photos"."""
        return [seen for server in self._servers if server.part == part for seen in server.seen]

    @property
    def ports(self) -> tuple[int, ...]:
        """Of the site, the image host and the photo host."""
        return tuple(server.server_port for server in self._servers)


def _nothing_yet(_target: str) -> Answer:
    return NOT_FOUND


def demo_faults(world: World) -> FaultPlan:
    """A few faults on first requests, so that the demo shows its crawler retrying.

    About one review page in forty answers 429 (`Retry-After: 0`); besides one 429 that asks for a second, one 503, one
    reset in the middle of a review page and one in a picture. Every URL is well at the second request.
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
    """Serve the demo's world until interrupted, to look at it in a browser."""
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
