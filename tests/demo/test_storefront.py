"""Every route of the storefront over real HTTP, and its pages in a real browser."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from demo.small_world import FRIDGES, GONE, LAPTOPS, picture, small_world
from protego import Protego
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.demo.pages.generation_a import has_survey, is_marketplace
from ameli_build.demo.pages.generation_b import is_initialized
from ameli_build.demo.pages.generation_c import is_nameless
from ameli_build.demo.pages.listing import is_new_form
from ameli_build.demo.shelves import Shelves
from ameli_build.demo.storefront import Storefront, demo_faults
from ameli_build.demo.world import WorldProduct

WORLD = small_world()
SHELVES = Shelves(WORLD)
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


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with Storefront(WORLD, pictures=picture) as front:
        yield front


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no chromedriver here")
    options = webdriver.ChromeOptions()
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "window-size=1200,900"):
        options.add_argument(f"--{flag}")
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield chrome
    chrome.quit()


def get(shop: Storefront, path: str, **options: Any) -> requests.Response:
    return requests.get(shop.site_url + path, timeout=10, **options)


def product_page(shop: Storefront, product: WorldProduct) -> str:
    """The page behind the short URL."""
    answer = get(shop, f"/site/{product.sku}.p?skuId={product.sku}")
    answer.raise_for_status()
    return answer.text


def blobs(html: str) -> dict[str, Any]:
    """The JSON scripts of a page by the name in their id, without its digits."""
    found = re.findall(r'<script type="application/json" id="([a-z-]+)-\d+-json">(.*?)</script>', html, re.S)
    return {name: json.loads(text) for name, text in found}


def of_generation(generation: str) -> list[WorldProduct]:
    return [p for p in WORLD.products if p.generation == generation and p.attributes]


def test_robots_opens_what_is_crawled_and_closes_the_rest(shop: Storefront) -> None:
    robots = Protego.parse(get(shop, "/robots.txt").text)
    for path in ("/site/a/7000100.p?skuId=7000100", "/site/x/x/abcat1.c?cp=1", "/product/a/B/sku/1", "/ugc/v2/reviews"):
        assert robots.can_fetch(shop.site_url + path, "Mozilla/5.0")
        assert not robots.can_fetch(shop.site_url + path, "GetIntentCrawler")
    assert not robots.can_fetch(f"{shop.site_url}/cart/1", "Mozilla/5.0")
    assert robots.crawl_delay("Mozilla/5.0") is None
    assert list(robots.sitemaps) == [f"{shop.site_url}/sitemaps_pdp.xml"]


def test_sitemap_names_every_product_where_it_lies(shop: Storefront) -> None:
    shards = re.findall("<loc>(.*?)</loc>", get(shop, "/sitemaps_pdp.xml").text)
    bodies = [requests.get(shard, timeout=10).content for shard in shards]
    places = [place for body in bodies for place in re.findall("<loc>(.*?)</loc>", gzip.decompress(body).decode())]
    assert len(places) == len(set(places)) == len(WORLD.products)
    for place in (places[0], places[2]):
        assert requests.get(place, timeout=10, allow_redirects=False).status_code == 200
    assert get(shop, "/sitemaps_pdp.0009.xml.gz").status_code == 404


@pytest.mark.parametrize("identifier", ["cat00000", LAPTOPS[-1][0], FRIDGES[-1][0]])
def test_a_listing_pages_through_its_category(shop: Storefront, identifier: str) -> None:
    category = SHELVES.categories[identifier]
    new = is_new_form(category)
    card = r'<li class="product-list-item" data-testid="(\d+)"' if new else r'<li class="sku-item" data-sku-id="(\d+)"'
    following = r'rel="next" aria-label="Next page" href="(.*?)"' if new else r'class="sku-list-page-next" href="(.*?)"'
    path, pages = f"/site/x/x/{identifier}.c?cp=1&id={identifier}", []
    while path:
        text = get(shop, path).text
        pages.append(re.findall(card, text))
        path = next(iter(re.findall(following, text)), "").replace("&amp;", "&")
    assert all(len(page) == (18 if new else 24) for page in pages[:-1])
    assert [sku for page in pages for sku in page] == [product.sku for product in category.products]
    assert re.findall(card, get(shop, f"/site/x/x/{identifier}.c?cp=99&id={identifier}").text) == []


def test_both_forms_of_listings_are_there() -> None:
    assert {is_new_form(category) for category in SHELVES.categories.values()} == {False, True}


def test_every_product_has_one_canonical_page(shop: Storefront) -> None:
    for product in WORLD.products[:3]:
        for path in (f"/site/{product.sku}.p", f"/site/wrong-slug/{product.sku}.p?skuId={product.sku}"):
            moved = get(shop, path, allow_redirects=False)
            assert moved.status_code == 301
            there = get(shop, moved.headers["Location"], allow_redirects=False)
            assert there.status_code == 200
            new = moved.headers["Location"].startswith("/product/")
            assert new == (product.generation == "C")
    third = WORLD.products[2]
    assert get(shop, f"/product/any/{third.bsin}").url.endswith(f"/{third.bsin}/sku/{third.sku}")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/site/1234567.p",
        f"/site/{GONE}.p",
        "/product/x/NOSUCHBSIN",
        "/product/x/JJGCQ00000",
        "/site/x/x/abcat9999999.c",
        "/ugc/v2/reviews?sku=1",
        "/site/reviews/x/1",
        "/canopy/component/shop/specifications/v1?skuId=1",
    ],
)
def test_what_is_not_there_is_a_404(shop: Storefront, path: str) -> None:
    assert get(shop, path).status_code == 404


def test_generation_a_keeps_its_rows_out_of_the_page(shop: Storefront) -> None:
    for product in of_generation("A"):
        html = product_page(shop, product)
        assert f'<div class="{"shop-mp-" if is_marketplace(product) else "shop-"}specifications"' in html
        assert ('id="survey_invite_no"' in html) == has_survey(product)
        assert "Screen Size" not in html
        assert "row-title" not in html.split("<script>")[1]
        assert "captcha" in html
    assert {is_marketplace(product) for product in of_generation("A")} == {False, True}
    assert {has_survey(product) for product in of_generation("A")} == {False, True}


def test_generation_b_has_a_blob_for_each_component(shop: Storefront) -> None:
    for product in of_generation("B"):
        html = product_page(shop, product)
        found = blobs(html)
        sheet = found.get("shop-specifications")
        if is_initialized(product):
            assert sheet is None
            arguments = re.search(
                r'initializeComponent\(\{"creator.*?\}, "[a-z-]+\d+", ("(?:[^"\\]|\\.)*"), "en-US"', html
            )
            assert arguments is not None
            sheet = json.loads(json.loads(arguments[1]))
        rows = [
            (section["displayName"], row["displayName"], row["value"])
            for section in sheet["specifications"]["categories"]
            for row in section["specifications"]
        ]
        assert rows == [(row.group, row.name, row.value) for row in product.attributes]
        sources = found["shop-media-gallery"]["baseContent"]["media"]["product-images"]["sources"].values()
        assert [source["src"].split(";")[0].rpartition("/")[2] for source in sources] == [
            i.name for i in product.images
        ]
        assert found["pricing-price"]["app"]["priceDomain"]["customerPrice"] == product.price
        overview = found["shop-overview-accordion"]["app"]["componentData"]
        text = overview["product-description"]["description"]["longDescription"]["parsedHtmlFragments"][0]["plainText"]
        assert text == product.description
        names = {category["displayName"] for category in found["shop-product-variations"]["categories"]}
        assert names == {"System Memory (RAM)", "Color"}
    assert {is_initialized(product) for product in of_generation("B")} == {False, True}


def test_generation_c_spreads_the_product_over_pushes_that_are_not_json(shop: Storefront) -> None:
    for product in of_generation("C"):
        html = product_page(shop, product)
        pushes = re.findall(r'ApolloSSRDataTransport"\)\] \?\?= \[\]\)\.push\((.*?)\)</script>', html)
        assert len(pushes) == 6
        merged: dict[str, Any] = {}
        for push in pushes:
            with pytest.raises(ValueError, match="Expecting value"):
                json.loads(push)
            value = json.loads(re.sub(r"(?<=[:,\[])\s*undefined(?=[,}\]])", "null", push))
            answers = [*value["rehydrate"].values(), *(event.get("value") or {} for event in value["events"])]
            for data in (answer["data"] for answer in answers if "data" in answer):
                merged |= data.get("productBySkuId") or data["product"]
        groups = merged["specificationGroups"]
        rows = [(row["displayName"], row["value"]) for group in groups for row in group["specifications"]]
        assert rows == [(row.name, row.value) for row in product.attributes]
        assert all(("name" in group) != is_nameless(product) for group in groups)
        assert [image["piscesHref"].rpartition("/")[2] for image in merged["images"]] == [
            i.name for i in product.images
        ]
        assert merged["skuId"] == product.sku
        assert merged["name"]["short"] == product.name
        assert merged["price"]["customerPrice"] == product.price
    assert {is_nameless(product) for product in of_generation("C")} == {False, True}


def test_structured_data_stands_on_b_and_c(shop: Storefront) -> None:
    for product in WORLD.products[:3]:
        found = re.search(r'id="product-schema">(.*?)</script>', product_page(shop, product), re.S)
        assert (found is None) == (product.generation == "A")
        if found:
            block = json.loads(found[1])
            assert (block["sku"], block["name"], block["brand"]["name"]) == (product.sku, product.name, "Orbel")
            assert block["aggregateRating"]["reviewCount"] == 50


def test_a_product_without_sheet_has_no_button(shop: Storefront) -> None:
    for product in WORLD.products[-3:]:
        html = product_page(shop, product)
        assert not re.search(
            r'<button[^>]*(?:show-full-specs-btn|brix-button)|class="shop-(?:mp-)?specifications"', html
        )


def all_topics(shop: Storefront, sku: str, sort: str = "MOST_RECENT", more: str = "") -> list[dict[str, Any]]:
    """Every review that the JSON lists under a SKU."""
    topics, page = [], 1
    while True:
        body = get(shop, f"/ugc/v2/reviews?page={page}&pageSize=20&sku={sku}&sort={sort}{more}").json()
        assert body["page"] == page
        if not body["topics"]:
            assert page == body["totalPages"] + 1
            assert len(topics) == body["totalResults"]
            return topics
        topics += body["topics"]
        page += 1


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


def test_a_review_carries_what_its_writer_gave(shop: Storefront) -> None:
    topics = {topic["id"]: topic for topic in all_topics(shop, "7000100")}
    for review in WORLD.reviews[:50]:
        topic = topics[review.review_id]
        assert (topic["title"], topic["text"], topic["rating"]) == (review.title, review.text, review.rating)
        assert (topic["positiveFeedbackCount"], topic["negativeFeedbackCount"]) == (review.helpful, review.unhelpful)
        assert topic["author"] == (review.author or None)
        assert [badge["badgeCode"] for badge in topic["badges"]] == list(review.badges)
        names = [photo["piscesUrl"].split(";")[0].rpartition("/")[2] for photo in topic["photos"]]
        assert names == [photo.name for photo in review.photos]
        for photo in topic["photos"]:
            assert urlsplit(photo["piscesUrl"]).hostname == "localhost"
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


def test_the_review_page_for_people_shows_what_the_json_lists(shop: Storefront) -> None:
    text = get(shop, "/site/reviews/any/7000100?variant=A&skuId=7000100&page=3").text
    assert "Showing 41-50 of 50 reviews" in text
    assert text.count('class="review-item"') == 10
    assert text.count("This review is from") == sum(
        review.sku != "7000100" for review in SHELVES.reviews_of(WORLD.products[0])[40:]
    )
    assert "I like &lt;b&gt;it&lt;/b&gt;" in text


def test_pictures_lie_where_pages_say(shop: Storefront) -> None:
    images = f"{shop.image_url}/image2/BestBuy_US/images/products"
    first = WORLD.products[0]
    original = requests.get(f"{images}/7000/7000100_sd.jpg", timeout=10)
    assert original.content == picture(first.images[0])
    assert original.headers["Content-Type"] == "image/jpeg"
    small = requests.get(f"{images}/7000/7000100_sd.jpg;maxHeight=54;maxWidth=54?format=webp", timeout=10)
    assert small.content.startswith(b"\xff\xd8\xff")
    assert small.content != original.content
    alternate = requests.get(f"{images}/7000/7000100cv11d.jpg", timeout=10)
    assert alternate.content == picture(first.images[1])


def test_a_missing_product_picture_is_a_placeholder_and_a_missing_photo_a_404(shop: Storefront) -> None:
    nowhere = requests.get(f"{shop.image_url}/image2/BestBuy_US/images/products/9/9999999_sd.jpg", timeout=10)
    assert (nowhere.status_code, nowhere.headers["Content-Type"]) == (200, "image/png")
    photos = next(topic["photos"] for topic in all_topics(shop, "7000100") if topic["title"] == "Title 2")
    truncated, missing = (requests.get(photo["piscesUrl"].split(";")[0], timeout=10) for photo in photos)
    assert (truncated.status_code, len(truncated.content)) == (200, 300)
    assert missing.status_code == 404
    assert requests.get(photos[0]["normalUrl"].split(";")[0], timeout=10).content == truncated.content
    unknown = f"{shop.image_url}/image2/BestBuy_US/ugc/photos/thumbnail/{hashlib.md5(b'').hexdigest()}.jpg"
    assert requests.get(unknown, timeout=10).status_code == 404


def test_validators_are_stable_and_spare_a_second_body(shop: Storefront) -> None:
    path = "/ugc/v2/reviews?page=1&pageSize=20&sku=7000100&sort=MOST_RECENT"
    first, second = get(shop, path), get(shop, path, headers={"Accept-Encoding": "identity"})
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Last-Modified"] == second.headers["Last-Modified"]
    assert (first.headers.get("Content-Encoding"), second.headers.get("Content-Encoding")) == ("gzip", None)
    unchanged = get(shop, path, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = requests.head(shop.site_url + path, headers={"Accept-Encoding": "identity"}, timeout=10)
    assert head.headers["Content-Length"] == str(len(second.content))


def test_two_shops_send_the_same_bytes_but_for_their_ports(shop: Storefront) -> None:
    def pages(front: Storefront) -> list[str]:
        paths = ["/", "/ugc/v2/reviews?sku=7000100", "/site/7000100.p", "/site/7000101.p", "/site/7000102.p"]
        texts = [get(front, path).text for path in paths]
        return [text.replace(front.site_url, "SITE").replace(front.image_url, "IMAGES") for text in texts]

    with Storefront(small_world(), pictures=picture) as other:
        assert pages(other) == pages(shop)


def test_ports_can_be_chosen_and_are_free_again_afterwards() -> None:
    with Storefront(WORLD, pictures=picture) as first:
        ports = (urlsplit(first.site_url).port or 0, urlsplit(first.image_url).port or 0)
        with pytest.raises(OSError, match="in use"):
            Storefront(WORLD, ports=ports, pictures=picture)
    with Storefront(WORLD, ports=ports, pictures=picture) as second:
        assert second.site_url == first.site_url
        assert get(second, "/").status_code == 200


def test_an_ended_shop_does_not_answer_on_open_connections() -> None:
    session = requests.Session()
    with Storefront(WORLD, pictures=picture) as front:
        assert session.get(f"{front.site_url}/robots.txt", timeout=10).status_code == 200
    with pytest.raises(requests.ConnectionError):
        session.get(f"{front.site_url}/robots.txt", timeout=10)


def test_the_demo_meets_a_few_faults_and_every_url_is_well_at_last() -> None:
    with Storefront(WORLD, demo_faults(WORLD), pictures=picture) as front:
        met = []
        for product in WORLD.products:
            url = f"/ugc/v2/reviews?page=1&pageSize=20&sku={product.sku}&sort=MOST_RECENT"
            for attempt in (1, 2):
                try:
                    answer = get(front, url)
                    answer.raise_for_status()
                except requests.RequestException as error:
                    assert attempt == 1
                    reply = error.response
                    met.append((reply.status_code, reply.headers.get("Retry-After")) if reply is not None else "reset")
        assert sorted(map(str, met)) == ["(429, '0')", "(429, '1')", "(503, None)", "reset"]
        assert sum(seen.fault is not None for seen in front.seen) == 4


def test_a_person_can_look_at_it_from_the_command_line() -> None:
    command = [sys.executable, "-m", "ameli_build.demo.storefront", "--products", "12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        try:
            assert "Departments" in requests.get(line.split()[1], timeout=10).text
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


ROWS = ".spec-categories > .category-wrapper.row .specifications-list .list-item"


@pytest.mark.browser
def test_rows_of_generation_a_come_only_with_the_click(shop: Storefront, browser: webdriver.Chrome) -> None:
    for survey in (False, True):
        product = next(p for p in of_generation("A") if has_survey(p) == survey)
        browser.get(f"{shop.site_url}/site/{product.sku}.p?skuId={product.sku}")
        button = browser.find_element(By.CSS_SELECTOR, ".shop-specifications button, .shop-mp-specifications button")
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        assert browser.find_elements(By.CSS_SELECTOR, ROWS) == []
        assert not any("/specifications/" in seen.target and product.sku in seen.target for seen in shop.seen)
        if survey:
            with pytest.raises(ElementClickInterceptedException):
                button.click()
            browser.find_element(By.ID, "survey_invite_no").click()
        button.click()
        rows = WebDriverWait(browser, 10).until(lambda page: page.find_elements(By.CSS_SELECTOR, ROWS))
        shown = [
            tuple(row.find_element(By.CSS_SELECTOR, f".row-{part}").text for part in ("title", "value")) for row in rows
        ]
        spoken = {"true": "Yes", "false": "No"}
        assert shown == [(row.name, spoken.get(row.value, row.value)) for row in product.attributes]
        titles = [title.text for title in browser.find_elements(By.CSS_SELECTOR, ".section-title-container")]
        assert titles == list(dict.fromkeys(row.group for row in product.attributes))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("generation", "button", "rows", "name", "value"),
    [
        (
            "B",
            "button.show-full-specs-btn",
            "#pdp-drawer-overlay-backdrop li.zebra-list-item",
            ".property",
            ".description",
        ),
        ("C", "[data-testid='brix-button']", ".inline-flex.w-full", ".font-weight-medium", ".pl-300"),
    ],
)
def test_later_generations_show_their_sheet_too(
    shop: Storefront, browser: webdriver.Chrome, generation: str, button: str, rows: str, name: str, value: str
) -> None:
    odd = is_initialized if generation == "B" else is_nameless
    for kind in (False, True):
        product = next(p for p in of_generation(generation) if odd(p) == kind)
        browser.get(f"{shop.site_url}/site/{product.sku}.p?skuId={product.sku}")
        assert browser.find_elements(By.CSS_SELECTOR, rows) == []
        element = browser.find_element(By.CSS_SELECTOR, button)
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        found = browser.find_elements(By.CSS_SELECTOR, rows)
        shown = [
            (r.find_element(By.CSS_SELECTOR, name).text, r.find_element(By.CSS_SELECTOR, value).text) for r in found
        ]
        spoken = {"true": "Yes", "false": "No"}
        assert shown == [(row.name, spoken.get(row.value, row.value)) for row in product.attributes]
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
