"""The shop's URLs: the SKU in a URL, and the URL of a page (section 3.1)."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

_IN_PATH = (
    re.compile(r"/site/reviews/submission/([0-9]+)(?:/|$)"),
    re.compile(r"/site/reviews/[^/]+/([0-9]+)(?:/|$)"),
    re.compile(r"/site/(?:[^/]+/)?([0-9]+)\.p$"),
    re.compile(r"/product/[^/]+/[^/]+/sku/([0-9]+)(?:/|$)"),
)
_LISTING = re.compile(r"/([A-Za-z0-9_-]+)\.c$")


def sku_of(url: str) -> str | None:
    """The SKU in a product, review or review-submission URL; None without a SKU.

    A `skuId` in the query takes precedence: in old URLs, the number in the path is another id.

    >>> sku_of("https://www.bestbuy.com/site/a-red-lamp/6509654.p?skuId=6509654")
    '6509654'
    >>> sku_of("https://www.bestbuy.com/product/a-red-lamp/JJGCQ8WQR5/sku/6509654/openbox?condition=good")
    '6509654'
    >>> sku_of("https://www.bestbuy.com/product/a-red-lamp/JJGCQ8WQR5") is None
    True
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    query = parse_qs(parts.query) if "sku" in parts.query else {}
    for key in ("skuId", "sku"):
        if re.fullmatch(r"[0-9]+", query.get(key, [""])[0]):
            return query[key][0]
    found = (pattern.search(parts.path) for pattern in _IN_PATH)
    return next((match[1] for match in found if match), None)


def is_product(url: str) -> bool:
    """Whether a URL is that of a product page, in the old or the new form."""
    path = urlsplit(url).path
    return path.endswith(".p") or path.startswith("/product/")


def original_image(url: str) -> str:
    """The URL of a picture in its full size, without the resize suffix after the first semicolon.

    >>> original_image("https://pisces.bbystatic.com/a_sd.jpg;maxHeight=256;maxWidth=384?format=webp")
    'https://pisces.bbystatic.com/a_sd.jpg'
    """
    return url.split(";", 1)[0].strip()


def product_url(site_url: str, sku: str) -> str:
    """The short product URL, which the shop redirects to the current page."""
    return f"{site_url.rstrip('/')}/site/{sku}.p?{urlencode({'skuId': sku})}"


def listing_url(site_url: str, category: str, page: int = 1) -> str:
    """Page `page`, from 1, of a category's listing."""
    return f"{site_url.rstrip('/')}/site/x/x/{category}.c?{urlencode({'cp': page, 'id': category})}"


def category_of(url: str) -> str | None:
    """The category id in a listing's URL, None for other URLs."""
    match = _LISTING.search(urlsplit(url).path)
    return match[1] if match else None


def review_url(site_url: str, sku: str, page: int = 1, size: int = 20, sort: str = "MOST_RECENT") -> str:
    """Page `page`, from 1, of the reviews under a product, as JSON."""
    query = urlencode({"page": page, "pageSize": size, "sku": sku, "sort": sort})
    return f"{site_url.rstrip('/')}/ugc/v2/reviews?{query}"
