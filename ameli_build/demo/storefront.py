"""The storefront: serves a world on loopback as the shop does, pages on one host name and pictures on another."""

from __future__ import annotations

import argparse
import re
import signal
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from ameli_build.demo.answers import Answer
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import Fault, FaultPlan, Reset, Rule, Status
from ameli_build.demo.pages.shop import Shop
from ameli_build.demo.render import image_bytes
from ameli_build.demo.routes import NOT_FOUND, ImageRoutes, Pictures, SiteRoutes
from ameli_build.demo.server import LoopbackServer, Respond, Seen
from ameli_build.demo.shelves import Shelves, pick, product_image_path
from ameli_build.demo.world import World


class Storefront:
    """Serves `world` as long as its `with` block lasts.

    `site_url` (127.0.0.1) has pages, robots, sitemap and review JSON; `image_url` (localhost) the pictures. `pictures`
    makes the bytes of a picture (default: it is rendered). `ports` are those of the two hosts,
    0 for free ones: URLs go into the crawl's archive, so a run that is to be resumed needs the same ports.

    Raises OSError where a port is taken.
    """

    def __init__(
        self,
        world: World,
        faults: FaultPlan | None = None,
        *,
        ports: tuple[int, int] = (0, 0),
        pictures: Pictures = image_bytes,
    ) -> None:
        shelves = Shelves(world)
        self._images = _server(ImageRoutes(shelves, pictures), faults, ports[1], "localhost")
        try:
            self._site = _server(_nothing_yet, faults, ports[0], "127.0.0.1")
        except OSError:
            self._images.server_close()
            raise
        self.site_url = self._site.url
        self.image_url = self._images.url
        self._site.respond = SiteRoutes(Shop(shelves, self.site_url, self.image_url))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._images)
        self._stack.enter_context(self._site)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def seen(self) -> tuple[Seen, ...]:
        """All requests so far: those of the site, then those of the image host."""
        return (*self._site.seen, *self._images.seen)


def _server(respond: Respond, faults: FaultPlan | None, port: int, host_name: str) -> LoopbackServer:
    return LoopbackServer(respond, faults, port, host_name)


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
    parser.add_argument("--ports", type=int, nargs=2, default=(0, 0), metavar=("SITE", "IMAGES"))
    given = parser.parse_args(arguments)
    world = make_world(seed=given.seed, products=given.products)
    with Storefront(world, ports=tuple(given.ports)) as shop:
        print(f"pages   {shop.site_url}/\nimages  {shop.image_url}/\nend with Ctrl-C", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
