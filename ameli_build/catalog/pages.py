"""A product page of any generation (section 3.1)."""

from __future__ import annotations

from ameli_build.catalog.parsed import Generation, NotAProduct, ParsedProduct

__all__ = ["Generation", "NotAProduct", "ParsedProduct", "parse_product_page"]


def parse_product_page(html: bytes, url: str) -> ParsedProduct:
    """The product that a page shows. Raises `NotAProduct` for a block page, a country page, an empty answer."""
    raise NotAProduct(url)
