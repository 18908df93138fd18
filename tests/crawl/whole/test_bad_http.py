"""The HTTP part of the bad inputs, line by line, in whole crawls of a misbehaving shop on loopback.

The names of the cases are the words of the lines: `pytest tests/crawl/whole/test_bad_http.py -v` lists them. In one
crawl each line affects its own product. Faults of single requests are in test_fetch.py, robots.txt in test_robots.py,
review and product pages in test_bad_pages.py, images in test_bad_images.py, all faults at once in test_storm.py.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from crawl.crawling import archived, settings_for
from crawl.misbehaving_shop import (
    contents,
    failures,
    images_on,
    opened,
    options,
    page_of,
    reviews_of,
    run,
    statistics,
    table,
    world_of,
)
from faults import http_faults as wrong
from faults.http_faults import FaultPlan, Rewrite, Rule, Status
from faults.kinds import ANSWERS, FINAL

from ameli_build.core.errors import RunFailed
from ameli_build.demo.storefront import Storefront
from ameli_build.shops.bestbuy.urls import sku_of

LINES = ANSWERS | FINAL
WORLD = world_of(len(LINES))
FAMILY = WORLD.products[:-3]
HIT = dict(zip(LINES, FAMILY, strict=True))
"""The product whose page has the fault of a line."""
SOME = tuple(product.sku for product in WORLD.products[:3])
PATIENT = {"threads": 8, "connections": 8, "max_forbidden": 50, "deadline": 4.0, "read_timeout": 2.0}


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with opened(WORLD) as front:
        yield front


@pytest.fixture(scope="module")
def clean(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of all products without faults."""
    root = tmp_path_factory.mktemp("clean")
    run(root, shop, **PATIENT)
    return root


@pytest.fixture(scope="module")
def few(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of three products without faults."""
    root = tmp_path_factory.mktemp("few")
    run(root, shop, skus=SOME)
    return root


@pytest.fixture(scope="module")
def stayed(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], float]:
    """A crawl in which each product page has another lasting fault; its requests, and its duration in seconds."""
    root = tmp_path_factory.mktemp("stayed")
    before, start = len(shop.seen_by("site")), time.monotonic()
    run(root, shop, *(Rule(page_of(HIT[line]), fault) for line, (fault, _) in LINES.items()), **PATIENT)
    return root, [seen.target for seen in shop.seen_by("site")[before:]], time.monotonic() - start


@pytest.fixture(scope="module")
def passed(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl in which every passing fault ends after one request."""
    root = tmp_path_factory.mktemp("passed")
    run(root, shop, *(Rule(page_of(HIT[line]), fault, 1) for line, (fault, _) in ANSWERS.items()), **PATIENT)
    return root


@pytest.mark.parametrize("line", LINES)
def test_a_lasting_fault_is_named_and_retried_only_if_a_retry_could_help(
    stayed: tuple[Path, list[str], float], line: str
) -> None:
    root, asked, _ = stayed
    word = LINES[line][1]
    own = {key: found for key, found in failures(root).items() if HIT[line].sku in key[1] and key[0] == "page"}
    assert list(own.values()) == [word]
    tries = 6 if word == "redirect_loop" else 2 if line in ANSWERS else 1
    assert sum(bool(re.search(page_of(HIT[line]), target)) for target in asked) == tries


def test_lasting_faults_cost_only_their_own_pages(
    stayed: tuple[Path, list[str], float], clean: Path, shop: Storefront
) -> None:
    root, asked, seconds = stayed
    faulty, complete = contents(root), contents(clean)
    assert faulty.items() <= complete.items()
    gone = {HIT[line].sku for line, (_, word) in FINAL.items() if word in ("http_404", "http_410")}
    lost = {(kind, url) for kind, url in complete.keys() - faulty.keys() if kind != "image"}
    assert {url for kind, url in lost if kind == "page"} == {url for kind, url in failures(root) if kind == "page"}
    assert {re.search(r"sku=(\d+)", url)[1] for kind, url in lost if kind == "reviews"} == gone  # type: ignore[index]
    assert images_on(clean, f"{shop.image_url}/image2/BestBuy_US/ugc") == images_on(
        root, f"{shop.image_url}/image2/BestBuy_US/ugc"
    )
    assert not any("169.254" in target or "passwd" in target for target in asked)
    assert seconds < 60  # a Retry-After of a day and every hang have a limit


@pytest.mark.parametrize("line", ANSWERS)
def test_a_passing_fault_leaves_no_trace(passed: Path, clean: Path, line: str) -> None:
    own = {key: digest for key, digest in contents(clean).items() if HIT[line].sku in key[1]}
    assert {key: digest for key, digest in contents(passed).items() if HIT[line].sku in key[1]} == own


def test_passing_faults_are_counted_as_retries(passed: Path, clean: Path) -> None:
    words = [word for _, word in ANSWERS.values()]
    own = statistics(clean)["this_run"]["retried"]  # of undecodable pictures
    assert statistics(passed)["this_run"]["retried"] == own | {word: words.count(word) for word in words}
    assert contents(passed) == contents(clean)
    assert failures(passed) == failures(clean)


STORMS = {"403": Status(403), "Access Denied with status 200": wrong.ACCESS_DENIED, "countries": wrong.COUNTRY_PAGE}


@pytest.mark.parametrize("storm", STORMS)
def test_refusals_in_a_row_stop_the_crawl_after_few_requests(
    tmp_path: Path, shop: Storefront, few: Path, storm: str
) -> None:
    before = len(shop.seen_by("site"))
    with pytest.raises(RunFailed, match=r"refusals in a row.*run the same command"):
        run(tmp_path, shop, Rule(r"\.p\?|/product/|/ugc/", STORMS[storm]), skus=SOME, max_forbidden=3)
    asked = [seen.target for seen in shop.seen_by("site")[before:]]
    assert sum("robots" not in target for target in asked) <= 3 + 4  # requests of other threads until then
    run(tmp_path, shop, skus=SOME)  # a later run
    assert contents(tmp_path) == contents(few)


def test_the_word_captcha_is_no_sign_of_a_block(clean: Path) -> None:
    pages = [page for (kind, _), page in archived(clean).items() if kind == "page"]
    assert len(pages) == len(WORLD.products)
    assert all(b"captcha" in (page.body or b"") for page in pages)


INSTEAD: dict[str, tuple[bytes, str]] = {
    "HTML where JSON is expected": (b"<!DOCTYPE html><html><p>oops</p></html>", "wrong_type"),
    "other JSON": (b'{"error": "oops"}', "wrong_type"),
    "cut JSON": (b'{"topics": [{"id": "1', "wrong_type"),
    "an empty body": (b"", "empty"),
}


@pytest.fixture(scope="module")
def replaced(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl in which requests for reviews of some products get another body."""
    root = tmp_path_factory.mktemp("replaced")
    bodies = [wrong.Page(body) for body, _ in INSTEAD.values()]
    rules = [Rule(reviews_of(product), body) for product, body in zip(FAMILY, bodies, strict=False)]
    run(root, shop, *rules, skus=tuple(product.sku for product in FAMILY[: len(INSTEAD)]))
    return root


@pytest.mark.parametrize("line", INSTEAD)
def test_another_body_in_place_of_reviews_is_a_failure(replaced: Path, line: str) -> None:
    sku = FAMILY[list(INSTEAD).index(line)].sku
    words = [word for (kind, url), word in failures(replaced).items() if kind == "reviews" and f"sku={sku}&" in url]
    assert set(words) == {INSTEAD[line][1]}
    assert not any(kind == "reviews" and f"sku={sku}&" in url for kind, url in contents(replaced))
    assert any(kind == "page" and sku in url for kind, url in contents(replaced))


CHARSETS = ("utf-16", "ascii", "iso-8859-1", "nonsense", "")


def test_a_wrong_charset_in_the_header_changes_nothing(tmp_path: Path, shop: Storefront) -> None:
    kinds = [f"text/html; charset={name}" if name else "application/octet-stream" for name in CHARSETS]
    some = FAMILY[: len(kinds)]
    skus = tuple(product.sku for product in some)
    run(tmp_path / "right", shop, skus=skus)
    rules = [Rule(page_of(product), wrong.Page(None, kind)) for product, kind in zip(some, kinds, strict=True)]
    run(tmp_path / "wrong", shop, *rules, skus=skus)
    names = ["sku", "name", "description", "categories", "attributes", "images", "price"]
    right = table(tmp_path / "right", shop, "products").select(names)
    assert right.height == len(some)
    assert table(tmp_path / "wrong", shop, "products").select(names).equals(right)


def test_bytes_outside_the_charset_cost_only_themselves(tmp_path: Path, shop: Storefront) -> None:
    broken = Rewrite(lambda body: body.replace(b"lasts all day", b"lasts all \xe9\xff day"))
    run(tmp_path, shop, Rule(page_of(FAMILY[1]), broken), skus=(FAMILY[1].sku,))
    (row,) = table(tmp_path, shop, "products").iter_rows(named=True)
    assert row["name"] == FAMILY[1].name
    assert "lasts all" in row["description"]
    assert {attribute["name"] for attribute in row["attributes"]} == {
        attribute.name for attribute in FAMILY[1].attributes
    }


MEASURE = """
import resource, sys
from pathlib import Path
from ameli_build.crawl.run import crawl
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot

root, settings = Path(sys.argv[1]), Settings.model_validate_json(sys.argv[2])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
crawl(Snapshot(root / "before"), settings, skus=sys.argv[3:4])
before = peak()
crawl(Snapshot(root / "after"), settings, skus=sys.argv[3:])
print(peak() - before)
"""


def test_bombs_do_not_fill_the_memory(tmp_path: Path, shop: Storefront) -> None:
    encodings: tuple[Any, ...] = ("gzip", "br", "zstd")
    fridges = WORLD.products[-3:]
    shop.inject(
        FaultPlan(
            tuple(Rule(page_of(fridge), wrong.Bomb(e, 100)) for fridge, e in zip(fridges, encodings, strict=True))
        )
    )
    values = {"deadline": 60.0, "read_timeout": 60.0, "max_page_bytes": 20_000_000, "threads": 1}
    settings = settings_for(shop.site_url, **options(values)).model_dump_json()
    skus = (FAMILY[1].sku, *(fridge.sku for fridge in fridges))
    command = [sys.executable, "-c", MEASURE, str(tmp_path), settings, *skus]
    done = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=_limit_resources)
    assert [word for (kind, _), word in failures(tmp_path / "after").items() if kind == "page"] == ["too_large"] * 3
    assert int(done.stdout.splitlines()[-1]) < 80  # MiB: a page may have 20 MB, each bomb has 100


def _limit_resources() -> None:
    """Limit the CPU time and the memory of a child process."""
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def test_an_allowed_name_with_a_forbidden_address_is_not_fetched(tmp_path: Path, shop: Storefront, few: Path) -> None:
    hits = [len(shop.seen_by(part)) for part in ("images", "photos")]
    run(tmp_path, shop, skus=SOME, allow_loopback=False)  # `localhost` is allowed, its address is not
    assert [len(shop.seen_by(part)) for part in ("images", "photos")] == hits
    assert {url for _, url in failures(tmp_path)} == images_on(few, "http")
    assert set(failures(tmp_path).values()) <= {"forbidden_address", "robots_unreachable"}
    assert contents(tmp_path) == {key: value for key, value in contents(few).items() if key[0] != "image"}


ROBOTS: dict[str, wrong.Fault] = {
    "404": Status(404),
    "403": Status(403),
    "HTML": wrong.Page(b"<!DOCTYPE html><html>Disallow: /</html>"),
    "10 MB": wrong.Rewrite(lambda body: body + b"# much of it\n" * 800_000),
    "bytes that are no text": wrong.Rewrite(lambda body: b"\xff\xfe\0\0\n" + body),
    "an empty body": wrong.EMPTY_BODY,
}


@pytest.mark.parametrize("line", ROBOTS)
def test_a_robots_txt_that_forbids_nothing_changes_nothing(
    tmp_path: Path, shop: Storefront, few: Path, line: str
) -> None:
    values = {"read_timeout": 20.0, "deadline": 20.0, "max_page_bytes": 20_000_000}
    run(tmp_path, shop, Rule("robots", ROBOTS[line], host="site"), skus=SOME, **values)
    assert failures(tmp_path) == failures(few)
    assert contents(tmp_path) == contents(few)


NO_ROBOTS: dict[str, wrong.Fault] = {
    "500": Status(500),
    "503": Status(503),
    "429": Status(429),
    "a timeout": wrong.Hang(),
    "a reset": wrong.Reset(),
    "Access Denied": wrong.ACCESS_DENIED,
}


@pytest.mark.parametrize("line", NO_ROBOTS)
def test_an_unavailable_robots_txt_closes_the_shop(tmp_path: Path, shop: Storefront, line: str) -> None:
    before = len(shop.seen_by("site"))
    with pytest.raises(RunFailed, match=r"robots\.txt.*nothing of this host may be fetched"):
        run(tmp_path, shop, Rule("robots", NO_ROBOTS[line], host="site"))
    assert {seen.target for seen in shop.seen_by("site")[before:]} == {"/robots.txt"}


def test_an_unavailable_robots_txt_closes_only_its_host(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("images"))
    run(tmp_path, shop, Rule("robots", Status(503), host="images"), skus=SOME)
    assert {seen.target for seen in shop.seen_by("images")[before:]} == {"/robots.txt"}
    closed = {url for (_, url), word in failures(tmp_path).items() if word == "robots_unreachable"}
    assert closed == images_on(few, shop.image_url)
    assert contents(tmp_path) == {k: v for k, v in contents(few).items() if not k[1].startswith(shop.image_url)}


def test_a_disallowed_path_is_not_requested_and_is_named(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("site"))
    rules = b"User-agent: ameli-build\nDisallow: /ugc/\n"
    run(tmp_path, shop, Rule("robots", wrong.Page(rules, "text/plain"), host="site"), skus=SOME)
    assert not any("/ugc/" in seen.target for seen in shop.seen_by("site")[before:])
    named = {(kind, sku_of(url)) for (kind, url), word in failures(tmp_path).items() if word == "robots"}
    assert named == {("reviews", sku) for sku in SOME}
    assert {key for key in contents(few) if key[0] == "page"} <= contents(tmp_path).keys()


def test_a_crawl_delay_is_obeyed(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("photos"))
    rule = Rule("robots", wrong.Page(b"User-agent: *\nCrawl-delay: 0.15\n", "text/plain"), host="photos")
    run(tmp_path, shop, rule, skus=SOME)
    moments = [seen.at for seen in shop.seen_by("photos")[before:]]
    assert len(moments) >= 3
    assert min(later - sooner for sooner, later in pairwise(moments)) > 0.1
    assert contents(tmp_path) == contents(few)
