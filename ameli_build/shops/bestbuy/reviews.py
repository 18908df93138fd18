"""The shop's review JSON (section 3.1).

The shop gives `productDetails` only to reviews of another variant than the requested product; without them, the review
is about the requested product. `writeCommentUrl` names the variant too, and both must agree. Details without a readable
SKU still mean that the review is about another variant.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ameli_build.core.records import UNREADABLE, Rejected, Review
from ameli_build.ingest.raw_records import BadRecord, review_of
from ameli_build.shops.base import MAX_ROWS, UNREAD, NotReviews, ReviewPage, error_text
from ameli_build.shops.bestbuy.urls import original_image, sku_of
from ameli_build.shops.markup import preformatted
from ameli_build.shops.scripts import json_in
from ameli_build.wording.charsets import page_text
from ameli_build.wording.cleaning import LARGEST, OUT_OF_RANGE, readable, unescape

_NUMBERS = {"rating": "rating", "helpful": "positiveFeedbackCount", "unhelpful": "negativeFeedbackCount"}


def parse_review_page(body: bytes, sku: str, source: str = "") -> ReviewPage:
    """The reviews under `sku`, from JSON or from a browser's page around it.

    `source` goes into each record. Raises `NotReviews` for anything but review JSON.
    """
    page = _page(body)
    reviews: list[Review] = []
    rejected: list[Rejected] = []
    for number, topic in enumerate(page["topics"], 1):
        try:
            reviews.append(_review(topic, sku, source))
        except Exception as error:  # a review that breaks the parser must not affect others
            shown = json.dumps(topic, ensure_ascii=False)[:10_000]
            rejected.append(Rejected(source, 0, f"review {number} of sku {sku}: {error_text(error)}", readable(shown)))
    total_pages, total_results = (_claim(page.get(key)) for key in ("totalPages", "totalResults"))
    return ReviewPage(tuple(reviews), total_pages, total_results, tuple(rejected))


def _page(body: bytes) -> dict[str, Any]:
    text = page_text(body).strip()
    if text.startswith("<"):
        text = unescape(preformatted(text) or "")
    page = json_in(text)
    if page is None:
        raise NotReviews("not JSON" if text else "no JSON in the page")
    for key in ("app", "reviews"):  # a page's own component has the same rows deeper
        if isinstance(page, dict) and "topics" not in page and isinstance(page.get(key), dict):
            page = page[key]
    if isinstance(page, dict) and page.get("topics", ()) is None:  # a product without reviews
        page = {**page, "topics": []}
    if not isinstance(page, dict) or not isinstance(page.get("topics"), list):
        raise NotReviews("JSON without a list of topics")
    if len(page["topics"]) > MAX_ROWS:
        raise NotReviews(f"more than {MAX_ROWS:,} reviews, too many for a page")
    return page


def _claim(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else None


def _review(topic: object, sku: str, source: str) -> Review:
    if not isinstance(topic, dict):
        raise BadRecord("not an object")
    about, conflict = _variant(topic, sku)
    numbers, strays = _numbers(topic)
    record = {
        "review_id": topic.get("id"),
        "sku": sku,
        "title": _readable(topic.get("title")),
        "text": _readable(topic.get("text")),
        **numbers,
        "images": _photos(topic.get("photos")),
        "product_details_sku": about,
        "author": _readable(topic.get("author")),
        "submitted_at": topic.get("submissionTime"),
        **_aside(topic),
        **({OUT_OF_RANGE: strays} if strays else {}),
    }
    errors: list[str] = []
    review = review_of(record, source, conflict, errors)
    unread = _odd_photos(topic.get("photos")) + [error.partition(":")[0] for error in errors]
    if not unread:
        return review
    extra = json.loads(review.extra) | {UNREAD: unread}
    return replace(review, extra=json.dumps(extra, sort_keys=True, ensure_ascii=False))


def _numbers(topic: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The numbers of a review, None if out of range, and the names of the fields out of range."""
    given = {name: topic.get(key) for name, key in _NUMBERS.items()}
    strays = [name for name, value in given.items() if _is_stray(value)]
    return given | dict.fromkeys(strays), strays


def _is_stray(value: object) -> bool:
    if isinstance(value, str):
        digits = value.strip().lstrip("+-")
        return digits.isdecimal() and len(digits.lstrip("0")) > len(str(int(LARGEST)))
    return isinstance(value, int | float) and not -LARGEST <= value <= LARGEST


def _readable(value: object) -> object:
    return readable(value) if isinstance(value, str) else value


def _aside(topic: dict[str, Any]) -> dict[str, Any]:
    badges = topic.get("badges")
    codes = [badge.get("badgeCode") for badge in badges if isinstance(badge, dict)] if isinstance(badges, list) else []
    fields = {"badges": [readable(code) for code in codes if isinstance(code, str)]}
    return fields | {"recommended": topic["recommended"]} if isinstance(topic.get("recommended"), bool) else fields


def _variant(topic: dict[str, Any], sku: str) -> tuple[str | None, bool]:
    """The variant in `productDetails`, and whether `writeCommentUrl` contradicts it.

    If the details have no SKU, the URL names the variant, unless it names `sku`: then the variant is `UNREADABLE`.
    """
    comment = topic.get("writeCommentUrl")
    commented = sku_of(comment) if isinstance(comment, str) else None
    details = topic.get("productDetails")
    if details is None:
        return None, commented is not None and commented != sku
    named = _named_in(details)
    if named is not None:
        return named, commented is not None and named != commented
    return (UNREADABLE, commented is not None) if commented in (None, sku) else (commented, False)


def _named_in(details: object) -> str | None:
    """The SKU in the links of `productDetails`."""
    links = details.get("links") if isinstance(details, dict) else None
    paths = [links.get(key) for key in ("pdpPath", "rnrPath")] if isinstance(links, dict) else []
    return next((found for path in paths if isinstance(path, str) and (found := sku_of(path))), None)


def _odd_photos(photos: object) -> list[str]:
    """The word "images" for each entry that is not an object; a photo without a URL does not count."""
    if photos is None:
        return []
    return ["images"] * (sum(not isinstance(photo, dict) for photo in photos) if isinstance(photos, list) else 1)


def _photos(photos: object) -> list[str]:
    """The best URL of each photo, the shop's own copy before its supplier's."""
    listed = photos if isinstance(photos, list) else []
    addresses = (
        next(
            (
                url
                for key in ("piscesUrl", "normalUrl", "thumbnailUrl")
                if isinstance(url := photo.get(key), str) and url
            ),
            "",
        )
        for photo in listed
        if isinstance(photo, dict)
    )
    full = (original_image(f"https:{url}" if url.startswith("//") else url) for url in addresses)
    return list(dict.fromkeys(readable(url) for url in full if url.startswith(("http://", "https://"))))
