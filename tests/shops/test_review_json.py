import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from ameli_build.core.records import UNREADABLE
from ameli_build.shops.base import NotReviews
from ameli_build.shops.bestbuy.reviews import parse_review_page
from ameli_build.shops.bestbuy.urls import original_image, sku_of

SKU, SIBLING = "7000101", "7000102"
PISCES = "https://pisces.test/ugc/photos/thumbnail/0a1b.jpg"


def topic(sku: str = SKU, **changes: Any) -> dict[str, Any]:
    row = {
        "id": "1e864796-0000-32ab-8bc4-000000000001",
        "rating": 4,
        "recommended": True,
        "title": "A fine lamp",
        "text": "It shines.\nAll night.",
        "author": None,
        "positiveFeedbackCount": 12,
        "negativeFeedbackCount": None,
        "writeCommentUrl": f"/site/reviews/submission/{sku}/review/1?campaignid=RR_&return=",
        "submissionTime": "2024-03-09T14:06:02.000-06:00",
        "badges": [{"badgeCode": "VerifiedPurchaser"}],
        "photos": [{"piscesUrl": f"{PISCES};maxHeight=256;maxWidth=256", "normalUrl": "https://photos.test/1"}],
    }
    if sku != SKU:
        row["productDetails"] = {"links": {"pdpPath": f"/site/lamp-blue/{sku}.p?skuId={sku}"}, "active": True}
    return row | changes


def body(*topics: Any, **claims: Any) -> bytes:
    return json.dumps({"topics": list(topics), **claims}).encode()


def test_every_field_of_a_review() -> None:
    page = parse_review_page(body(topic(), totalPages=3, totalResults=41), SKU, "pages-00001.warc.gz:17")
    (review,) = page.reviews
    assert (page.total_pages, page.total_results, page.rejected) == (3, 41, ())
    assert (review.review_id, review.sku) == ("1e864796-0000-32ab-8bc4-000000000001", SKU)
    assert (review.title, review.text) == ("A fine lamp", "It shines.\nAll night.")
    assert (review.rating, review.helpful, review.unhelpful) == (4, 12, 0)
    assert review.images == (PISCES,)
    assert (review.product_details_sku, review.conflict) == (None, False)
    assert (review.author, review.submitted_at) == (None, "2024-03-09T14:06:02.000-06:00")
    assert review.source == "pages-00001.warc.gz:17"
    assert json.loads(review.extra) == {"badges": ["VerifiedPurchaser"], "recommended": True}


@pytest.mark.parametrize(
    ("row", "about", "conflict"),
    [
        (topic(), None, False),
        (topic(SIBLING), SIBLING, False),
        (topic(SIBLING, writeCommentUrl=f"/site/reviews/submission/{SKU}/review/1"), SIBLING, True),
        (topic(writeCommentUrl=f"/site/reviews/submission/{SIBLING}/review/1"), None, True),
        (topic(SIBLING, writeCommentUrl=None), SIBLING, False),
        (topic(SIBLING, productDetails={"links": {"rnrPath": f"/site/reviews/lamp/{SIBLING}"}}), SIBLING, False),
        (topic(SIBLING, productDetails={"links": {"pdpPath": "/product/lamp/JJGCQ8WQR5"}}), SIBLING, False),
        (topic(SIBLING, productDetails={"links": None}), SIBLING, False),
        (topic(productDetails={"links": {"pdpPath": "/product/lamp/JJGCQ8WQR5"}}), UNREADABLE, True),
        (topic(productDetails={"name": "Lamp - Blue"}, writeCommentUrl=None), UNREADABLE, False),
        (topic(productDetails="Lamp - Blue", writeCommentUrl=7), UNREADABLE, False),
        (topic(productDetails=None), None, False),
        (topic(writeCommentUrl=7), None, False),
    ],
)
def test_the_variant_that_a_review_is_about(row: dict[str, Any], about: str | None, conflict: bool) -> None:
    (review,) = parse_review_page(body(row), SKU).reviews
    assert (review.product_details_sku, review.conflict) == (about, conflict)


@pytest.mark.parametrize(
    ("photos", "images"),
    [
        (None, ()),
        ([], ()),
        ("odd", ()),
        ([None, {}, {"piscesUrl": "", "normalUrl": None}], ()),
        ([{"piscesUrl": None, "normalUrl": "https://photos.test/1;maxWidth=9"}], ("https://photos.test/1",)),
        ([{"thumbnailUrl": "//photos.test/2"}], ("https://photos.test/2",)),
        ([{"piscesUrl": PISCES}, {"piscesUrl": f"{PISCES};maxHeight=5"}], (PISCES,)),
        ([{"normalUrl": "file:///etc/passwd"}], ()),
    ],
)
def test_the_photos_of_a_review(photos: object, images: tuple[str, ...]) -> None:
    (review,) = parse_review_page(body(topic(photos=photos)), SKU).reviews
    assert review.images == images


def test_a_review_with_only_an_id() -> None:
    (review,) = parse_review_page(body({"id": "r1"}), SKU).reviews
    assert (review.text, review.title, review.rating, review.helpful, review.images) == ("", "", None, 0, ())


def test_bad_rows_are_rejected_and_other_rows_are_read() -> None:
    page = parse_review_page(body(None, {"text": "x"}, topic(id=5), topic(id="../x"), topic(id="ok")), SKU, "f:1")
    assert [review.review_id for review in page.reviews] == ["ok"]
    assert [row.error.split(": ", 1)[1] for row in page.rejected[:3]] == [
        "not an object",
        "review_id: null",
        "review_id: not a string: 5",
    ]
    assert len(page.rejected) == 4


def test_texts_that_cannot_be_encoded_are_repaired() -> None:
    (review,) = parse_review_page(body(topic(text="half \ud83d and \0 whole \U0001f600", title=None)), SKU).reviews
    assert (review.text, review.title) == ("half \ufffd and  whole \U0001f600", "")


def test_json_inside_a_browser_page_and_inside_a_component() -> None:
    raw = body(topic(text='a < b & "c"'), totalPages=2).decode()
    page = parse_review_page(f"<html><body><pre style='x'>{escape(raw)}</pre></body></html>".encode(), SKU)
    assert (page.reviews[0].text, page.total_pages) == ('a < b & "c"', 2)
    nested = json.dumps({"app": {"reviews": {"topics": [topic()]}, "stats": {}}}).encode()
    assert len(parse_review_page(nested, SKU).reviews) == 1
    past_the_end = parse_review_page(body(totalPages="many", totalResults=True), SKU)
    assert (past_the_end.reviews, past_the_end.total_pages, past_the_end.total_results) == ((), None, None)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>Access Denied</html>", b"[1]", b'{"topics": 3}', b"{", b"[" * 90_000, b"\xff"]
)
def test_another_body_is_not_review_json(raw: bytes) -> None:
    with pytest.raises(NotReviews):
        parse_review_page(raw, SKU)


def recorded(captures: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    folder = captures / "reviews"
    yield "6565065", json.loads((folder / "2024-03-sku-6565065.json").read_text())
    for capture in json.loads((captures / "product-pages" / "2025-06-graphql-fragments.json").read_text()):
        yield capture["product-info"]["skuId"], capture["product_reviews"]


def test_recorded_reviews_are_complete_and_agree_with_the_address_for_comments(captures: Path) -> None:
    rows = named = photos = 0
    for sku, topics in recorded(captures):
        page = parse_review_page(body(*topics), sku)
        assert not page.rejected
        assert [review.review_id for review in page.reviews] == [row["id"] for row in topics]
        for review, row in zip(page.reviews, topics, strict=True):
            assert (review.product_details_sku or sku) == sku_of(row["writeCommentUrl"])
            assert not review.conflict
            assert (review.title, review.text) == (row["title"], row["text"])
            assert review.helpful == row["positiveFeedbackCount"]
            assert review.images == tuple(original_image(photo["piscesUrl"]) for photo in row["photos"])
            rows, named = rows + 1, named + ("productDetails" in row)
            photos += len(review.images)
    assert (rows, named) == (140, 39)
    assert photos > 0
