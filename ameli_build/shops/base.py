"""The interface of a shop for the crawl, the catalogue and the stages (section 3.1).

Another shop is a folder beside this file, with a value of `Shop` in the list of `shops/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ameli_build.core.records import Product, Rejected, Review
from ameli_build.shops.other_pages import REFUSALS, Refusal, Wording, wording

MAX_ROWS = 10_000
"""Largest number of reviews or products on a page of JSON; a shop sends at most a hundred."""
UNREAD = "unread"
"""Key in a record's `extra`: the field of each value that could not be read."""


class WrongPage(ValueError):
    """The response is not the requested page: a block page, an empty body, another type."""


class NotAProduct(WrongPage):
    """The response is not a product page, or has no name or SKU."""


class NotReviews(WrongPage):
    """The response is not a page of reviews."""


class NotAListing(WrongPage):
    """The response is not a listing or a sitemap."""


def error_text(error: Exception) -> str:
    """The message of an error in a line; errors of other packages with their type."""
    text = " ".join(str(error).split())[:200]
    return text if type(error).__module__.startswith("ameli_build.") else f"{type(error).__name__}: {text}"


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """A product page.

    `product.source` is empty. `generation` names the form of the page, for shops that have several.
    `has_specifications` is True if the page has specification rows, `has_button` if it has a button for more: together
    they decide whether a click is needed. `review_count` is the page's own claim, None without a claim.
    """

    product: Product
    generation: str = ""
    has_specifications: bool = True
    review_count: int | None = None
    variant_skus: tuple[str, ...] = ()
    has_button: bool = False


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of reviews; `rejected` has the unusable rows.

    `total_pages` and `total_results` are the shop's claims, None without a claim.
    """

    reviews: tuple[Review, ...]
    total_pages: int | None = None
    total_results: int | None = None
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class ListingCard:
    """A product in a listing; `sku` is None if the card does not state it."""

    sku: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a category: its cards, the next page, and the shop's count of all products in the category."""

    cards: tuple[ListingCard, ...]
    next_url: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ApiPage:
    """A response of a developer API; `rejected` has the unusable rows.

    `next_cursor` is the cursor of the next page, "" at the end; `rows` is the number of rows in the response.
    """

    products: tuple[Product, ...]
    rejected: tuple[Rejected, ...] = ()
    next_cursor: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Click:
    """How a product page shows its specifications: CSS selectors, the most specific first.

    `buttons` open the specifications, the button with `word` in its text first; `rows` are the rows of the sheet;
    `covers` close elements that cover the page, such as a survey.
    """

    buttons: tuple[str, ...]
    rows: tuple[str, ...]
    covers: tuple[str, ...] = ()
    word: str = "specification"


@dataclass(frozen=True, slots=True)
class Api:
    """A developer API whose listings have cursors.

    A query is the API's own text for a listing: of some SKUs (at most `page_size`), of a category, or of `everything`.
    """

    key_variable: str
    """Environment variable with the key."""
    key_parameter: str
    """Query parameter for the key."""
    page_size: int
    first_cursor: str
    expired: str
    """Kind of failure of a request with an expired cursor."""
    of_skus: Callable[[Sequence[str]], str]
    of_category: Callable[[str], str]
    everything: str
    listing_url: Callable[[str, str, str, int], str]
    """`(api_url, query, cursor, size)` -> URL of a page of a listing, of `size` products."""
    product_url: Callable[[str, str], str]
    """`(api_url, sku)` -> URL of a product."""
    parse: Callable[[bytes, str], ApiPage]
    """`(body, source)` -> the products of a response; `source` goes into each record. Raises `WrongPage` for another
    body."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Averages for `--dry-run` before any product is archived. Sizes are compressed bytes, None if unknown."""

    reviews_a_product: float = 6_500_078 / 38_329
    """Section 3.1."""
    images_a_product: float = 180_532 / 35_598
    """Table 2."""
    photos_a_review: float = 58 / 456
    """From recorded review pages, since the paper does not state it. Variants share photos."""
    photos_of_a_review: float = 58 / 44
    """Photographs of a review with photographs, on the same pages."""
    listing_cards: int = 24
    """Products on a page of a category."""
    card_bytes: float | None = None
    page_bytes: float | None = None
    review_bytes: float | None = None
    api_product_bytes: float | None = None


def _no_placeholder(reference: str, crawled: bool) -> bool:
    return False


def _whole(title: str) -> str:
    return title


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A shop. Functions with a parameter `site_url` return absolute URLs below it."""

    name: str
    """Value of the setting `crawl.shop`."""

    # URLs
    sku_of: Callable[[str], str | None]
    """SKU in a product or review URL, None without a SKU."""
    is_product: Callable[[str], bool]
    """True for the URL of a product page."""
    category_of: Callable[[str], str | None]
    """Category id in a listing URL, None for other URLs."""
    product_url: Callable[[str, str], str]
    """`(site_url, sku)` -> URL of the product page, or a URL that the shop redirects to it."""
    listing_url: Callable[[str, str, int], str]
    """`(site_url, category, page)` -> URL of page `page`, from 1, of a category's listing."""
    review_url: Callable[[str, str, int, int, str], str]
    """`(site_url, sku, page, size, sort)` -> URL of page `page`, from 1, of the reviews under a SKU."""
    sku_pattern: str = r"[0-9]{1,20}"
    """Regular expression of a whole SKU."""
    category_pattern: str = r"[A-Za-z0-9_-]+"
    """Regular expression of a whole category id."""
    newest_first: str = ""
    """Value of `crawl.review_sort` for the newest reviews first; "" if the shop has none."""
    cookie: tuple[str, str] | None = None
    """Name and value of a cookie that the first request needs."""

    # Pages
    product_page: Callable[[bytes, str, str | None], ParsedProduct]
    """`(html, url, sku)` -> the product of a page; `sku` was requested. Raises `NotAProduct` for another page."""
    glance: Callable[[bytes, str, str | None], ParsedProduct] | None = None
    """A faster `product_page` for the crawl, which needs only SKU, images, review count and the need of a click."""
    listing: Callable[[bytes, str], Listing]
    """`(html, url)` -> the cards of a page of a category. Raises `NotAListing` for another page."""
    review_page: Callable[[bytes, str, str], ReviewPage]
    """`(body, sku, source)` -> the reviews under a SKU; `source` goes into each record. Raises `NotReviews` for another
    body."""
    api: Api | None = None
    click: Click | None = None
    """None if product pages show their specifications without a click."""

    # Refusals and placeholders
    refusals: tuple[Refusal, ...] = REFUSALS
    """Pages by which the shop refuses requests, recognised by their title."""
    wording: Callable[[str], Wording | None] = wording
    """Kind of a page in place of a product page, by its first words; None for words of a product."""
    is_placeholder: Callable[[str, bool], bool] = _no_placeholder
    """`(reference, crawled)` -> True if a PNG from this URL stands for a missing picture. `crawled` is False for
    references in the user's own records."""
    name_in_title: Callable[[str], str] = _whole
    """The product's name in its title, without brand and variant."""
    estimates: Estimates = Estimates()

    def page_named(self, url: str, final_url: str, sku: str | None = None) -> tuple[str, str | None]:
        """The URL that identifies the product of a page, and the requested SKU if it applies to the page.

        Args:
            url: Requested URL.
            final_url: URL of the page after redirects. If it is no product URL, the page must state its own SKU.
            sku: Requested SKU.
        """
        if self.sku_of(final_url) is not None:
            return final_url, sku
        return (url, sku) if self.is_product(final_url) or final_url == url else (final_url, None)
