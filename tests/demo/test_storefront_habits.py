"""The behaviour of the shop towards its clients, and the faults of its pages on demand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
from demo.small_world import GONE, LAPTOPS, picture
from demo.storefronts import WORLD, all_topics, get
from faults import page_faults
from faults.http_faults import FaultPlan, Rework, Rewrite, Rule, Status
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, WebDriverException
from selenium.webdriver.common.by import By

from ameli_build.demo.storefront import Storefront

REVIEWS = "/ugc/v2/reviews?page={}&pageSize=20&sku=7000100&sort=MOST_RECENT"


@contextmanager
def shop_with(*rules: Rule) -> Iterator[Storefront]:
    with Storefront(WORLD, FaultPlan(rules), pictures=picture) as shop:
        yield shop


def test_a_client_without_a_browsers_user_agent_gets_no_response(shop: Storefront) -> None:
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{shop.site_url}/robots.txt", timeout=0.2)
    assert requests.get(f"{shop.image_url}/robots.txt", timeout=5).status_code == 404
    with Storefront(WORLD, pictures=picture, browsers_only=False) as patient:
        assert requests.get(f"{patient.site_url}/robots.txt", timeout=5).status_code == 200


@pytest.mark.parametrize("condition", ["excellent", "good", "fair"])
def test_used_products_have_their_own_urls(shop: Storefront, condition: str) -> None:
    third = WORLD.products[2]
    path = f"/product/a-laptop/{third.bsin}/sku/{third.sku}"
    own = get(shop, path).url.removeprefix(shop.site_url)
    opened = get(shop, f"{own}/openbox?condition={condition}", allow_redirects=False)
    assert opened.status_code == 200
    assert third.name.replace('"', "&#34;").replace("&", "&amp;").split(" - ")[0] in opened.text


def test_a_discontinued_variant_redirects_to_its_sibling(shop: Storefront) -> None:
    moved = get(shop, f"/site/{GONE}.p?skuId={GONE}", allow_redirects=False)
    assert moved.status_code == 301
    assert "skuId=7000100" in moved.headers["Location"]


def test_a_photo_that_only_the_supplier_has_comes_from_its_host(shop: Storefront) -> None:
    photos = [photo for topic in all_topics(shop, "7000100") for photo in topic["photos"]]
    alone = [photo for photo in photos if photo["piscesUrl"] is None]
    assert 0 < len(alone) < len(photos) / 3
    assert get(shop, alone[0]["normalUrl"].split(";")[0]).headers["Content-Type"] == "image/jpeg"


def test_a_rule_can_be_limited_to_a_host() -> None:
    with shop_with(Rule("robots", Status(503), host="images")) as shop:
        codes = [get(shop, f"{url}/robots.txt").status_code for url in (shop.site_url, shop.image_url, shop.photo_url)]
    assert codes == [200, 503, 404]


@pytest.mark.parametrize("identifier", ["cat00000", LAPTOPS[-1][0], LAPTOPS[-2][0]])
def test_a_listing_can_state_a_wrong_count(identifier: str) -> None:
    with shop_with(Rule("/site/x/x/", Rewrite(page_faults.listing_claims(99)))) as shop:
        text = get(shop, f"/site/x/x/{identifier}.c?cp=1&id={identifier}").text
    assert re.search(r">99(?: items|</span>)", text)


def ids(shop: Storefront, number: int) -> list[str]:
    return [topic["id"] for topic in get(shop, REVIEWS.format(number)).json()["topics"]]


def test_reviews_repeat_end_early_and_move(shop: Storefront) -> None:
    right = [ids(shop, number) for number in (1, 2, 3, 4)]
    assert [len(page) for page in right] == [20, 20, 10, 0]
    with shop_with(Rule("page=2&", Rework(page_faults.page_before))) as wrong:
        assert [ids(wrong, number) for number in (1, 2, 3)] == [right[0], right[0], right[2]]
    with shop_with(Rule("page=2&", Rework(page_faults.nothing_left))) as wrong:
        assert [ids(wrong, number) for number in (1, 2, 3)] == [right[0], [], right[2]]
        assert get(wrong, REVIEWS.format(2)).json()["totalPages"] == 3
    with shop_with(Rule("page=(?!1&)", Rework(page_faults.shifted))) as wrong:
        pages = [ids(wrong, number) for number in (1, 2, 3)]
        assert pages == [right[0], right[0][-1:] + right[1][:19], right[1][-1:] + right[2]]
        assert get(wrong, REVIEWS.format(3)).json()["totalResults"] == 51


def test_review_pages_with_wrong_values() -> None:
    claims = page_faults.review_page_claims(totalPages=1, totalResults=None)
    contradict = page_faults.each_review(page_faults.of_another_variant("1"))
    with shop_with(Rule("page=1&", Rewrite(claims)), Rule("page=2&", Rewrite(contradict))) as shop:
        first, second = (get(shop, REVIEWS.format(number)).json() for number in (1, 2))
    assert (first["totalPages"], "totalResults" in first, len(first["topics"])) == (1, False, 20)
    assert {topic["writeCommentUrl"].split("/")[4] for topic in second["topics"]} == {"1"}


PAGES = [f"/site/{product.sku}.p" for product in WORLD.products[:3]]
BUTTONS = ".shop-specifications button, .shop-mp-specifications button, .show-full-specs-btn, [data-testid=brix-button]"
ROWS = ".list-item, .zebra-list-item, .font-weight-medium"


@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
def test_a_button_is_covered_opens_an_empty_drawer_or_is_missing(browser: webdriver.Chrome, path: str) -> None:
    def page(change: Callable[[bytes], bytes]) -> Rule:
        return Rule(path.removeprefix("/site/").removesuffix(".p"), Rewrite(change))

    with shop_with(page(page_faults.under_a_survey)) as shop:
        browser.get(shop.site_url + path)
        button = browser.find_element(By.CSS_SELECTOR, BUTTONS)
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        with pytest.raises(ElementClickInterceptedException):
            button.click()
        browser.find_element(By.ID, "survey_invite_no").click()
        button.click()
    with shop_with(page(page_faults.with_an_empty_drawer)) as shop:
        browser.get(shop.site_url + path)
        browser.find_element(By.CSS_SELECTOR, BUTTONS).click()
        assert browser.find_element(By.ID, "pdp-drawer-overlay-backdrop")
        assert browser.find_elements(By.CSS_SELECTOR, ROWS) == []
    with shop_with(page(page_faults.without_button)) as shop:
        browser.get(shop.site_url + path)
        assert browser.find_elements(By.CSS_SELECTOR, BUTTONS) == []


@pytest.mark.browser
def test_a_page_can_crash_its_tab(browser: webdriver.Chrome) -> None:
    rule = Rule("7000101", Rewrite(page_faults.that_kills_its_tab))
    with shop_with(rule) as shop, pytest.raises(WebDriverException, match="tab crashed"):
        browser.get(f"{shop.site_url}/site/7000101.p")
