"""Whether an answer with status 200 is what was asked for; what is not is a failure, not content."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from ameli_build.archive.bodies import image_extension
from ameli_build.archive.records import Response
from ameli_build.crawl.fetching.failures import Unwanted
from ameli_build.shops.bestbuy.developer_api import ApiPage, parse_api_page
from ameli_build.shops.bestbuy.glance import Glance, glance
from ameli_build.shops.bestbuy.listings import Listing, Sitemap, parse_listing, parse_sitemap
from ameli_build.shops.bestbuy.parsed import Wording, WrongPage, error_text, wording
from ameli_build.shops.bestbuy.reviews import ReviewPage, parse_review_page
from ameli_build.shops.bestbuy.urls import is_product, page_named
from ameli_build.shops.markup import title_of, without_scripts
from ameli_build.wording.charsets import in_utf8, page_text
from ameli_build.wording.cleaning import unescape

T = TypeVar("T")

_TAGS = re.compile(r"<[^<>]*>")
_FIRST_WORDS = 500
"""Characters of a page that say what it is."""
START_BYTES = 65536
_TITLE_BYTES = 262144
_TITLES = (
    ("access denied", "blocked"),
    ("pardon our interruption", "blocked"),
    ("select your country", "country_page"),
)


def html_page(response: Response) -> bytes:
    """The body of a whole HTML page of the shop; raises `Unwanted` for anything else.

    A page without its end is cut, unless it comes like that again and the transfer shows that there is no more of it.
    """
    body = response.data
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(body)
    if not start.startswith(b"<"):
        raise Unwanted("wrong_type", "not HTML")
    end = body[-65536:].lower()
    if b"</html" not in end and b"</body" not in end and not (response.repeated and _came_whole(response)):
        raise Unwanted("cut", "the page ends before </html>")
    return body


def _came_whole(response: Response) -> bool:
    """Whether the transfer itself tells where the body ends: in its last chunk, or in what packs it.

    `Content-Length` does not: some servers lie in it, and a body that ends with its connection has none.
    """
    headers = {name.lower().removeprefix("x-archive-orig-"): value.lower() for name, value in response.headers}
    return "chunked" in headers.get("transfer-encoding", "") or headers.get("content-encoding", "") not in (
        "",
        "identity",
    )


def product_page(response: Response, sku: str | None) -> Glance:
    """What a product page tells at a glance; raises `Unwanted` for anything else.

    A page of another kind is `blocked` or `no_longer_sold` where it says so, else `not_a_product`.
    """
    html_page(response)
    url, known = page_named(response.url, response.final_url, sku)
    try:
        return _parsed(lambda: glance(_text(response), url, known))
    except WrongPage as error:
        away = response.final_url != response.url and not is_product(response.final_url)
        word = _wording(_text(response)) or "not_a_product"
        raise Unwanted("no_longer_sold" if away and word != "blocked" else word, str(error)) from None


def _text(response: Response) -> bytes:
    """An answer's body for its parser, which knows no headers."""
    return in_utf8(
        response.data, next((value for name, value in response.headers if name.lower() == "content-type"), "")
    )


def _wording(body: bytes) -> Wording | None:
    """What the title and the first words of a page say that is not the page asked for."""
    html = page_text(body)
    shown = " ".join(unescape(_TAGS.sub(" ", without_scripts(html))).split())
    return wording(f"{title_of(html) or ''} {shown[:_FIRST_WORDS]}")


def listing_page(response: Response) -> Listing:
    """The listing in a page; raises `Unwanted` for anything else, and for one without cards that counts no products."""
    html_page(response)
    try:
        listing = _parsed(lambda: parse_listing(_text(response), response.final_url))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None
    if not listing.cards and listing.total is None:
        word = _wording(_text(response))
        raise Unwanted("blocked" if word == "blocked" else "not_a_listing", "neither products nor their number")
    return listing


def sitemap(response: Response) -> Sitemap:
    """The sitemap in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return _parsed(lambda: parse_sitemap(response.data))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def review_page(response: Response, sku: str) -> ReviewPage:
    """The reviews in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return _parsed(lambda: parse_review_page(_text(response), sku))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def api_page(response: Response) -> ApiPage:
    """The products in an answer of the developer API; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data)
    try:
        return _parsed(lambda: parse_api_page(_text(response)))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def _parsed(parse: Callable[[], T]) -> T:
    """What a parser makes of an answer; one that it cannot bear is a failure of that page, by the error's name."""
    try:
        return parse()
    except WrongPage:
        raise
    except Exception as error:
        raise Unwanted(f"parser_{type(error).__name__}", error_text(error)) from None


def image_start(start: bytes) -> str:
    """The file name extension of an image by its first `START_BYTES`; raises `Unwanted` for a page in its place."""
    if not start:
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(start)
    extension = image_extension(start)
    if extension is None:
        raise Unwanted("wrong_type", "not an image")
    return extension


def _refuse_by_title(body: bytes) -> None:
    """By the title, or the first words of a page without one: words like "captcha" stand on good pages."""
    if body.lstrip()[:1] != b"<":
        return
    start = body[:_TITLE_BYTES].decode("utf-8", "replace")
    title = title_of(start)
    words = " ".join((start[:200] if title is None else title).split())
    for mark, kind in _TITLES:
        if mark in words.lower():
            raise Unwanted(kind, words[:100])
