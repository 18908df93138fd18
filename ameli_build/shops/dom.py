"""Elements of a page behind CSS selectors (section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PageElement
from lxml import etree

from ameli_build.shops.base import WrongPage
from ameli_build.shops.markup import without_scripts
from ameli_build.wording.cleaning import folded

MAX_DEPTH = 400
MAX_ELEMENTS = 30_000
"""Several times as many as on a large page. The limit is a count, not a time, so that the same pages are read on every
machine."""
_NOT_TEXT = frozenset({"button", "svg"})
_NOT_TEXT_CLASSES = frozenset({"tooltip", "tooltip-text", "definition", "sr-only", "visually-hidden"})
_FUNCTION = re.compile(r":[a-z-]+\([^)]*\)")
_NAME = re.compile(
    r"""[.#](?P<name>[\w-]+) | \[(?P<attribute>[\w-]+)[~^$*|]?=(?P<quote>['"]?)(?P<value>.*?)(?P=quote)(?:\si)?\]""",
    re.X,
)
_SIBLING = re.compile(r"[+~](?!=)")
_OPENING = re.compile("<[A-Za-z]")
_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})


@dataclass(frozen=True, slots=True)
class _Anchors:
    """The elements at which some selectors start.

    An element is an anchor if its name is in `tags`, or if a value of `attributes` contains one of `words`. If the
    value contains one of `beside`, its parent is the anchor, because the selector looks at its siblings.
    """

    words: tuple[str, ...]
    beside: tuple[str, ...]
    attributes: tuple[str, ...]
    tags: frozenset[str]
    walk: etree.XPath


class Page:
    """A page's elements, without its scripts, behind CSS selectors.

    With `selectors`, the tree has only the elements that these can find, with their ancestors and descendants: lxml
    skips the others ten times as fast as Beautiful Soup builds them. `select` then refuses other selectors. Code that
    looks around an element (its next sibling, a heading before it) must name a selector for these elements too.

    A selector whose names do not occur in the tree is skipped: most selectors are for other generations, and each costs
    a walk through the tree.

    Raises:
        WrongPage: The page has too many elements, or too deep a tree.
    """

    def __init__(self, html: str, selectors: tuple[str, ...] | None = None) -> None:
        source = without_scripts(html)
        if sum(1 for _ in islice(_OPENING.finditer(source), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
            raise WrongPage(f"more than {MAX_ELEMENTS:,} elements, too many for a page")
        self._tree = BeautifulSoup(source, "lxml") if selectors is None else _pruned(source, _anchors(selectors))
        _check_depth(self._tree)
        self._known = None if selectors is None else frozenset(selectors)
        self._source = source.lower() if selectors is None else _names_in(self._tree)

    def select(self, *selectors: str) -> list[Tag]:
        """The elements that any of the selectors finds, in the order of the page."""
        if self._known is not None and not self._known.issuperset(selectors):
            raise ValueError(f"selectors unknown to the page: {set(selectors) - self._known}")
        tried = [selector for selector in selectors if all(name in self._source for name in _names(selector))]
        return list(self._tree.select(", ".join(tried))) if tried else []

    def headed(self, selectors: Sequence[str], is_heading: Callable[[Tag], bool]) -> Iterator[tuple[Tag, Tag | None]]:
        """Each element that any of the selectors finds, with the last heading before it."""
        wanted = {id(node) for node in self.select(*selectors)}
        heading: Tag | None = None
        for node in self._tree.descendants if wanted else ():
            if isinstance(node, Tag):
                if id(node) in wanted:
                    yield node, heading
                if is_heading(node):
                    heading = node


def _check_depth(tree: Tag) -> None:
    """Raise `WrongPage` for elements nested too deep: selectors look at all ancestors of an element."""
    depths = {id(tree): 0}
    for node in tree.descendants:
        if isinstance(node, Tag):
            depths[id(node)] = depth = depths[id(node.parent)] + 1
            if depth > MAX_DEPTH:
                raise WrongPage(f"elements more than {MAX_DEPTH:,} deep, too deep for a page")


@cache
def _anchors(selectors: tuple[str, ...]) -> _Anchors:
    """The anchors of selectors: the first class, id or attribute in each, else its first tag.

    A selector finds only elements below its anchor or, with `+` or `~`, beside it.
    """
    words: dict[bool, set[str]] = {False: set(), True: set()}
    attributes, tags = {"class", "id"}, set()
    for selector in selectors:
        plain = _FUNCTION.sub("", selector)
        if (match := _NAME.search(plain)) is not None:
            words[_SIBLING.search(plain) is not None].add((match["name"] or match["value"]).lower())
            attributes.add(match["attribute"] or "class")
        else:
            tags.add(re.split(r"[^\w-]", plain.strip())[0])
    tests = [*(f"@{name}" for name in sorted(attributes)), *(f"self::{tag}" for tag in sorted(tags))]
    return _Anchors(
        tuple(sorted(words[False] | words[True])),
        tuple(sorted(words[True])),
        tuple(sorted(attributes)),
        frozenset(tags),
        etree.XPath(f"//*[{' or '.join(tests)}]"),
    )


def _names_in(tree: BeautifulSoup) -> str:
    """Names and attributes of all elements of a tree, in lower case."""
    return " ".join(f"{node.name} {node.attrs}" for node in tree.descendants if isinstance(node, Tag)).lower()


def _pruned(source: str, anchors: _Anchors) -> BeautifulSoup:
    """The tree of the anchors of a page, with their ancestors and descendants."""
    parser = etree.HTMLParser(recover=True)
    parser.feed(source)
    root = parser.close()
    whole: set[etree._Element] = set()
    spine: set[etree._Element] = set()
    for element in [] if root is None else anchors.walk(root):
        if element.tag not in anchors.tags:
            values = [value for name in anchors.attributes if (value := element.get(name))]
            if not any(_finds(anchors.words, value) for value in values):
                continue
            if any(_finds(anchors.beside, value) for value in values) and element.getparent() is not None:
                element = element.getparent()
        whole.add(element)
        for above in element.iterancestors():
            if above in spine:
                break
            spine.add(above)
    tree = BeautifulSoup("", "lxml")
    if root is not None and (root in spine or root in whole):
        _add(tree, root, whole, spine)
        tree.endData()
    return tree


@lru_cache(maxsize=1 << 14)
def _finds(words: tuple[str, ...], value: str) -> bool:
    """Whether an attribute's value contains a word; cached, since pages of a shop repeat most values."""
    value = value.lower()
    return any(word in value for word in words)


def _add(tree: BeautifulSoup, element: etree._Element, whole: set[etree._Element], spine: set[etree._Element]) -> None:
    """Add an element as Beautiful Soup's own parser does, with all descendants or only with needed ones."""
    if element in whole:
        _add_whole(tree, element)
        return
    tree.handle_starttag(element.tag, None, None, dict(element.attrib))
    for child in element:
        if child in whole or child in spine:
            _add(tree, child, whole, spine)
    tree.handle_endtag(element.tag)


def _add_whole(tree: BeautifulSoup, element: etree._Element) -> None:
    """Add an element with all descendants."""
    if isinstance(element.tag, str):  # not a comment
        tree.handle_starttag(element.tag, None, None, dict(element.attrib))
        if element.text:  # Beautiful Soup turns an empty text into a space
            tree.handle_data(element.text)
        for child in element:
            _add_whole(tree, child)
            if child.tail:
                tree.handle_data(child.tail)
        tree.handle_endtag(element.tag)


@cache
def _names(selector: str) -> tuple[str, ...]:
    """The words, of four letters or more, that a page must contain for a selector to find anything."""
    return tuple(re.findall(r"[a-z][\w-]{3,}", _FUNCTION.sub("", selector).lower()))


def text_of(node: PageElement | None) -> str:
    """The visible text of an element, without buttons and tooltips if there is other text."""
    if not isinstance(node, Tag):
        return ""
    return folded("".join(_strings(node))) or folded("".join(_strings(node, whole=True)))


def _strings(node: Tag, whole: bool = False) -> Iterator[str]:
    """The strings below an element, with spaces around each block."""
    for child in node.children:
        if isinstance(child, Tag):
            space = "" if child.name in _INLINE else " "
            if whole or not _is_aside(child):
                yield from (space, *_strings(child, whole), space)
        elif type(child) is NavigableString:  # comments are a subclass
            yield child


def _is_aside(node: Tag) -> bool:
    return (
        node.name in _NOT_TEXT
        or node.get("role") == "tooltip"
        or not _NOT_TEXT_CLASSES.isdisjoint(node.get("class") or ())
    )


def first_with_class(node: Tag, name: str) -> Tag | None:
    """The first descendant with a class, ten times as fast as a selector, since pages have many rows."""
    below = (tag for tag in node.descendants if isinstance(tag, Tag))
    return next((tag for tag in below if name in (tag.get("class") or ())), None)


def first_text(page: Page, selectors: Iterable[str]) -> str:
    """The text of the first element with text that the selectors, tried in order, find."""
    return next((text for selector in selectors for node in page.select(selector) if (text := text_of(node))), "")


def values_of(nodes: Iterable[Tag], *names: str) -> list[str]:
    """For each element, the first of the attributes `names` that is not empty; elements without one are skipped."""
    found = (next((str(node[name]) for name in names if node.get(name)), "") for node in nodes)
    return [value for value in found if value]
