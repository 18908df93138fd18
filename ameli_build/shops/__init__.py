"""Shops: their URLs and pages, and how pages become records (section 3.1)."""

from __future__ import annotations

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import CrawlSettings
from ameli_build.shops.base import Shop
from ameli_build.shops.bestbuy.shop import SHOP as BESTBUY

SHOPS = {BESTBUY.name: BESTBUY}
DEFAULT = CrawlSettings().shop


def shop_named(name: str) -> Shop:
    """The shop named `name` (setting `crawl.shop`); raises `UnusableInput` if there is none."""
    if name not in SHOPS:
        raise UnusableInput(f"setting crawl.shop: no shop named {name!r}, only {', '.join(sorted(SHOPS))}")
    return SHOPS[name]
