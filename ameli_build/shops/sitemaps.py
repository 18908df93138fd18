"""Sitemaps: the pages that a shop names to search engines (section 3.1)."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from io import BytesIO

from ameli_build.shops.base import NotAListing
from ameli_build.wording.charsets import page_text
from ameli_build.wording.cleaning import unescape

_LOCATION = re.compile(r"<(?:\w+:)?loc>\s*+(?:<!\[CDATA\[)?+([^<\]]++)(?:\]\]>)?+\s*+</(?:\w+:)?loc>")
_MAX_SITEMAP = 1 << 26
"""Largest size after decompression, in bytes; the protocol allows 50 MB."""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap file: URLs of further sitemap files, and of pages."""

    shards: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


def parse_sitemap(body: bytes) -> Sitemap:
    """The URLs in a sitemap or an index of sitemaps, plain or gzipped, each once.

    Raises `NotAListing` for anything else.
    """
    if body.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=BytesIO(body)) as stream:
                body = stream.read(_MAX_SITEMAP + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise NotAListing(f"a broken gzip file: {error}") from None
    if len(body) > _MAX_SITEMAP:
        raise NotAListing(f"more than {_MAX_SITEMAP:,} bytes, too many for a sitemap")
    text = page_text(body)
    found = tuple(dict.fromkeys(unescape(location.strip()) for location in _LOCATION.findall(text)))
    if re.search(r"<(?:\w+:)?sitemapindex\b", text):
        return Sitemap(shards=found)
    if re.search(r"<(?:\w+:)?urlset\b", text):
        return Sitemap(pages=found)
    raise NotAListing("not a sitemap")
