"""Checks of responses with status 200: a page of another kind is a failure, not content."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from ameli_build.archive.bodies import image_extension
from ameli_build.archive.records import Response
from ameli_build.crawl.fetching.failures import Unwanted
from ameli_build.shops.base import Api, ApiPage, Listing, ParsedProduct, ReviewPage, Shop, WrongPage, error_text
from ameli_build.shops.markup import title_of, without_scripts
from ameli_build.shops.other_pages import Refusal, Wording, refusal_in, title_words
from ameli_build.shops.sitemaps import Sitemap, parse_sitemap
from ameli_build.wording.charsets import in_utf8, page_text
from ameli_build.wording.cleaning import unescape

T = TypeVar("T")

_TAGS = re.compile(r"<[^<>]*>")
_FIRST_WORDS = 500
"""Characters at the start of a page that show its kind."""
START_BYTES = 65536
"""Bytes at the start of an image that show its format."""
_TITLE_BYTES = 262144


def html_page(response: Response, shop: Shop) -> bytes:
    """The body of a complete HTML page of the shop.

    A page without its end counts as cut, unless a second response is the same and the transfer was complete.

    Raises:
        Unwanted: For anything else.
    """
    body = response.data
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(body, shop.refusals)
    if not start.startswith(b"<"):
        raise Unwanted("wrong_type", "not HTML")
    end = body[-65536:].lower()
    if b"</html" not in end and b"</body" not in end and not (response.repeated and _came_whole(response)):
        raise Unwanted("cut", "the page ends before </html>")
    return body


def _came_whole(response: Response) -> bool:
    """Whether the transfer marks the end of the body, by its last chunk or its content encoding.

    `Content-Length` does not count: some servers send a wrong length, or none and close the connection.
    """
    headers = {name.lower().removeprefix("x-archive-orig-"): value.lower() for name, value in response.headers}
    return "chunked" in headers.get("transfer-encoding", "") or headers.get("content-encoding", "") not in (
        "",
        "identity",
    )


def product_page(response: Response, shop: Shop, sku: str | None) -> ParsedProduct:
    """The product of a page, as far as a crawl needs it.

    Raises:
        Unwanted: `blocked` or `no_longer_sold` if the page says so, else `not_a_product`.
    """
    html_page(response, shop)
    url, known = shop.page_named(response.url, response.final_url, sku)
    try:
        return _parsed(lambda: (shop.glance or shop.product_page)(_text(response), url, known))
    except WrongPage as error:
        away = response.final_url != response.url and not shop.is_product(response.final_url)
        word = _wording(_text(response), shop) or "not_a_product"
        raise Unwanted("no_longer_sold" if away and word != "blocked" else word, str(error)) from None


def _text(response: Response) -> bytes:
    """The body of a response in UTF-8, for parsers that see no headers."""
    return in_utf8(
        response.data, next((value for name, value in response.headers if name.lower() == "content-type"), "")
    )


def _wording(body: bytes, shop: Shop) -> Wording | None:
    """The kind of page that the title and the first words show, None for a product page."""
    html = page_text(body)
    shown = " ".join(unescape(_TAGS.sub(" ", without_scripts(html))).split())
    return shop.wording(f"{title_of(html) or ''} {shown[:_FIRST_WORDS]}")


def listing_page(response: Response, shop: Shop) -> Listing:
    """The listing in a page.

    Raises:
        Unwanted: For any other page, and for a listing with neither cards nor a count.
    """
    html_page(response, shop)
    try:
        listing = _parsed(lambda: shop.listing(_text(response), response.final_url))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None
    if not listing.cards and listing.total is None:
        word = _wording(_text(response), shop)
        raise Unwanted("blocked" if word == "blocked" else "not_a_listing", "neither products nor a count of products")
    return listing


def sitemap(response: Response, shop: Shop) -> Sitemap:
    """The sitemap in a response; raises `Unwanted` for anything else."""
    return _content(response, shop, lambda: parse_sitemap(response.data))


def review_page(response: Response, shop: Shop, sku: str) -> ReviewPage:
    """The reviews in a response; raises `Unwanted` for anything else."""
    return _content(response, shop, lambda: shop.review_page(_text(response), sku, ""))


def api_page(response: Response, shop: Shop, api: Api) -> ApiPage:
    """The products in a response of the developer API; raises `Unwanted` for anything else."""
    return _content(response, shop, lambda: api.parse(_text(response), ""))


def _content(response: Response, shop: Shop, parse: Callable[[], T]) -> T:
    """The parsed body of a response that is no HTML page; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data, shop.refusals)
    try:
        return _parsed(parse)
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def _parsed(parse: Callable[[], T]) -> T:
    """The result of a parser; its unexpected errors become failures of the page, named after the error."""
    try:
        return parse()
    except WrongPage:
        raise
    except Exception as error:
        raise Unwanted(f"parser_{type(error).__name__}", error_text(error)) from None


def image_start(start: bytes, shop: Shop) -> str:
    """The file name extension of an image, from its first `START_BYTES`; raises `Unwanted` if it is not an image."""
    if not start:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(start, shop.refusals)
    extension = image_extension(start)
    if extension is None:
        raise Unwanted("wrong_type", "not an image")
    return extension


def _refuse_by_title(body: bytes, refusals: Sequence[Refusal]) -> None:
    if body.lstrip()[:1] != b"<":
        return
    start = body[:_TITLE_BYTES].decode("utf-8", "replace")
    if (refusal := refusal_in(start, refusals)) is not None:
        raise Unwanted(refusal.kind, title_words(start)[:100])
