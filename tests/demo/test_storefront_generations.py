"""The storefront's three generations of product pages, over HTTP and in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from demo.storefronts import WORLD, blobs, of_generation, product_page
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from ameli_build.demo.pages.generation_a import has_survey, is_marketplace
from ameli_build.demo.pages.generation_b import is_initialized
from ameli_build.demo.pages.generation_c import is_nameless
from ameli_build.demo.storefront import Storefront


def test_generation_a_has_no_specification_rows_in_its_page(shop: Storefront) -> None:
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


def test_generation_c_distributes_the_product_over_pushes_that_are_not_json(shop: Storefront) -> None:
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


def test_generations_b_and_c_have_structured_data(shop: Storefront) -> None:
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


ROWS = ".spec-categories > .category-wrapper.row .specifications-list .list-item"


@pytest.mark.browser
def test_rows_of_generation_a_appear_only_after_the_click(shop: Storefront, browser: webdriver.Chrome) -> None:
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
