"""The shop's review JSON, `/ugc/v2/reviews`: all reviews of a family, with the shop's links to variants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ameli_build.demo.pages.shop import Shop, scaled
from ameli_build.demo.shop_index import SCALED_PHOTOS, photo_id, pick, slug
from ameli_build.demo.world import WorldImage, WorldProduct, WorldReview
from ameli_build.shops.bestbuy.urls import original_image

_ASPECTS = ("Performance", "Value", "Design", "Ease of Use", "Features")
_GRADES = {1: "Poor", 2: "Fair", 3: "Average", 4: "Good", 5: "Excellent"}
_BADGE_FIELDS = ("badgeName", "badgeDescription", "fileName", "iconText", "iconPath", "index")
_ICONS = "/ugc-common-assets"
_BADGES: dict[str, tuple[str | int | None, ...]] = {
    "Incentivized": ("Incentivized", "The reviewer was rewarded for writing.", None, None, None, 90900),
    "VerifiedPurchaser": (
        "Verified Purchaser", "The reviewer bought the item here.",
        "badge-verified.jpg", "Verified Purchase", f"{_ICONS}/badge-verified.svg", 100000,
    ),
    "rewardZoneNumberV3": (
        "Member", "The reviewer belongs to the shop's club.",
        "badge-member.gif", "", f"{_ICONS}/badge-member.svg", 100500,
    ),
    "Employee": ("Employee", "The reviewer works here.", None, "Employee", None, 100700),
}  # fmt: skip


def review_page(shop: Shop, product: WorldProduct, query: Mapping[str, str]) -> dict[str, Any]:
    """A page of the reviews listed under `product`; after the last page, `topics` is empty.

    `query` can have page, pageSize (at most 100), sort, searchText and verifiedPurchaseOnly.
    """
    found = _sorted(_matching(shop.shop_index.reviews_of(product), query), query.get("sort", "BEST_REVIEW"))
    size = min(_number(query.get("pageSize"), 20), 100)
    number = _number(query.get("page"), 1)
    topics = [topic(shop, review, product) for review in found[(number - 1) * size : number * size]]
    return {
        "page": number,
        "pageSize": size,
        "totalPages": -(-len(found) // size),
        "totalResults": len(found),
        "topics": topics,
    }


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() and 0 < int(text) < 1_000_000 else otherwise


def _matching(reviews: list[WorldReview], query: Mapping[str, str]) -> list[WorldReview]:
    wanted = query.get("searchText", "").casefold()
    verified = query.get("verifiedPurchaseOnly") == "true"
    return [
        review
        for review in reviews
        if wanted in f"{review.title} {review.text}".casefold()
        and ("VerifiedPurchaser" in review.badges or not verified)
    ]


def _sorted(reviews: list[WorldReview], sort: str) -> list[WorldReview]:
    """Sort reviews, given newest first; MOST_HELPFUL, BEST_REVIEW and BEST_MATCH sort by votes before the date."""
    if sort == "MOST_RECENT":
        return reviews
    if sort == "MOST_HELPFUL":
        return sorted(reviews, key=lambda review: -review.helpful)
    return sorted(reviews, key=lambda review: (review.unhelpful - review.helpful, -review.rating))


def topic(shop: Shop, review: WorldReview, listed: WorldProduct) -> dict[str, Any]:
    """A review in the shop's format, listed under the product `listed`.

    It has `productDetails` only if the review was written about a sibling of `listed`.
    """
    fields: dict[str, Any] = {
        "id": review.review_id,
        "topicType": "review",
        "rating": review.rating,
        "recommended": review.rating >= 3,
        "title": review.title,
        "text": review.text,
        "author": review.author or None,
        "positiveFeedbackCount": review.helpful,
        "negativeFeedbackCount": review.unhelpful,
        "commentCount": pick(f"comments/{review.review_id}", 20) // 19,
        "writeCommentUrl": f"/site/reviews/submission/{review.sku}/review/{review.number}?campaignid=RR_&return=",
        "submissionTime": review.submitted_at,
        "brandResponses": [],
        "badges": [_badge(code) for code in review.badges],
        "photos": [_photo(shop, review, photo) for photo in review.photos],
        **_grades(review),
        "daysOfOwnership": pick(f"days/{review.review_id}", 400) if pick(review.review_id, 8) else None,
        "pros": None,
        "cons": None,
        "secondaryRatings": _secondary(review),
    }
    if review.sku != listed.sku:
        fields["productDetails"] = _details(shop, review.sku, listed)
    return fields


def _badge(code: str) -> dict[str, Any]:
    known = dict(zip(_BADGE_FIELDS, _BADGES[code], strict=True)) if code in _BADGES else {"badgeName": code, "index": 0}
    return {"badgeCode": code, "badgeType": "Custom", **known}


def has_suppliers_copy_only(photo: WorldImage) -> bool:
    """Whether the shop's image host has no copy of a photograph (`piscesUrl` is null); true for one in twelve."""
    return pick(f"copied/{photo.name}", 12) == 0


def best_copy(shop: Shop, review: WorldReview, photo: WorldImage) -> str:
    """The URL of a photograph in full size: on the shop's image host, or else on its supplier's host."""
    return original_image(_photo(shop, review, photo)["piscesUrl"] or _photo(shop, review, photo)["normalUrl"])


def _photo(shop: Shop, review: WorldReview, photo: WorldImage) -> dict[str, Any]:
    host = (shop.photo_url or shop.image_url) + SCALED_PHOTOS
    side = 256 if pick(f"scaled/{photo.name}", 2) else None
    copied = not has_suppliers_copy_only(photo)
    return {
        "photoId": photo_id(review, photo, "photo"),
        "caption": None,
        "normalUrl": host + photo_id(review, photo, "normal") + scaled(640),
        "piscesUrl": shop.photo(photo, side) if copied else None,
        "thumbnailUrl": host + photo_id(review, photo, "thumbnail") + scaled(54),
        "reviewId": review.review_id,
    }


def _grades(review: WorldReview) -> dict[str, int | None]:
    given = pick(f"grades/{review.review_id}", 3) == 0
    names = ("qualityRating", "valueRating", "easeOfUseRating")
    return {name: _near(review, name) if given else None for name in names}


def _secondary(review: WorldReview) -> list[dict[str, Any]]:
    first = pick(f"aspect/{review.review_id}", len(_ASPECTS))
    labels = [_ASPECTS[(first + step) % len(_ASPECTS)] for step in range(pick(f"aspects/{review.review_id}", 4))]
    values = {label: _near(review, label) for label in labels}
    return [
        {
            "attribute": label.replace(" ", ""),
            "value": value,
            "attributeLabel": label,
            "valueLabel": _GRADES[value],
        }
        for label, value in values.items()
    ]


def _near(review: WorldReview, aspect: str) -> int:
    """A grade from 1 to 5 that differs from the review's rating by at most one."""
    return min(5, max(1, review.rating + pick(f"{aspect}/{review.review_id}", 3) - 1))


def _details(shop: Shop, sku: str, listed: WorldProduct) -> dict[str, Any]:
    name = shop.shop_index.variant_name(sku, listed)
    path = shop.old_path(sku, name)
    links = {
        "pdpPath": path,
        "reviewsPath": f"{path}#tabbed-customerreviews",
        "rnrPath": f"/site/reviews/{slug(name)}/{sku}",
    }
    return {"name": name, "links": links, "active": sku in shop.shop_index.products}
