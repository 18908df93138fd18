"""Actions and seconds that reviews take on HTML sheets: a scripted annotator in Chromium, a Keystroke-Level Model.

    python benchmarks/answering.py SNAPSHOT SHEET [SHEET ...]

The snapshot comes from a demo; its truth lists the attributes that each review mentions. The annotator knows these
attributes and the colour of a photograph, and sees only the visible part of a window of 1440x900 pixels. It answers
when a single product remains, or when it has seen every fact about the remaining products. It works in two ways, the
second on sheets with a filter: look through the products from the top and open the remaining products; or filter by
the attributes first.

The seconds follow the model of Card, Moran and Newell: 0.28 for a key, a click or a turn of the wheel, 1.1 to point,
0.4 to move a hand between keyboard and mouse, 1.35 to look at a screen or to choose the text to type. The seconds
compare sheets. They are not the seconds of a person: they exclude reading the review and thinking about it.
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
    """A browser, and counts of the actions in it."""

    browser: webdriver.Chrome
    keys: int = 0
    pointings: int = 0
    moves: int = 0
    looks: int = 0
    at_mouse: bool = False

    @property
    def seconds(self) -> float:
        """Seconds of the actions, by the model."""
        return KEY * self.keys + POINT * self.pointings + HAND * self.moves + LOOK * self.looks

    def press(self, *keys: str) -> None:
        """Press keys, after a pause: a sheet reads digits in quick succession as a single number."""
        self.moves += self.at_mouse
        self.at_mouse = False
        self.keys += len(keys)
        self.browser.execute_script("window.later += 5000")
        ActionChains(self.browser).send_keys(*keys).perform()

    def scroll(self) -> None:
        """Turn the wheel over the products by 80 % of the height of the pane."""
        if not self.at_mouse:
            self.moves, self.pointings, self.at_mouse = self.moves + 1, self.pointings + 1, True
        self.keys += 1
        self.browser.execute_script("""
            const pane = document.getElementById("products");
            pane.scrollBy(0, 0.8 * pane.clientHeight);
        """)

    def look(self) -> dict[str, Any]:
        """Return the visible products."""
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise AssertionError("the annotator does not come to an end")
        screen: dict[str, Any] = self.browser.execute_script(_SCREEN)
        return screen


@dataclass
class Case:
    """A review: its products and their values by number, and the values that its text and photographs reveal."""

    products: Mapping[int, Mapping[str, Any]]
    gold: int
    facts: Mapping[str, str]
    seen: set[tuple[int, str]] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    excluded: set[int] = field(default_factory=set)

    def record(self, screen: Mapping[str, Any]) -> None:
        """Record the visible names and facts, and exclude the products that contradict the review."""
        for card in screen["cards"]:
            number, product = card["number"], self.products[card["number"]]
            assert card["name"] == product["name"], "the sheet is of another snapshot"
            names = set(card["facts"]) & self.facts.keys()
            if card["named"]:
                self.named.add(number)
                names |= {name for name in self.facts if _is_stated(product["values"].get(name), product["name"])}
                self.excluded |= {number} if product["kind"] != self.products[self.gold]["kind"] else set()
            self.seen |= {(number, name) for name in names}
            self.excluded |= (
                {number} if any(product["values"].get(name) != self.facts[name] for name in names) else set()
            )

    def mark_as_seen(self, number: int) -> None:
        """Mark all facts of a product as seen: facts that the sheet does not show do not differ."""
        self.seen |= {(number, name) for name in self.facts}

    @property
    def remaining(self) -> list[int]:
        """The products that are not excluded."""
        return [number for number in self.products if number not in self.excluded]

    def known(self, number: int) -> bool:
        """Whether the annotator has seen the name and all facts of a product."""
        return number in self.named and all((number, name) in self.seen for name in self.facts)

    @property
    def decided(self) -> bool:
        """Whether no further look can change the answer."""
        return len(self.remaining) < 2 or all(map(self.known, self.remaining))


def _is_stated(value: str | None, name: str) -> bool:
    """Whether the name of a product states a value: the words of the value, or its number."""
    if value is None or value in ("yes", "no"):
        return False
    wanted = value.split()[0] if value[0].isdigit() else value
    return re.search(rf"(?<![\w.]){re.escape(wanted)}(?![\d.]|[a-z]{{3}})", name.lower()) is not None


def look_through(hands: Hands, case: Case) -> None:
    """Scroll through the products, then open the remaining products until a single product remains."""
    while True:
        screen = hands.look()
        case.record(screen)
        if case.decided or not screen["more"] or all(card["number"] in case.named for card in screen["cards"]):
            break
        hands.scroll()
    for number in case.remaining:
        if case.decided:
            break
        if number in case.excluded or case.known(number):
            continue
        hands.press(*str(number), " ")
        screen = hands.look()
        case.record(screen)
        while not case.known(number) and number not in case.excluded and not _ended(screen, number):
            hands.scroll()
            screen = hands.look()
            case.record(screen)
        case.mark_as_seen(number)
    answer(hands, case)


def answer(hands: Hands, case: Case) -> None:
    """Choose the first remaining product, or "cannot tell" if no product remains."""
    hands.press(*((*str(case.remaining[0]), Keys.ENTER) if case.remaining else "0"))


def _ended(screen: Mapping[str, Any], number: int) -> bool:
    return not screen["more"] or any(card["end"] for card in screen["cards"] if card["number"] == number)


def filter_first(hands: Hands, case: Case) -> None:
    """Filter by the values of the review until a single product remains; otherwise look through the products."""
    case.record(hands.look())
    before = ""
    for value in case.facts.values():
        if case.decided:
            break
        if value in ("yes", "no"):
            continue
        hands.looks += 1  # to choose the text to type
        hands.press("f", *f"{before}{_typed(value)}")
        screen = hands.look()
        if screen["cards"]:
            before = " "
            hands.press(Keys.ENTER)
            case.excluded |= case.products.keys() - {card["number"] for card in screen["cards"]}
            case.record(screen)
        else:
            before = ""
            hands.press(Keys.ESCAPE)
    if case.decided:
        answer(hands, case)
    else:
        look_through(hands, case)


def _typed(value: str) -> str:
    """The text that a person types to find a value: a long number, a word, or a number with its unit."""
    first, *rest = value.split()
    return first if not first[0].isdigit() or len(first) > 2 or not rest else f"{first} {rest[0]}"


def cases_of(snapshot: Path, review_ids: Sequence[str]) -> Iterator[Case]:
    """Yield a case for each review, from the truth of the demo."""
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
    """Answer the reviews on a sheet, and return the actions of each review."""
    browser.get(sheet.resolve().as_uri())
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    browser.execute_script("document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close())")
    ids = _ids(browser)
    rows = []
    for review_id, case in cases.items():
        current = int(browser.find_element(By.CSS_SELECTOR, "#review .place").text.split()[1]) - 1
        target = ids.index(review_id)
        arrows = (Keys.ARROW_RIGHT if target > current else Keys.ARROW_LEFT) * abs(target - current)
        ActionChains(browser).send_keys(arrows).perform()
        hands = Hands(browser)
        way(hands, case)
        right = case.remaining[:1] == [case.gold]
        counts = {name: getattr(hands, name) for name in ("looks", "keys", "pointings", "seconds")}
        rows.append({"review_id": review_id, "right": right} | counts)
    answered = int(browser.find_element(By.ID, "progress-text").text.split()[0])
    assert answered == len(cases), f"{answered} of {len(cases)} answers arrived"
    return rows


def _ids(browser: webdriver.Chrome) -> list[str]:
    return list(json.loads(browser.execute_script("return document.getElementById('sheet').textContent"))["ids"])


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A Chromium with a clock that a script can advance."""
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
    """Measure each sheet in each way, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", type=Path, help="snapshot of a demo")
    parser.add_argument("sheets", type=Path, nargs="+", help="HTML sheets of the snapshot, from any version")
    parser.add_argument("--reviews", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the actions of each review to this file")
    given = parser.parse_args(arguments)
    results: dict[str, Any] = {}
    with chromium() as browser:
        common: list[str] = []
        for sheet in given.sheets:
            browser.get(sheet.resolve().as_uri())
            ids = _ids(browser)
            common = [review_id for review_id in ids if review_id in common] if results else ids
            results[str(sheet)] = {"filter": bool(browser.find_elements(By.ID, "filter"))}
        review_ids = common[: given.reviews]
        for sheet in given.sheets:
            ways = [look_through, filter_first] if results[str(sheet)].pop("filter") else [look_through]
            for way in ways:
                cases = dict(zip(review_ids, cases_of(given.snapshot, review_ids), strict=True))
                rows = measure(browser, sheet, cases, way)
                results[str(sheet)][way.__name__] = rows
                print(_line(f"{sheet}, {way.__name__.replace('_', ' ')}", rows))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _line(label: str, rows: Sequence[Mapping[str, Any]]) -> str:
    middle = {name: median(row[name] for row in rows) for name in ("looks", "keys", "pointings", "seconds")}
    return (
        f"{label}: medians of {len(rows)} reviews: {middle['looks']:g} looks, {middle['keys']:g} keys, "
        f"{middle['pointings']:g} pointings, {middle['seconds']:.1f} s by the model; "
        f"{sum(row['seconds'] for row in rows):.0f} s in all, {sum(row['right'] for row in rows)} right"
    )


if __name__ == "__main__":
    sys.exit(main())
