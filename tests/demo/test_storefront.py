"""All routes of the storefront over real HTTP, and the start and the end of its servers."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys

import pytest
import requests
from demo.small_world import FRIDGES, LAPTOPS, picture, small_world
from demo.storefronts import BROWSER, SHOP_INDEX, WORLD, all_topics, get
from protego import Protego

from ameli_build.demo.pages.listing import is_new_form
from ameli_build.demo.storefront import Storefront, demo_faults


def test_robots_allows_only_the_crawled_pages(shop: Storefront) -> None:
    robots = Protego.parse(get(shop, "/robots.txt").text)
    for path in ("/site/a/7000100.p?skuId=7000100", "/site/x/x/abcat1.c?cp=1", "/product/a/B/sku/1", "/ugc/v2/reviews"):
        assert robots.can_fetch(shop.site_url + path, "Mozilla/5.0")
        assert not robots.can_fetch(shop.site_url + path, "GetIntentCrawler")
    assert not robots.can_fetch(f"{shop.site_url}/cart/1", "Mozilla/5.0")
    assert robots.crawl_delay("Mozilla/5.0") is None
    assert list(robots.sitemaps) == [f"{shop.site_url}/sitemaps_pdp.xml"]


def test_sitemap_has_the_canonical_url_of_every_product(shop: Storefront) -> None:
    shards = re.findall("<loc>(.*?)</loc>", get(shop, "/sitemaps_pdp.xml").text)
    bodies = [get(shop, shard).content for shard in shards]
    places = [place for body in bodies for place in re.findall("<loc>(.*?)</loc>", gzip.decompress(body).decode())]
    assert len(places) == len(set(places)) == len(WORLD.products)
    for place in (places[0], places[2]):
        assert get(shop, place, allow_redirects=False).status_code == 200
    assert get(shop, "/sitemaps_pdp.0009.xml.gz").status_code == 404


@pytest.mark.parametrize("identifier", ["cat00000", LAPTOPS[-1][0], FRIDGES[-1][0]])
def test_a_listing_pages_through_its_category(shop: Storefront, identifier: str) -> None:
    category = SHOP_INDEX.categories[identifier]
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


def test_both_forms_of_listings_occur() -> None:
    assert {is_new_form(category) for category in SHOP_INDEX.categories.values()} == {False, True}


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
        "/product/x/NOSUCHBSIN",
        "/product/x/JJGCQ00000",
        "/product/x/JJGCQ00002/sku/7000102/openbox?condition=broken",
        "/site/x/x/abcat9999999.c",
        "/ugc/v2/reviews?sku=1",
        "/site/reviews/x/1",
        "/canopy/component/shop/specifications/v1?skuId=1",
    ],
)
def test_an_unknown_path_is_a_404(shop: Storefront, path: str) -> None:
    assert get(shop, path).status_code == 404


def test_picture_urls_of_pages_have_pictures(shop: Storefront) -> None:
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
    truncated, missing = (get(shop, (p["piscesUrl"] or p["normalUrl"]).split(";")[0]) for p in photos)
    assert (truncated.status_code, len(truncated.content)) == (200, 300)
    assert missing.status_code == 404
    assert requests.get(photos[0]["normalUrl"].split(";")[0], timeout=10).content == truncated.content
    unknown = f"{shop.image_url}/image2/BestBuy_US/ugc/photos/thumbnail/{hashlib.md5(b'').hexdigest()}.jpg"
    assert requests.get(unknown, timeout=10).status_code == 404


def test_validators_are_stable_and_save_a_second_body(shop: Storefront) -> None:
    path = "/ugc/v2/reviews?page=1&pageSize=20&sku=7000100&sort=MOST_RECENT"
    first, second = get(shop, path), get(shop, path, headers={"Accept-Encoding": "identity"})
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["Last-Modified"] == second.headers["Last-Modified"]
    assert (first.headers.get("Content-Encoding"), second.headers.get("Content-Encoding")) == ("gzip", None)
    unchanged = get(shop, path, headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = requests.head(shop.site_url + path, headers=BROWSER | {"Accept-Encoding": "identity"}, timeout=10)
    assert head.headers["Content-Length"] == str(len(second.content))


def test_two_shops_send_the_same_bytes_except_for_their_ports(shop: Storefront) -> None:
    def pages(front: Storefront) -> list[str]:
        paths = ["/", "/ugc/v2/reviews?sku=7000100", "/site/7000100.p", "/site/7000101.p", "/site/7000102.p"]
        hosts = {front.site_url: "SITE", front.image_url: "IMAGES", front.photo_url: "PHOTOS"}
        texts = [get(front, path).text for path in paths]
        return [re.sub("|".join(hosts), lambda found: hosts[found[0]], text) for text in texts]

    with Storefront(small_world(), pictures=picture) as other:
        assert pages(other) == pages(shop)


def test_ports_can_be_chosen_and_are_free_again_afterwards() -> None:
    with Storefront(WORLD, pictures=picture) as first:
        ports = first.ports
        with pytest.raises(OSError, match="in use"):
            Storefront(WORLD, ports=ports, pictures=picture)
    with Storefront(WORLD, ports=ports, pictures=picture) as second:
        assert second.site_url == first.site_url
        assert get(second, "/").status_code == 200


def test_an_ended_shop_does_not_answer_on_open_connections() -> None:
    session = requests.Session()
    session.headers.update(BROWSER)
    with Storefront(WORLD, pictures=picture) as front:
        assert session.get(f"{front.site_url}/robots.txt", timeout=10).status_code == 200
    with pytest.raises(requests.ConnectionError):
        session.get(f"{front.site_url}/robots.txt", timeout=10)


def test_the_demo_has_a_few_faults_and_every_url_succeeds_in_the_end() -> None:
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


def test_the_command_line_serves_the_shop_to_a_browser() -> None:
    command = [sys.executable, "-m", "ameli_build.demo.storefront", "--products", "12"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        try:
            assert "Departments" in requests.get(line.split()[1], headers=BROWSER, timeout=10).text
        finally:
            process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""
