"""What the elements of a product page tell, whatever its generation (section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement

from ameli_build.catalog.parsed import folded
from ameli_build.catalog.scripts import without_scripts

_NOT_TEXT = "button, svg, [role=tooltip], .tooltip, .tooltip-text, .definition, .sr-only, .visually-hidden"
_FUNCTION = re.compile(r":[a-z-]+\([^)]*\)")
_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})


class Page:
    """A page's elements, without its scripts, behind CSS selectors.

    A selector whose names do not even stand in the source is not tried: most are for other generations, and each costs
    a walk through the whole tree.
    """

    def __init__(self, html: str) -> None:
        source = without_scripts(html)
        self._source = source.lower()
        self._tree = BeautifulSoup(source, "lxml")

    def select(self, *selectors: str) -> list[Tag]:
        """The elements that any of the selectors finds, in the order of the page."""
        tried = [one for one in selectors if all(name in self._source for name in _names(one))]
        return list(self._tree.select(", ".join(tried))) if tried else []


@cache
def _names(selector: str) -> tuple[str, ...]:
    """The longer words that must stand in a page for a selector to find anything."""
    return tuple(re.findall(r"[a-z][\w-]{3,}", _FUNCTION.sub("", selector).lower()))


def text_of(node: PageElement | None) -> str:
    """The text that a reader sees in an element, without buttons and tooltips where there is other text."""
    if not isinstance(node, Tag):
        return ""
    hidden = {id(inner) for inner in node.select(_NOT_TEXT)}
    return folded("".join(_strings(node, hidden))) or folded("".join(_strings(node, set())))


def _strings(node: Tag, hidden: set[int]) -> Iterator[str]:
    """The strings below an element, with a space round each block."""
    for child in node.children:
        if isinstance(child, Tag):
            space = "" if child.name in _INLINE else " "
            if id(child) not in hidden:
                yield from (space, *_strings(child, hidden), space)
        elif type(child) is NavigableString:  # comments are a subclass
            yield child


def first_text(page: Page, selectors: Iterable[str]) -> str:
    """The text of the first element that one of the selectors, tried in order, finds with any text."""
    return next((text for selector in selectors for node in page.select(selector) if (text := text_of(node))), "")


def values_of(nodes: Iterable[Tag], *names: str) -> list[str]:
    """The first filled one of the attributes `names` of each element that has one."""
    found = (next((str(node[name]) for name in names if node.get(name)), "") for node in nodes)
    return [value for value in found if value]
