"""What a shop is: all that the crawl, the catalogue and the stages need to know of one (section 3.1).

Another shop is a folder beside this file, with a value of `Shop` that `shops/__init__.py` lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ameli_build.core.records import Product, Rejected, Review
from ameli_build.shops.other_pages import REFUSALS, Refusal, Wording, wording

MAX_ROWS = 10_000
"""Reviews or products on one page of JSON, of which a shop sends at most a hundred."""
UNREAD = "unread"
"""Key in a record's `extra`: the fields of which a value could not be read, each as often as that happened."""


class WrongPage(ValueError):
    """The response is not the page that was asked for: a block page, an empty body, another type."""


class NotAProduct(WrongPage):
    """The response is not a product page, or one without name or SKU."""


class NotReviews(WrongPage):
    """The response is not a page of reviews."""


class NotAListing(WrongPage):
    """The response is not a listing or a sitemap."""


def error_text(error: Exception) -> str:
    """What was wrong, in a line: the message of an error about the page; other errors with their names."""
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
    """One page of reviews; `rejected` holds the rows that are no usable review.

    `total_pages` and `total_results` are the shop's claims, None without a claim.
    """

    reviews: tuple[Review, ...]
    total_pages: int | None = None
    total_results: int | None = None
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class ListingCard:
    """One product in a listing; `sku` is None where the card does not say it."""

    sku: str | None
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a category: its cards, the next page, and the shop's count of all products in the category."""

    cards: tuple[ListingCard, ...]
    next_url: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ApiPage:
    """One response of a developer API; `rejected` holds the rows that are no usable product.

    `next_cursor` is where the listing goes on, "" at its end; `rows` is the number of rows in the response.
    """

    products: tuple[Product, ...]
    rejected: tuple[Rejected, ...] = ()
    next_cursor: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Click:
    """How a product page shows its specifications: CSS selectors, the most specific first.

    `buttons` open the specifications, the button with `word` in its text first; `rows` are the rows of the sheet;
    `covers` close or decline whatever covers the page, such as a survey.
    """

    buttons: tuple[str, ...]
    rows: tuple[str, ...]
    covers: tuple[str, ...] = ()
    word: str = "specification"


@dataclass(frozen=True, slots=True)
class Api:
    """A developer API whose listings are followed by a cursor.

    A query is the API's own text for a listing: of some SKUs (at most `page_size`), of a category, or of `everything`.
    """

    key_variable: str
    """Variable of the environment that holds the key."""
    key_parameter: str
    """Parameter of the query string that takes the key."""
    page_size: int
    first_cursor: str
    expired: str
    """Kind of failure with which the API answers a cursor that is too old."""
    of_skus: Callable[[Sequence[str]], str]
    of_category: Callable[[str], str]
    everything: str
    listing_url: Callable[[str, str, str, int], str]
    """`(api_url, query, cursor, size)` -> URL of one page of a listing, of `size` products."""
    product_url: Callable[[str, str], str]
    """`(api_url, sku)` -> URL that names a product."""
    parse: Callable[[bytes, str], ApiPage]
    """`(body, source)` -> the products of a response; `source` goes into each record. Raises `WrongPage` for another
    body."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Averages with which `--dry-run` plans a crawl before any product is archived; sizes are packed bytes.

    A size is None if nobody knows it.
    """

    reviews_a_product: float = 6_500_078 / 38_329
    """Section 3.1."""
    images_a_product: float = 180_532 / 35_598
    """Table 2."""
    photos_a_review: float = 58 / 456
    """Recorded review pages, since the paper does not say. Siblings share photos."""
    photos_of_a_review: float = 58 / 44
    """Photographs of a review that has any, on the same pages."""
    listing_cards: int = 24
    """Products on one page of a category."""
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
    """A shop. Functions that take `site_url` make absolute URLs of it."""

    name: str
    """Value of the setting `crawl.shop`."""

    # URLs
    sku_of: Callable[[str], str | None]
    """SKU that a product or review URL names, None without a SKU."""
    is_product: Callable[[str], bool]
    """True for the URL of a product page."""
    category_of: Callable[[str], str | None]
    """Category id that a listing URL names, None for other URLs."""
    product_url: Callable[[str, str], str]
    """`(site_url, sku)` -> URL of the product page, or one that the shop redirects there."""
    listing_url: Callable[[str, str, int], str]
    """`(site_url, category, page)` -> URL of page `page`, from 1, of a category's listing."""
    review_url: Callable[[str, str, int, int, str], str]
    """`(site_url, sku, page, size, sort)` -> URL of page `page`, from 1, of the reviews under a SKU."""
    sku_pattern: str = r"[0-9]{1,20}"
    """Regular expression of a whole SKU."""
    category_pattern: str = r"[A-Za-z0-9_-]+"
    """Regular expression of a whole category id."""
    newest_first: str = ""
    """Value of `crawl.review_sort` with which the newest reviews come first; "" if the shop has none."""
    cookie: tuple[str, str] | None = None
    """Name and value of a cookie that a first visit needs."""

    # Pages
    product_page: Callable[[bytes, str, str | None], ParsedProduct]
    """`(html, url, sku)` -> the product of a page; `sku` was asked for. Raises `NotAProduct` for another page."""
    glance: Callable[[bytes, str, str | None], ParsedProduct] | None = None
    """A quicker `product_page` for the crawl, which needs of a product its SKU and images alone; None if there is
    none."""
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
    """Pages by which the shop refuses, known by their title."""
    wording: Callable[[str], Wording | None] = wording
    """Kind of page that stands in a product's place, by its first words; None for words of a product."""
    is_placeholder: Callable[[str, bool], bool] = _no_placeholder
    """`(reference, crawled)` -> True if a PNG from this URL stands for a missing picture. `crawled` is False for
    references of one's own records."""
    name_in_title: Callable[[str], str] = _whole
    """The part of a product's title that names it, without brand and variant."""
    estimates: Estimates = Estimates()

    def page_named(self, url: str, final_url: str, sku: str | None = None) -> tuple[str, str | None]:
        """The URL that names the product of a page, and the SKU that was asked for if it counts.

        Args:
            url: URL that was asked for.
            final_url: URL that the page came from. If it is no product's, the page must name its product itself.
            sku: SKU that was asked for.
        """
        if self.sku_of(final_url) is not None:
            return final_url, sku
        return (url, sku) if self.is_product(final_url) or final_url == url else (final_url, None)
