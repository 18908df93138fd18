"""Settings of the crawl (section 3.1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ameli_build.core.settings.section import Bytes, Seconds, Section, unit
from ameli_build.core.version import __version__

PROJECT_PAGE = "https://github.com/ameli-build/ameli-build"


class CrawlSettings(Section):
    """Section 3.1: hosts, pace, limits and browsers of the crawl."""

    shop: str = "bestbuy"
    """Name of the shop. With another shop, set `site_url`, `sitemap_url`, `hosts` and `image_hosts` too."""
    site_url: str = "https://www.bestbuy.com"
    """URL of the shop. Another URL takes the place of every host of the shop."""
    sitemap_url: str = "https://sitemaps.bestbuy.com/sitemaps_pdp.xml"
    """URL of the product sitemap, where a crawl without selectors starts."""
    hosts: tuple[str, ...] = ("www.bestbuy.com", "sitemaps.bestbuy.com")
    """Hosts that may be asked for anything, beside the one of `site_url`."""
    image_hosts: tuple[str, ...] = ("pisces.bbystatic.com", "img.bbystatic.com", "photos-us.bazaarvoice.com")
    """Hosts that may be asked for images only: `localhost:8000` on one port, `localhost` on any."""
    products: Literal["site", "api"] = "site"
    """Source of product records: product pages, or the shop's developer API (key in `BESTBUY_API_KEY`)."""
    api_url: str = "https://api.bestbuy.com"
    """URL of the developer API."""
    api_rate: Annotated[float, unit("calls a second")] = Field(default=5.0, gt=0, le=5.0)
    """Pace of calls to the developer API, whose terms allow 5 a second."""
    api_calls_per_day: Annotated[int, unit("calls")] = Field(default=50_000, ge=1, le=50_000)
    """Calls to the developer API in any 24 hours; at this number the crawl stops."""
    transport: Literal["requests", "browser"] = "requests"
    """Client for pages and review JSON. `browser` is plain Selenium, for shops that answer nothing else."""
    allow_loopback: bool = False
    """Allow connections to addresses of this machine, as the demo's storefront needs."""
    user_agent: str = f"Mozilla/5.0 (compatible; ameli-build/{__version__}; +{PROJECT_PAGE})"
    """User-Agent header. For a long crawl, put a page or an address of yours behind the `+`."""
    rate: Annotated[float, unit("requests a second")] = Field(default=0.5, gt=0)
    """Pace of requests to each host."""
    threads: Annotated[int, unit("threads")] = Field(default=4, ge=1)
    """Products, or images of own records, that are fetched at the same time."""
    connections: Annotated[int, unit("requests")] = Field(default=2, ge=1)
    """Requests to a host at the same time."""
    connect_timeout: Seconds = 10.0
    """Longest wait for a connection."""
    read_timeout: Seconds = 30.0
    """Longest wait for the next bytes of a response, or for a page in the browser."""
    deadline: Seconds = 120.0
    """Longest duration of a request, with its body."""
    retries: Annotated[int, unit("tries")] = Field(default=4, ge=0)
    """Further tries of a request that failed."""
    backoff: Seconds = 1.0
    """Wait before the second try, varied by up to half; doubled after each further failure."""
    retry_after_ceiling: Seconds = 300.0
    """Longest wait between two tries, also where the host's `Retry-After` asks for more."""
    max_page_bytes: Bytes = 20_000_000
    """Size above which a page is not read on."""
    max_image_bytes: Bytes = 30_000_000
    """Size above which an image is not read on; also for images of own records and of `ameli link`."""
    max_forbidden: Annotated[int, unit("responses")] = Field(default=10, ge=1)
    """Refusals (status 403, block pages) in a row after which the crawl stops. Refusals of an image host end the
    requests to that host only."""
    max_failures: Annotated[int, unit("requests")] = Field(default=20, ge=1)
    """Failures in a row (no connection, timeout, status 5xx) after which a host counts as down and is probed."""
    max_outage: Seconds = Field(default=3600.0, ge=0)
    """Time without an answer after which a host that is down is given up."""
    specifications: Literal["auto", "click", "json"] = "auto"
    """Product pages that are opened in a browser for the click on "Specifications": pages whose HTML has no
    specifications or a button for more (`auto`), all (`click`), or none (`json`)."""
    click_timeout: Seconds = 10.0
    """Longest wait for the button of the specifications; for its rows, twice as long."""
    browsers: Annotated[int, unit("browsers")] = Field(default=1, ge=1)
    """Browsers at the same time."""
    pages_per_browser: Annotated[int, unit("pages")] = Field(default=200, ge=1)
    """Pages after which a browser is replaced."""
    browser_url: str = ""
    """URL of a remote Selenium server. Empty: a local headless Chromium."""
    refresh_images: Literal["ask", "trust"] = "ask"
    """A refresh asks the host whether a known image has changed, or trusts that an image's URL never changes."""
    review_page_size: Annotated[int, unit("reviews")] = Field(default=20, ge=1, le=100)
    """Reviews of a review page."""
    review_sort: str = "MOST_RECENT"
    """Order of the reviews, as the shop names it. With `MOST_RECENT` a refresh ends at the first page it knows."""
