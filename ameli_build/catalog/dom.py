"""What the elements of a product page tell, whatever its generation (section 3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement

from ameli_build.catalog.parsed import folded
from ameli_build.catalog.scripts import without_scripts

_NOT_TEXT = "button, svg, [role=tooltip], .tooltip, .tooltip-text, .definition, .sr-only, .visually-hidden"
_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})


def tree_of(html: str) -> BeautifulSoup:
    """The page's elements, without its scripts."""
    return BeautifulSoup(without_scripts(html), "lxml")


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


def first_text(tree: Tag, selectors: Iterable[str]) -> str:
    """The text of the first element that one of the selectors, tried in order, finds with any text."""
    for selector in selectors:
        for node in tree.select(selector):
            if text := text_of(node):
                return text
    return ""


def attributes_of(tree: Tag, selector: str, names: Iterable[str]) -> list[str]:
    """The first filled one of the attributes `names` of each element that the selector finds."""
    found = (next((str(node[name]) for name in names if node.get(name)), "") for node in tree.select(selector))
    return [value for value in found if value]
