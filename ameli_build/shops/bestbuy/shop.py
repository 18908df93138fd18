"""Best Buy as a `Shop`."""

from __future__ import annotations

import re

from ameli_build.shops.base import Click, Estimates, Shop
from ameli_build.shops.bestbuy import urls
from ameli_build.shops.bestbuy.developer_api import API
from ameli_build.shops.bestbuy.glance import glance
from ameli_build.shops.bestbuy.listings import parse_listing
from ameli_build.shops.bestbuy.pages import parse_product_page
from ameli_build.shops.bestbuy.parsed import REFUSALS, SKU
from ameli_build.shops.bestbuy.reviews import parse_review_page

_HOSTS = (".bbystatic.com",)
_SUPPLIER_HOSTS = (".bazaarvoice.com",)
"""Hosts of the supplier's photographs, as uploaded; some are PNGs with a JPEG's name."""

CLICK = Click(
    buttons=(
        ".shop-specifications button",
        ".shop-mp-specifications button",
        "button.show-full-specs-btn",
        "div.v-border-bottom button[data-testid='brix-button']",
    ),
    rows=(
        ".spec-categories .specifications-list .list-item",
        ".specifications-list .list-item",
        "ul.zebra-stripe-list li.zebra-list-item",
        "div.inline-flex.w-full.body-copy-lg > div.font-weight-medium",
    ),
    covers=("#survey_invite_no", "[role='dialog'][aria-modal='true'] [aria-label^='close' i]", ".c-modal-close-icon"),
)

ESTIMATES = Estimates(
    card_bytes=66,  # two recorded searches
    page_bytes=13_796,  # the JSON of a page: four recorded products; no whole page was recorded
    review_bytes=4_018 / 20,  # three recorded pages
    api_product_bytes=2_585,  # one recorded response
)


def is_placeholder(reference: str, crawled: bool) -> bool:
    """True if a PNG from this URL stands for a missing picture: the shop serves real JPEGs for a JPEG's name.

    In a crawl, every host belongs to the shop except the hosts of its supplier of photographs.
    """
    _, mark, rest = reference.lower().partition("://")
    host, _, path = rest.partition("/") if mark else ("", "", reference.lower())
    shops = host.endswith(_HOSTS) or (crawled and host != "" and not host.endswith(_SUPPLIER_HOSTS))
    return shops and re.split("[;?#]", path)[0].endswith((".jpg", ".jpeg"))


def name_in_title(title: str) -> str:
    """The name in "Brand - Name - Colour"; the whole title if it has other parts.

    >>> name_in_title("Acme - Desk Lamp - Red"), name_in_title("Desk Lamp")
    ('Desk Lamp', 'Desk Lamp')
    """
    parts = title.split(" - ")
    return parts[1] if len(parts) >= 3 else title


SHOP = Shop(
    name="bestbuy",
    sku_of=urls.sku_of,
    is_product=urls.is_product,
    category_of=urls.category_of,
    product_url=urls.product_url,
    listing_url=urls.listing_url,
    review_url=urls.review_url,
    sku_pattern=SKU.pattern,
    newest_first="MOST_RECENT",
    cookie=("intl_splash", "false"),  # without it, the first page is the choice of country
    product_page=parse_product_page,
    glance=glance,
    listing=parse_listing,
    review_page=parse_review_page,
    api=API,
    click=CLICK,
    refusals=REFUSALS,
    is_placeholder=is_placeholder,
    name_in_title=name_in_title,
    estimates=ESTIMATES,
)
