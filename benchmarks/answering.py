"""What ten reviews take on HTML sheets: a scripted annotator in Chromium, and seconds by the Keystroke-Level Model.

    python benchmarks/answering.py SNAPSHOT SHEET [SHEET ...]

The snapshot is a demo's, whose truth says what each review speaks of. The annotator knows those attributes and the
colour of a photograph, sees only what is in sight of a window of 1440x900 pixels, and answers when a single product is
left, or when everything about the products that are left has been in sight. Two ways, the second where a sheet has a
filter: look through the products from the top and open the products that are left; or filter by the attributes first.

Seconds are those of Card, Moran and Newell's model: 0.28 a key, click or turn of the wheel, 1.1 to point, 0.4 to move a
hand between keyboard and mouse, 1.35 to look at a screen or to decide what to type. They compare sheets. They are not
a person's seconds: reading the review and thinking about it are not in them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

KEY, POINT, HAND, LOOK = 0.28, 1.1, 0.4, 1.35
MOST_LOOKS = 200
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --window-size=1440,900"

_SCREEN = """
const pane = document.getElementById("products"), bar = pane.querySelector(".toolbar");
const box = pane.getBoundingClientRect(), top = Math.max(box.top, bar.getBoundingClientRect().bottom);
const inSight = (part) => {
  const { top: from, bottom, height } = part.getBoundingClientRect();
  return height > 0 && from >= top - 1 && bottom <= box.bottom + 1;
};
const name = (part) => (part.matches("tr") ? part.cells[0] : part.children[0]).textContent.trim();
const cards = [...pane.querySelectorAll(".candidate")].map((card) => ({
  number: Number(card.querySelector(".number").textContent),
  name: card.querySelector(".name").textContent,
  named: inSight(card.querySelector(".name")),
  facts: [...card.querySelectorAll(".chip, tr:not(.group)")].filter(inSight).map(name),
  end: card.getBoundingClientRect().bottom <= box.bottom + 1,
}));
return { cards, more: pane.scrollTop + pane.clientHeight < pane.scrollHeight - 2 };
"""
_CLOCK = "const now = Date.now; window.later = 0; Date.now = () => now() + window.later;"


@dataclass
class Hands:
    """A browser, and the actions in it."""

    browser: webdriver.Chrome
    keys: int = 0
    pointings: int = 0
    moves: int = 0
    looks: int = 0
    at_mouse: bool = False

    @property
    def seconds(self) -> float:
        """Seconds by the model."""
        return KEY * self.keys + POINT * self.pointings + HAND * self.moves + LOOK * self.looks

    def press(self, *keys: str) -> None:
        """Press keys, after a pause: a sheet reads digits that follow each other at once as a single number."""
        self.moves += self.at_mouse
        self.at_mouse = False
        self.keys += len(keys)
        self.browser.execute_script("window.later += 5000")
        ActionChains(self.browser).send_keys(*keys).perform()

    def scroll(self) -> None:
        """Turn the wheel over the products, by most of a screen."""
        if not self.at_mouse:
            self.moves, self.pointings, self.at_mouse = self.moves + 1, self.pointings + 1, True
        self.keys += 1
        self.browser.execute_script("""
            const pane = document.getElementById("products");
            pane.scrollBy(0, 0.8 * pane.clientHeight);
        """)

    def look(self) -> dict[str, Any]:
        """The products in sight."""
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise AssertionError("the annotator does not come to an end")
        screen: dict[str, Any] = self.browser.execute_script(_SCREEN)
        return screen


@dataclass
class Case:
    """A review: its products by number, their values, and the values that the review and its photographs tell."""

    products: Mapping[int, Mapping[str, Any]]
    gold: int
    facts: Mapping[str, str]
    seen: set[tuple[int, str]] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    out: set[int] = field(default_factory=set)

    def take_in(self, screen: Mapping[str, Any]) -> None:
        """Remember what is in sight."""
        for card in screen["cards"]:
            number, product = card["number"], self.products[card["number"]]
            assert card["name"] == product["name"], "the sheet is of another snapshot"
            names = set(card["facts"]) & self.facts.keys()
            if card["named"]:
                self.named.add(number)
                names |= {name for name in self.facts if _told(product["values"].get(name), product["name"])}
                self.out |= {number} if product["kind"] != self.products[self.gold]["kind"] else set()
            self.seen |= {(number, name) for name in names}
            self.out |= {number} if any(product["values"].get(name) != self.facts[name] for name in names) else set()

    def take_for_seen(self, number: int) -> None:
        """Note that a product has no more to show: what was not in sight does not differ."""
        self.seen |= {(number, name) for name in self.facts}

    @property
    def left(self) -> list[int]:
        """Products that are not ruled out."""
        return [number for number in self.products if number not in self.out]

    def known(self, number: int) -> bool:
        """Whether everything about a product has been in sight."""
        return number in self.named and all((number, name) in self.seen for name in self.facts)

    @property
    def decided(self) -> bool:
        """Whether nothing else can be found out."""
        return len(self.left) < 2 or all(map(self.known, self.left))


def _told(value: str | None, name: str) -> bool:
    """Whether a product's name tells a value: its words, or its number."""
    if value is None or value in ("yes", "no"):
        return False
    wanted = value.split()[0] if value[0].isdigit() else value
    return re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\d.]|[a-z]{{3}})", name.lower()) is not None


def look_through(hands: Hands, case: Case) -> None:
    """Scroll through the products, then open each that is left until one stays."""
    while True:
        screen = hands.look()
        case.take_in(screen)
        if case.decided or not screen["more"] or all(card["number"] in case.named for card in screen["cards"]):
            break
        hands.scroll()
    for number in case.left:
        if case.decided:
            break
        if number in case.out or case.known(number):
            continue
        hands.press(*str(number), " ")
        screen = hands.look()
        case.take_in(screen)
        while not case.known(number) and number not in case.out and not _ended(screen, number):
            hands.scroll()
            screen = hands.look()
            case.take_in(screen)
        case.take_for_seen(number)
    answer(hands, case)


def answer(hands: Hands, case: Case) -> None:
    """Choose the first product that is left, or "cannot tell"."""
    hands.press(*((*str(case.left[0]), Keys.ENTER) if case.left else "0"))


def _ended(screen: Mapping[str, Any], number: int) -> bool:
    return not screen["more"] or any(card["end"] for card in screen["cards"] if card["number"] == number)


def filter_first(hands: Hands, case: Case) -> None:
    """Type what the review says into the filter until one product stays; then look through the others."""
    case.take_in(hands.look())
    before = ""
    for value in case.facts.values():
        if case.decided:
            break
        if value in ("yes", "no"):
            continue
        hands.looks += 1  # to decide what to type
        hands.press("f", *f"{before}{_typed(value)}")
        screen = hands.look()
        if screen["cards"]:
            before = " "
            hands.press(Keys.ENTER)
            case.out |= case.products.keys() - {card["number"] for card in screen["cards"]}
            case.take_in(screen)
        else:
            before = ""
            hands.press(Keys.ESCAPE)
    if case.decided:
        answer(hands, case)
    else:
        look_through(hands, case)


def _typed(value: str) -> str:
    """What a person types to find a value: a long number alone, a word, or a number with its unit."""
    first, *rest = value.split()
    return first if not first[0].isdigit() or len(first) > 2 or not rest else f"{first} {rest[0]}"


def cases_of(snapshot: Path, review_ids: Sequence[str]) -> Iterator[Case]:
    """The reviews with the demo's truth."""
    products = {row["sku"]: row for row in pl.read_parquet(snapshot / "dataset" / "products.parquet").to_dicts()}
    reviews = {row["review_id"]: row for row in pl.read_parquet(snapshot / "dataset" / "test.parquet").to_dicts()}
    lines = (snapshot / "truth" / "reviews.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {row["review_id"]: row for row in map(json.loads, lines)}
    for review_id in review_ids:
        shown = reviews[review_id]["candidates"]
        gold = shown.index(reviews[review_id]["sku"]) + 1
        numbered = {number: _product(products[sku]) for number, sku in enumerate(shown, 1)}
        photographed = any(photo["kind"] == "photo" and not photo["fault"] for photo in truth[review_id]["photos"])
        names = dict.fromkeys([*truth[review_id]["attributes_said"], *(["Color"] if photographed else [])])
        values = numbered[gold]["values"]
        yield Case(numbered, gold, {name: values[name] for name in names if name in values})


def _product(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {part["name"]: part["value"].lower() for part in row["attributes"]}
    return {"name": row["name"], "kind": row["categories"][-1], "values": values}


def measure(browser: webdriver.Chrome, sheet: Path, cases: Mapping[str, Case], way: Any) -> list[dict[str, Any]]:
    """The actions of each review."""
    browser.get(sheet.resolve().as_uri())
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    browser.execute_script("document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")
    ids = _ids(browser)
    rows = []
    for review_id, case in cases.items():
        here = int(browser.find_element(By.CSS_SELECTOR, "#review .place").text.split()[1]) - 1
        there = ids.index(review_id)
        arrows = (Keys.ARROW_RIGHT if there > here else Keys.ARROW_LEFT) * abs(there - here)
        ActionChains(browser).send_keys(arrows).perform()
        hands = Hands(browser)
        way(hands, case)
        found = case.left[:1] == [case.gold]
        counts = {name: getattr(hands, name) for name in ("looks", "keys", "pointings", "seconds")}
        rows.append({"review_id": review_id, "right": found} | counts)
    answered = int(browser.find_element(By.ID, "progress-text").text.split()[0])
    assert answered == len(cases), f"{answered} of {len(cases)} answers arrived"
    return rows


def _ids(browser: webdriver.Chrome) -> list[str]:
    return list(json.loads(browser.execute_script("return document.getElementById('sheet').textContent"))["ids"])


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A Chromium whose clock can be put forward."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in FLAGS.split():
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _CLOCK})
        yield browser
    finally:
        browser.quit()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each sheet in each way, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path, help="a demo's snapshot")
    parser.add_argument("sheets", type=Path, nargs="+", help="HTML sheets of the snapshot, also of other versions")
    parser.add_argument("--reviews", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the actions of each review here")
    given = parser.parse_args(arguments)
    results: dict[str, Any] = {}
    with chromium() as browser:
        on_all: list[str] = []
        for sheet in given.sheets:
            browser.get(sheet.resolve().as_uri())
            ids = _ids(browser)
            on_all = [each for each in ids if each in on_all] if results else ids
            results[str(sheet)] = {"filter": bool(browser.find_elements(By.ID, "filter"))}
        review_ids = on_all[: given.reviews]
        for sheet in given.sheets:
            ways = [look_through, filter_first] if results[str(sheet)].pop("filter") else [look_through]
            for way in ways:
                cases = dict(zip(review_ids, cases_of(given.snapshot, review_ids), strict=True))
                rows = measure(browser, sheet, cases, way)
                results[str(sheet)][way.__name__] = rows
                print(_line(f"{sheet}, {way.__name__.replace('_', ' ')}", rows))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _line(what: str, rows: Sequence[Mapping[str, Any]]) -> str:
    middle = {name: median(row[name] for row in rows) for name in ("looks", "keys", "pointings", "seconds")}
    return (
        f"{what}: medians of {len(rows)} reviews: {middle['looks']:g} looks, {middle['keys']:g} keys, "
        f"{middle['pointings']:g} pointings, {middle['seconds']:.1f} s by the model; "
        f"{sum(row['seconds'] for row in rows):.0f} s in all, {sum(row['right'] for row in rows)} right"
    )


if __name__ == "__main__":
    sys.exit(main())
