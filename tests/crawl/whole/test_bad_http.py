"""The HTTP part of the bad inputs, line by line, in whole crawls of a shop that misbehaves on loopback.

The names of the cases are the lines' words: `pytest tests/crawl/whole/test_bad_http.py -v` is the list to tick off. In
one crawl each line hits a product of its own. What one request makes of a fault is in test_fetch.py, robots.txt alone
in test_robots.py; review and product pages are in test_bad_pages.py, images in test_bad_images.py, all at once in
test_storm.py.
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
"""The product whose page meets the fault of a line."""
SOME = tuple(product.sku for product in WORLD.products[:3])
PATIENT = {"threads": 8, "connections": 8, "max_forbidden": 50, "deadline": 4.0, "read_timeout": 2.0}


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with opened(WORLD) as front:
        yield front


@pytest.fixture(scope="module")
def clean(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of all products on the shop's best day."""
    root = tmp_path_factory.mktemp("clean")
    run(root, shop, **PATIENT)
    return root


@pytest.fixture(scope="module")
def few(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl of three products on the shop's best day."""
    root = tmp_path_factory.mktemp("few")
    run(root, shop, skus=SOME)
    return root


@pytest.fixture(scope="module")
def stayed(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], float]:
    """A crawl in which every product's page meets another fault, for ever; what it asked for, and how long it took."""
    root = tmp_path_factory.mktemp("stayed")
    before, start = len(shop.seen_by("site")), time.monotonic()
    run(root, shop, *(Rule(page_of(HIT[line]), fault) for line, (fault, _) in LINES.items()), **PATIENT)
    return root, [seen.target for seen in shop.seen_by("site")[before:]], time.monotonic() - start


@pytest.fixture(scope="module")
def passed(shop: Storefront, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A crawl in which every fault that can pass does so after one request."""
    root = tmp_path_factory.mktemp("passed")
    run(root, shop, *(Rule(page_of(HIT[line]), fault, 1) for line, (fault, _) in ANSWERS.items()), **PATIENT)
    return root


@pytest.mark.parametrize("line", LINES)
def test_a_fault_that_stays_is_named_and_asked_about_no_more_than_it_may_help(
    stayed: tuple[Path, list[str], float], line: str
) -> None:
    root, asked, _ = stayed
    word = LINES[line][1]
    own = {key: found for key, found in failures(root).items() if HIT[line].sku in key[1] and key[0] == "page"}
    assert list(own.values()) == [word]
    tries = 6 if word == "redirect_loop" else 2 if line in ANSWERS else 1
    assert sum(bool(re.search(page_of(HIT[line]), target)) for target in asked) == tries


def test_faults_that_stay_cost_only_what_they_hit(
    stayed: tuple[Path, list[str], float], clean: Path, shop: Storefront
) -> None:
    root, asked, seconds = stayed
    left, all_there = contents(root), contents(clean)
    assert left.items() <= all_there.items()
    gone = {HIT[line].sku for line, (_, word) in FINAL.items() if word in ("http_404", "http_410")}
    lost = {(kind, url) for kind, url in all_there.keys() - left.keys() if kind != "image"}
    assert {url for kind, url in lost if kind == "page"} == {url for kind, url in failures(root) if kind == "page"}
    assert {re.search(r"sku=(\d+)", url)[1] for kind, url in lost if kind == "reviews"} == gone  # type: ignore[index]
    assert images_on(clean, f"{shop.image_url}/image2/BestBuy_US/ugc") == images_on(
        root, f"{shop.image_url}/image2/BestBuy_US/ugc"
    )
    assert not any("169.254" in target or "passwd" in target for target in asked)
    assert seconds < 60  # a Retry-After of a day has a ceiling, and every hang an end


@pytest.mark.parametrize("line", ANSWERS)
def test_a_fault_that_passes_leaves_no_trace(passed: Path, clean: Path, line: str) -> None:
    own = {key: digest for key, digest in contents(clean).items() if HIT[line].sku in key[1]}
    assert {key: digest for key, digest in contents(passed).items() if HIT[line].sku in key[1]} == own


def test_faults_that_pass_are_counted_as_retries(passed: Path, clean: Path) -> None:
    words = [word for _, word in ANSWERS.values()]
    own = statistics(clean)["this_run"]["retried"]  # of pictures that do not decode
    assert statistics(passed)["this_run"]["retried"] == own | {word: words.count(word) for word in words}
    assert contents(passed) == contents(clean)
    assert failures(passed) == failures(clean)


STORMS = {"403": Status(403), "Access Denied with status 200": wrong.ACCESS_DENIED, "countries": wrong.COUNTRY_PAGE}


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_of_refusals_stops_the_crawl_and_does_not_hammer(
    tmp_path: Path, shop: Storefront, few: Path, storm: str
) -> None:
    before = len(shop.seen_by("site"))
    with pytest.raises(RunFailed, match=r"refusals in a row.*run the same command"):
        run(tmp_path, shop, Rule(r"\.p\?|/product/|/ugc/", STORMS[storm]), skus=SOME, max_forbidden=3)
    asked = [seen.target for seen in shop.seen_by("site")[before:]]
    assert sum("robots" not in target for target in asked) <= 3 + 4  # what other threads had asked for by then
    run(tmp_path, shop, skus=SOME)  # the next day
    assert contents(tmp_path) == contents(few)


def test_the_word_captcha_marks_no_block(clean: Path) -> None:
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
    """A crawl in which the reviews of some products are answered with something else."""
    root = tmp_path_factory.mktemp("replaced")
    bodies = [wrong.Page(body) for body, _ in INSTEAD.values()]
    rules = [Rule(reviews_of(one), body) for one, body in zip(FAMILY, bodies, strict=False)]
    run(root, shop, *rules, skus=tuple(one.sku for one in FAMILY[: len(INSTEAD)]))
    return root


@pytest.mark.parametrize("line", INSTEAD)
def test_reviews_that_are_something_else(replaced: Path, line: str) -> None:
    sku = FAMILY[list(INSTEAD).index(line)].sku
    words = [word for (kind, url), word in failures(replaced).items() if kind == "reviews" and f"sku={sku}&" in url]
    assert set(words) == {INSTEAD[line][1]}
    assert not any(kind == "reviews" and f"sku={sku}&" in url for kind, url in contents(replaced))
    assert any(kind == "page" and sku in url for kind, url in contents(replaced))


CHARSETS = ("utf-16", "ascii", "iso-8859-1", "nonsense", "")


def test_a_wrong_charset_in_the_header_changes_nothing(tmp_path: Path, shop: Storefront) -> None:
    kinds = [f"text/html; charset={one}" if one else "application/octet-stream" for one in CHARSETS]
    some = FAMILY[: len(kinds)]
    skus = tuple(product.sku for product in some)
    run(tmp_path / "right", shop, skus=skus)
    rules = [Rule(page_of(one), wrong.Page(None, kind)) for one, kind in zip(some, kinds, strict=True)]
    run(tmp_path / "wrong", shop, *rules, skus=skus)
    names = ["sku", "name", "description", "categories", "attributes", "images", "price"]
    right = table(tmp_path / "right", shop, "products").select(names)
    assert right.height == len(some)
    assert table(tmp_path / "wrong", shop, "products").select(names).equals(right)


def test_bytes_that_are_not_of_the_charset_cost_only_themselves(tmp_path: Path, shop: Storefront) -> None:
    broken = Rewrite(lambda body: body.replace(b"lasts all day", b"lasts all \xe9\xff day"))
    run(tmp_path, shop, Rule(page_of(FAMILY[1]), broken), skus=(FAMILY[1].sku,))
    (row,) = table(tmp_path, shop, "products").iter_rows(named=True)
    assert row["name"] == FAMILY[1].name
    assert "lasts all" in row["description"]
    assert {attribute["name"] for attribute in row["attributes"]} == {one.name for one in FAMILY[1].attributes}


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
        FaultPlan(tuple(Rule(page_of(one), wrong.Bomb(e, 100)) for one, e in zip(fridges, encodings, strict=True)))
    )
    values = {"deadline": 60.0, "read_timeout": 60.0, "max_page_bytes": 20_000_000, "threads": 1}
    settings = settings_for(shop.site_url, **options(values)).model_dump_json()
    skus = (FAMILY[1].sku, *(one.sku for one in fridges))
    command = [sys.executable, "-c", MEASURE, str(tmp_path), settings, *skus]
    done = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=_modest)
    assert [word for (kind, _), word in failures(tmp_path / "after").items() if kind == "page"] == ["too_large"] * 3
    assert int(done.stdout.splitlines()[-1]) < 80  # MiB: a page may have 20 MB, each bomb has 100


def _modest() -> None:
    """A child that runs wild is ended by the system, and takes nobody's memory with it."""
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def test_an_allowed_name_that_leads_to_a_forbidden_address(tmp_path: Path, shop: Storefront, few: Path) -> None:
    hits = [len(shop.seen_by(part)) for part in ("images", "photos")]
    run(tmp_path, shop, skus=SOME, allow_loopback=False)  # `localhost` is allowed, where it leads is not
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
def test_robots_txt_that_forbids_nothing(tmp_path: Path, shop: Storefront, few: Path, line: str) -> None:
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
def test_robots_txt_that_cannot_be_had_closes_the_shop(tmp_path: Path, shop: Storefront, line: str) -> None:
    before = len(shop.seen_by("site"))
    with pytest.raises(RunFailed, match=r"robots\.txt.*nothing of this host may be fetched"):
        run(tmp_path, shop, Rule("robots", NO_ROBOTS[line], host="site"))
    assert {seen.target for seen in shop.seen_by("site")[before:]} == {"/robots.txt"}


def test_robots_txt_that_cannot_be_had_closes_its_host_alone(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("images"))
    run(tmp_path, shop, Rule("robots", Status(503), host="images"), skus=SOME)
    assert {seen.target for seen in shop.seen_by("images")[before:]} == {"/robots.txt"}
    closed = {url for (_, url), word in failures(tmp_path).items() if word == "robots_unreachable"}
    assert closed == images_on(few, shop.image_url)
    assert contents(tmp_path) == {k: v for k, v in contents(few).items() if not k[1].startswith(shop.image_url)}


def test_a_disallowed_path_is_not_asked_for_and_named(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("site"))
    rules = b"User-agent: ameli-build\nDisallow: /ugc/\n"
    run(tmp_path, shop, Rule("robots", wrong.Page(rules, "text/plain"), host="site"), skus=SOME)
    assert not any("/ugc/" in seen.target for seen in shop.seen_by("site")[before:])
    named = {(kind, sku_of(url)) for (kind, url), word in failures(tmp_path).items() if word == "robots"}
    assert named == {("reviews", sku) for sku in SOME}
    assert {key for key in contents(few) if key[0] == "page"} <= contents(tmp_path).keys()


def test_a_crawl_delay_is_kept(tmp_path: Path, shop: Storefront, few: Path) -> None:
    before = len(shop.seen_by("photos"))
    rule = Rule("robots", wrong.Page(b"User-agent: *\nCrawl-delay: 0.15\n", "text/plain"), host="photos")
    run(tmp_path, shop, rule, skus=SOME)
    moments = [seen.at for seen in shop.seen_by("photos")[before:]]
    assert len(moments) >= 3
    assert min(later - sooner for sooner, later in pairwise(moments)) > 0.1
    assert contents(tmp_path) == contents(few)
