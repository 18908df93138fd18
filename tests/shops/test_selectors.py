"""Every selector of a product page finds the same elements in the pruned tree as in the whole page."""

from __future__ import annotations

import re

import pytest

from ameli_build.shops.bestbuy import apollo, generation_a, generation_b
from ameli_build.shops.dom import Page, text_of

SELECTORS = (*generation_a.SELECTORS, *generation_b.SELECTORS, *apollo.SELECTORS)
NOISE = "<div class='ad'><a href='/x'>buy</a><span>now</span><img src='a.jpg'><ul><li>one</li></ul></div>"
FRAMES = {
    "bare": "{}",
    "deep": "<main id='m'><section><div><div>{}</div></div></section></main>",
    "siblings": "<div><p>before</p>{}<p>after</p></div>",
    "twice": "<div>{0}</div><div>{0}</div>",
    "inside of a link": "<div class='x'><b>{}</b></div>",
}
_STEP = re.compile(r"\s*([>+~])\s*|\s+")
_PART = re.compile(r"""^(\w*)|[.]([\w-]+)|[#]([\w-]+)|\[([\w-]+)(?:[~^$*|]?=['"]?(.*?)['"]?(?: i)?)?\]""")


def made(selector: str) -> str:
    """HTML in which a selector finds one element with text."""
    plain = re.sub(r":[a-z-]+\([^)]*\)", "", selector)
    quoted: list[str] = []
    plain = re.sub(r"\[.*?\]", lambda match: quoted.append(match[0]) or f"\0{len(quoted) - 1}\0", plain)  # type: ignore[func-returns-value]
    steps = [re.sub("\0(\\d+)\0", lambda match: quoted[int(match[1])], step) for step in _STEP.split(plain) if step]
    html = f"<i>text of {len(selector)}</i>"
    is_sibling = False
    for step in reversed(steps):
        if step in (">", "+", "~"):
            is_sibling = step != ">"
            continue
        names = {"tag": "div", "class": ""}
        for tag, class_name, identifier, attribute, value in _PART.findall(step):
            names["tag"] = tag or names["tag"]
            names["class"] += f" {class_name}" if class_name else ""
            names |= {"id": identifier} if identifier else {}
            names |= {attribute: value or "here"} if attribute else {}
        tag = names.pop("tag")
        opening = f"<{tag} " + " ".join(f'{name}="{value.strip()}"' for name, value in names.items() if value) + ">"
        html = f"{opening}</{tag}>{html}" if is_sibling else f"{opening}{html}</{tag}>"
        is_sibling = False
    return html


def found(page: Page, selector: str) -> list[tuple[str, str]]:
    return [(str(node), text_of(node)) for node in page.select(selector)]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("selector", [*SELECTORS, "div.never-seen > b", "[data-own='a word'] em", "aside", "#own ~ u"])
def test_a_selector_finds_the_same_elements_in_the_pruned_tree(selector: str, frame: str) -> None:
    html = f"<html><body>{NOISE}{FRAMES[frame].format(made(selector))}{NOISE}</body></html>"
    expected = found(Page(html), selector)
    assert expected
    assert found(Page(html, tuple(dict.fromkeys((*SELECTORS, selector)))), selector) == expected
    assert found(Page(html, (selector,)), selector) == expected


def test_the_pruned_tree_has_no_other_elements() -> None:
    page = Page(f"<html><body>{NOISE * 100}<h1>Lamp</h1></body></html>", ("h1",))
    assert [node.name for node in page._tree.find_all(True)] == ["html", "body", "h1"]


@pytest.mark.parametrize("selector", ["div.new", "h2", ".sku-title h1 b"])
def test_a_selector_unknown_to_the_page_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="unknown to the page"):
        Page("<html><body><h1>Lamp</h1></body></html>", generation_a.SELECTORS).select(selector)


def test_the_pruned_tree_has_the_parents_of_an_element() -> None:
    html = "<main class='open-box'><div><section><h1>Lamp</h1></section></div></main>"
    (heading,) = Page(html, ("h1",)).select("h1")
    assert [node.name for node in heading.parents][:3] == ["section", "div", "main"]
    assert heading.find_parent(class_="open-box") is not None
