"""The peer: Scrapy fetches and parses the same pages by its own means, into a feed of JSON Lines.

Needs only Scrapy. `python benchmarks/scrapy_spider.py '{"url": ..., "out": ..., "cache": ""}'` prints a line of JSON.
"""

# mypy: disable-error-code="import-not-found,misc"
from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Request, Response, TextResponse
from scrapy.spiders import SitemapSpider

PAGE_SIZE = 20
_COMPONENT = re.compile(r"(.+?)-\d+-json$")
_INITIALIZED = re.compile(r'initializeComponent\(\{[^{}]*\}, "shop-specifications-\d+", ("(?:[^"\\]|\\.)*")')
_PUSH = re.compile(r"\.push\((?=\{)")
_UNDEFINED = re.compile(r"(?<=[:\[,])\s*undefined\b")
_SKU = re.compile(r"/sku/(\d+)|/(\d+)\.p")
_WANTED = ("shop-specifications", "shop-media", "shop-product-variations", "shop-overview", "pricing", "user-generated")


class ShopSpider(SitemapSpider):
    """Products of generations B and C from the sitemap, and all pages of the reviews of each product."""

    name = "shop"

    def __init__(self, url: str) -> None:
        super().__init__()
        self.sitemap_urls = [f"{url}/sitemaps_pdp.xml"]
        self.url = url

    def parse(self, response: Response) -> Iterator[Any]:
        """Yield the record of a product page, and the request for the first page of its reviews."""
        assert isinstance(response, TextResponse)
        found = _SKU.search(response.url)
        sku = (found[1] or found[2]) if found else ""
        schema = json.loads(response.xpath('//script[@type="application/ld+json"]/text()').get("{}"))
        read = _apollo if "/product/" in response.url else _components
        product = {
            "kind": "product",
            "sku": sku,
            "url": response.url,
            "name": schema.get("name"),
            "brand": schema.get("brand", {}).get("name"),
            "model": schema.get("model"),
            "description": schema.get("description"),
            "review_count": schema.get("aggregateRating", {}).get("reviewCount", 0),
            "categories": response.css(".shop-breadcrumb li a::text").getall(),
            **read(response),
        }
        yield product
        yield self._reviews(sku, 1)
        yield from (Request(image, self.parse_image) for image in product["images"])

    def parse_reviews(self, response: Response, sku: str, number: int) -> Iterator[Any]:
        """Yield the records of a page of reviews, and the request for the next page."""
        page = json.loads(response.body)
        for topic in page["topics"]:
            links = topic.get("productDetails", {}).get("links", {})
            yield {
                "kind": "review",
                "review_id": topic["id"],
                "sku": sku,
                "title": topic["title"],
                "text": topic["text"],
                "rating": topic["rating"],
                "helpful": topic["positiveFeedbackCount"],
                "unhelpful": topic["negativeFeedbackCount"],
                "images": [photo["piscesUrl"] or photo["normalUrl"] for photo in topic["photos"]],
                "product_details_sku": links.get("pdpPath"),
                "author": topic["author"],
                "submitted_at": topic["submissionTime"],
                "badges": [badge["badgeCode"] for badge in topic["badges"]],
                "recommended": topic["recommended"],
            }
        if number < page["totalPages"]:
            yield self._reviews(sku, number + 1)

    def parse_image(self, response: Response) -> None:
        """Do nothing: all products share a few pictures, and the benchmark counts pages."""

    def _reviews(self, sku: str, number: int) -> Request:
        query = urlencode({"page": number, "pageSize": PAGE_SIZE, "sku": sku, "sort": "MOST_RECENT"})
        arguments = {"sku": sku, "number": number}
        return Request(f"{self.url}/ugc/v2/reviews?{query}", self.parse_reviews, cb_kwargs=arguments)


def _components(response: TextResponse) -> dict[str, Any]:
    """Generation B: a JSON script for each component; the sheet can be the argument of an initializer instead."""
    scripts = {}
    for script in response.xpath('//script[@type="application/json"]'):
        found = _COMPONENT.match(script.attrib.get("id", ""))
        if found and found[1].startswith(_WANTED):
            scripts[found[1]] = json.loads(script.xpath("text()").get("{}"))
    sheet = scripts.get("shop-specifications")
    if sheet is None:
        text = response.xpath('//script[contains(., "shop-specifications")]/text()').re_first(_INITIALIZED, "null")
        sheet = json.loads(json.loads(text) or "{}")
    media = scripts.get("shop-media-gallery", {}).get("baseContent", {}).get("media", {})
    groups = sheet.get("specifications", {}).get("categories", [])
    variations = scripts.get("shop-product-variations", {}).get("categories", [])
    return {
        "price": scripts["pricing-price"]["app"]["priceDomain"]["customerPrice"],
        "attributes": [
            {"group": group["displayName"], "name": row["displayName"], "value": row["value"]}
            for group in groups
            for row in group["specifications"]
        ],
        "images": [
            source["src"].partition(";")[0] for source in media.get("product-images", {}).get("sources", {}).values()
        ],
        "variants": [variant["variationSku"] for group in variations for variant in group["variations"]],
    }


def _apollo(response: TextResponse) -> dict[str, Any]:
    """Generation C: the fragments of the product from several pushes, merged."""
    product: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    for script in response.xpath('//script[contains(., "ApolloSSRDataTransport")]/text()').getall():
        start = _PUSH.search(script)
        if start is None:
            continue
        pushed, _ = decoder.raw_decode(_UNDEFINED.sub(" null", script[start.end() :]))
        answers = [*pushed["rehydrate"].values(), *(event.get("value") for event in pushed["events"])]
        for answer in filter(None, answers):
            data = answer["data"]
            product |= data.get("product") or data.get("productBySkuId") or {}
    return {
        "price": product["price"]["customerPrice"],
        "attributes": [
            {"group": group.get("name", ""), "name": row["displayName"], "value": row["value"]}
            for group in product["specificationGroups"]
            for row in group["specifications"]
        ],
        "images": [image["piscesHref"].partition(";")[0] for image in product["images"]],
        "variants": [],
    }


def settings_for(order: dict[str, str]) -> dict[str, Any]:
    """The defaults of Scrapy without robots and delays, with sixteen requests at a time, also to a single host."""
    feed = {"format": "jsonlines", "encoding": "utf8", "overwrite": True}
    settings: dict[str, Any] = {
        "ROBOTSTXT_OBEY": False,
        "DOWNLOAD_DELAY": 0,
        "AUTOTHROTTLE_ENABLED": False,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "FEEDS": {order["out"]: feed},
    }
    if order["cache"]:
        settings |= {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": order["cache"], "HTTPCACHE_GZIP": True}
    return settings


def main() -> None:
    """Run the order in the first argument."""
    order = json.loads(sys.argv[1])
    process = CrawlerProcess(settings_for(order))
    crawler = process.create_crawler(ShopSpider)
    process.crawl(crawler, url=order["url"])
    start = time.perf_counter()
    process.start()
    seconds = time.perf_counter() - start
    assert crawler.stats is not None
    stats = {name: value for name, value in crawler.stats.get_stats().items() if isinstance(value, int | float | str)}
    print(json.dumps({"seconds": seconds, "stats": stats, "scrapy": scrapy.__version__}), flush=True)


if __name__ == "__main__":
    main()
