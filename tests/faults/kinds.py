"""All faults of an HTTP response, with the crawl's name for each."""

from __future__ import annotations

from faults import http_faults as wrong

SETTINGS = {"read_timeout": 0.5, "deadline": 1.0, "retry_after_ceiling": 0.2, "max_page_bytes": 3_000_000}
"""Settings of a crawl with these faults: short timeouts, and a page limit below a bomb of 30 MB."""

ANSWERS: dict[str, tuple[wrong.Fault, str]] = {
    "429 with Retry-After in seconds": (wrong.Status(429, retry_after="1"), "http_429"),
    "429 with Retry-After as a date": (wrong.Status(429, retry_date_in=2.0), "http_429"),
    "429 with a negative Retry-After": (wrong.Status(429, retry_after="-30"), "http_429"),
    "429 with an absurd Retry-After of a day": (wrong.Status(429, retry_after="86400"), "http_429"),
    "429 without Retry-After": (wrong.Status(429), "http_429"),
    "503 with Retry-After in seconds": (wrong.Status(503, retry_after="1"), "http_503"),
    "503 with Retry-After as a date": (wrong.Status(503, retry_date_in=2.0), "http_503"),
    "503 with a negative Retry-After": (wrong.Status(503, retry_after="-30"), "http_503"),
    "503 with an absurd Retry-After of a day": (wrong.Status(503, retry_after="86400"), "http_503"),
    "503 without Retry-After": (wrong.Status(503), "http_503"),
    "a single 403": (wrong.Status(403), "http_403"),
    "Access Denied with status 200": (wrong.ACCESS_DENIED, "blocked"),
    "the choice of a country with status 200": (wrong.COUNTRY_PAGE, "country_page"),
    "an empty body": (wrong.EMPTY_BODY, "empty"),
    "JSON where HTML is expected": (wrong.Page(b'{"topics": []}', "application/json"), "wrong_type"),
    "a Content-Length that promises more": (wrong.LyingLength(100), "short_body"),
    "a Content-Length that promises less": (wrong.LyingLength(-3000), "cut"),
    "an aborted chunked body": (wrong.AbortedChunks(), "short_body"),
    "a reset in the middle of the body": (wrong.Reset(), "connection"),
    "a hang before the headers": (wrong.Hang(), "timeout"),
    "a hang after the headers": (wrong.Hang(after_headers=True), "timeout"),
    "a byte a second": (wrong.Drip(0.05), "deadline"),
    "a page in an encoding of its own": (wrong.Rewrite(lambda body: body.decode().encode("utf-16")), "wrong_type"),
}
"""Faults of a product page after which the crawl tries again."""

FINAL: dict[str, tuple[wrong.Fault, str]] = {
    "a gzip bomb": (wrong.Bomb("gzip", 30), "too_large"),
    "a brotli bomb": (wrong.Bomb("br", 30), "too_large"),
    "a zstd bomb": (wrong.Bomb("zstd", 30), "too_large"),
    "a page that is not there": (wrong.Status(404), "http_404"),
    "a page that is gone": (wrong.Status(410), "http_410"),
    "a redirect loop": (wrong.Redirect(), "redirect_loop"),
    "a redirect to another host": (wrong.Redirect("http://shop.example/"), "forbidden_host"),
    "a redirect to another host without scheme": (wrong.Redirect("//shop.example/x"), "forbidden_host"),
    "a redirect to 127.0.0.1": (wrong.Redirect("http://127.0.0.1:1/"), "forbidden_host"),
    "a redirect to 169.254.169.254": (wrong.Redirect("http://169.254.169.254/latest/"), "forbidden_host"),
    "a redirect to ::1": (wrong.Redirect("http://[::1]/"), "forbidden_host"),
    "a redirect to an IPv4-mapped IPv6 address": (wrong.Redirect("http://[::ffff:127.0.0.1]/"), "forbidden_host"),
    "a redirect to a decimal IP": (wrong.Redirect("http://2130706433/"), "forbidden_host"),
    "a redirect to file:": (wrong.Redirect("file:///etc/passwd"), "forbidden_scheme"),
    "a redirect to data:": (wrong.Redirect("data:text/html,<html></html>"), "forbidden_scheme"),
}
"""Faults of a product page after which the crawl does not try again."""
