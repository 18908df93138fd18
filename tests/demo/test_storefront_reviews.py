"""The storefront's review JSON, and its review page for people."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from demo.small_world import GONE
from demo.storefronts import SHOP_INDEX, WORLD, all_topics, get

from ameli_build.demo.pages.review_json import has_suppliers_copy_only
from ameli_build.demo.shop_index import review_photo_path
from ameli_build.demo.storefront import Storefront

FIELDS = {
    "id",
    "topicType",
    "rating",
    "recommended",
    "title",
    "text",
    "author",
    "positiveFeedbackCount",
    "negativeFeedbackCount",
    "commentCount",
    "writeCommentUrl",
    "submissionTime",
    "brandResponses",
    "badges",
    "photos",
    "qualityRating",
    "valueRating",
    "easeOfUseRating",
    "daysOfOwnership",
    "pros",
    "cons",
    "secondaryRatings",
}


def test_every_review_is_listed_under_every_sibling_and_the_variant_rule_holds(shop: Storefront) -> None:
    family = {review.review_id: review for review in WORLD.reviews if review.number < 330_000_100}
    linked = 0
    for sku in ("7000100", "7000101", "7000102"):
        topics = all_topics(shop, sku)
        assert {topic["id"] for topic in topics} == set(family)
        for topic in topics:
            submission = re.fullmatch(
                r"/site/reviews/submission/(\d+)/review/(\d+)\?campaignid=RR_&return=", topic["writeCommentUrl"]
            )
            assert submission is not None
            assert (submission[1], int(submission[2])) == (family[topic["id"]].sku, family[topic["id"]].number)
            details = topic.get("productDetails")
            assert (details is None) == (submission[1] == sku)
            if details:
                linked += 1
                path = urlsplit(details["links"]["pdpPath"])
                assert parse_qs(path.query)["skuId"] == [submission[1]]
                assert details["active"] == (submission[1] != GONE)
            assert set(topic) - {"productDetails"} == FIELDS
    assert linked > 100


def test_a_review_has_its_writers_data(shop: Storefront) -> None:
    topics = {topic["id"]: topic for topic in all_topics(shop, "7000100")}
    for review in WORLD.reviews[:50]:
        topic = topics[review.review_id]
        assert (topic["title"], topic["text"], topic["rating"]) == (review.title, review.text, review.rating)
        assert (topic["positiveFeedbackCount"], topic["negativeFeedbackCount"]) == (review.helpful, review.unhelpful)
        assert topic["author"] == (review.author or None)
        assert [badge["badgeCode"] for badge in topic["badges"]] == list(review.badges)
        assert len(topic["photos"]) == len(review.photos)
        for photo, given in zip(topic["photos"], review.photos, strict=True):
            copied = photo["piscesUrl"]
            assert (copied is None) == has_suppliers_copy_only(given)
            assert copied is None or copied.startswith(shop.image_url + review_photo_path(given))
            assert photo["normalUrl"].startswith(f"{shop.photo_url}/photo/2/")
            assert photo["reviewId"] == review.review_id
            assert ";maxHeight=" in photo["thumbnailUrl"]


def test_reviews_are_sorted_searched_and_cut_to_size(shop: Storefront) -> None:
    dates = [topic["submissionTime"] for topic in all_topics(shop, "7000100")]
    assert dates == sorted(dates, reverse=True)
    votes = [topic["positiveFeedbackCount"] for topic in all_topics(shop, "7000100", "MOST_HELPFUL")]
    assert votes == sorted(votes, reverse=True)
    assert [t["title"] for t in all_topics(shop, "7000100", more="&searchText=number+17.")] == ["Title 17"]
    verified = all_topics(shop, "7000100", more="&verifiedPurchaseOnly=true")
    assert len(verified) == 25
    body = get(shop, "/ugc/v2/reviews?page=2&pageSize=7&sku=7000100&sort=MOST_RECENT").json()
    assert (len(body["topics"]), body["totalPages"], body["totalResults"]) == (7, 8, 50)


def test_the_review_page_for_people_shows_the_reviews_of_the_json(shop: Storefront) -> None:
    text = get(shop, "/site/reviews/any/7000100?variant=A&skuId=7000100&page=3").text
    assert "Showing 41-50 of 50 reviews" in text
    assert text.count('class="review-item"') == 10
    assert text.count("This review is from") == sum(
        review.sku != "7000100" for review in SHOP_INDEX.reviews_of(WORLD.products[0])[40:]
    )
    assert "I like &lt;b&gt;it&lt;/b&gt;" in text
