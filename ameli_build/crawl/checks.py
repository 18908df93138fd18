"""Whether an answer with status 200 is what was asked for; what is not is a failure, not content."""

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
"""Characters of a page that say what it is."""
START_BYTES = 65536
_TITLE_BYTES = 262144


def html_page(response: Response, shop: Shop) -> bytes:
    """The body of a whole HTML page of the shop; raises `Unwanted` for anything else.

    A page without its end is cut, unless it comes like that again and the transfer shows that there is no more of it.
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
    """Whether the transfer itself tells where the body ends: in its last chunk, or in what packs it.

    `Content-Length` does not: some servers lie in it, and a body that ends with its connection has none.
    """
    headers = {name.lower().removeprefix("x-archive-orig-"): value.lower() for name, value in response.headers}
    return "chunked" in headers.get("transfer-encoding", "") or headers.get("content-encoding", "") not in (
        "",
        "identity",
    )


def product_page(response: Response, shop: Shop, sku: str | None) -> ParsedProduct:
    """The product of a page, as far as a crawl needs it; raises `Unwanted` for anything else.

    A page of another kind is `blocked` or `no_longer_sold` where it says so, else `not_a_product`.
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
    """An answer's body for its parser, which knows no headers."""
    return in_utf8(
        response.data, next((value for name, value in response.headers if name.lower() == "content-type"), "")
    )


def _wording(body: bytes, shop: Shop) -> Wording | None:
    """What the title and the first words of a page say that is not the page asked for."""
    html = page_text(body)
    shown = " ".join(unescape(_TAGS.sub(" ", without_scripts(html))).split())
    return shop.wording(f"{title_of(html) or ''} {shown[:_FIRST_WORDS]}")


def listing_page(response: Response, shop: Shop) -> Listing:
    """The listing in a page; raises `Unwanted` for anything else, and for one without cards that counts no products."""
    html_page(response, shop)
    try:
        listing = _parsed(lambda: shop.listing(_text(response), response.final_url))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None
    if not listing.cards and listing.total is None:
        word = _wording(_text(response), shop)
        raise Unwanted("blocked" if word == "blocked" else "not_a_listing", "neither products nor their number")
    return listing


def sitemap(response: Response, shop: Shop) -> Sitemap:
    """The sitemap in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data, shop.refusals)
    try:
        return _parsed(lambda: parse_sitemap(response.data))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def review_page(response: Response, shop: Shop, sku: str) -> ReviewPage:
    """The reviews in an answer; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data, shop.refusals)
    try:
        return _parsed(lambda: shop.review_page(_text(response), sku, ""))
    except WrongPage as error:
        raise Unwanted("wrong_type", str(error)) from None


def api_page(response: Response, shop: Shop, api: Api) -> ApiPage:
    """The products in an answer of the developer API; raises `Unwanted` for anything else."""
    if not response.data.strip():
        raise Unwanted("empty", "an empty body")
    _refuse_by_title(response.data, shop.refusals)
    try:
        return _parsed(lambda: api.parse(_text(response), ""))
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


def image_start(start: bytes, shop: Shop) -> str:
    """The file name extension of an image by its first `START_BYTES`; raises `Unwanted` for a page in its place."""
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
