"""Whether an answer with status 200 is what was asked for; what is not is a failure, not content."""

from __future__ import annotations

import re

from bs4 import ParserRejectedMarkup

from ameli_build.catalog.developer import ApiPage, parse_api_page
from ameli_build.catalog.listings import Listing, Sitemap, parse_listing, parse_sitemap
from ameli_build.catalog.parsed import WrongPage
from ameli_build.catalog.reviews import ReviewPage, parse_review_page
from ameli_build.crawl.archive import Response
from ameli_build.crawl.bodies import image_extension
from ameli_build.crawl.failures import Unwanted

_TITLE = re.compile(rb"<title\b[^>]*>(.*?)</title>", re.S | re.I)
_TITLES = (
    (b"access denied", "blocked"),
    (b"pardon our interruption", "blocked"),
    (b"select your country", "country_page"),
)


def html_page(response: Response) -> bytes:
    """The body of a whole HTML page of the shop; raises `Unwanted` for anything else."""
    body = response.data
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(body)
    if not start.startswith(b"<"):
        raise Unwanted("wrong_type", "not HTML")
    end = body[-65536:].lower()
    if b"</html" not in end and b"</body" not in end:
        raise Unwanted("cut", "the page ends before </html>")
    return body


def listing_page(response: Response) -> Listing:
    """The listing in a page; raises `Unwanted` for anything else."""
    body = html_page(response)
    try:
        return parse_listing(body, response.final_url)
    except (WrongPage, RecursionError, ParserRejectedMarkup) as error:
        raise Unwanted("wrong_type", str(error)) from None


def sitemap(response: Response) -> Sitemap:
    """The sitemap in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return parse_sitemap(response.data)
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def review_page(response: Response, sku: str) -> ReviewPage:
    """The reviews in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return parse_review_page(response.data, sku)
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def api_page(response: Response) -> ApiPage:
    """The products in an answer of the developer API; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return parse_api_page(response.data)
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def image(response: Response) -> str:
    """The file name extension of an image; raises `Unwanted` for a page in its place. Decoding it comes later."""
    if not response.data:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data[:65536])
    extension = image_extension(response.data)
    if extension is None:
        raise Unwanted("wrong_type", "not an image")
    return extension


def _refuse_by_title(body: bytes) -> None:
    """By the title, or the first words of a page without one: words like "captcha" stand on good pages."""
    if body.lstrip()[:1] != b"<":
        return
    found = _TITLE.search(body[:262144])
    title = (found[1] if found else body[:200]).lower()
    for words, kind in _TITLES:
        if words in title:
            raise Unwanted(kind, " ".join(title.decode("utf-8", "replace").split())[:100])
