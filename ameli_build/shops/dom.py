"""What the elements of a product page tell, whatever its generation (section 3.1)."""

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
"""Several times as many as a heavy page has. A page ends by a count and not by the clock: whether it can be read must
not depend on the machine that reads it, and a limit of seconds would hold for no thread of a crawl."""
_NOT_TEXT = frozenset({"button", "svg"})
_NOT_TEXT_CLASSES = frozenset({"tooltip", "tooltip-text", "definition", "sr-only", "visually-hidden"})
_FUNCTION = re.compile(r":[a-z-]+\([^)]*\)")
_MARKED = ("class", "id", "data-testid", "aria-label")
_WALKED = etree.XPath(
    f"//*[{' or '.join(f'@{name}' for name in _MARKED)} or self::h1 or self::h4 or *[contains(@class, 'basis-none')"
    " or contains(@class, 'ugc-c-review-average')]]"
)
_HEADINGS = ("h1", "h4")
_OPENING = re.compile("<[A-Za-z]")
_BESIDE = re.compile("basis-none|ugc-c-review-average")
_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})


@dataclass(slots=True)
class _Part:
    """An element of concern with its source, in lower case; `made` is its tree once a selector is tried in it."""

    source: str
    element: etree._Element
    made: Tag | None = None


class Page:
    """A page's elements, without its scripts, behind CSS selectors.

    Of a page only the parts of concern become a tree, where `concern` is given: the outermost elements in whose class,
    id, test id or label it finds a word, and headings. lxml walks over the rest ten times as fast as a tree is made. A
    selector must begin at such an element; where it looks beside one, its word stands in `_BESIDE` too.

    A selector whose names do not even stand in a part's source is not tried there: most are for other generations, and
    each costs a walk through the part, which becomes a tree only when one is tried.
    """

    def __init__(self, html: str, concern: re.Pattern[str] | None = None) -> None:
        source = without_scripts(html)
        if sum(1 for _ in islice(_OPENING.finditer(source), MAX_ELEMENTS + 1)) > MAX_ELEMENTS:
            raise WrongPage(f"more than {MAX_ELEMENTS:,} elements, as no page has them")
        self._tree = BeautifulSoup("" if concern else source, "lxml")
        if concern is None:
            _check_depth(self._tree)
            self._parts = [_Part(source.lower(), None, self._tree)]
        else:
            self._parts = [_Part(_source(element), element) for element in _outermost(source, concern)]
            if _BESIDE.search(source):  # some are sought from others, so all must stand in their order
                for part in self._parts:
                    self._made(part)

    def select(self, *selectors: str) -> list[Tag]:
        """The elements that any of the selectors finds, in the order of the page."""
        found: list[Tag] = []
        for part in self._parts:
            tried = [one for one in selectors if all(name in part.source for name in _names(one))]
            found += self._made(part).select(", ".join(tried)) if tried else ()
        return found

    def headed(self, selectors: Sequence[str], is_heading: Callable[[Tag], bool]) -> Iterator[tuple[Tag, Tag | None]]:
        """Each element that any of the selectors finds with the last heading before it, all in one walk."""
        wanted = {id(node) for node in self.select(*selectors)}
        heading: Tag | None = None
        for part in self._parts if wanted else ():
            for node in self._made(part).descendants:
                if isinstance(node, Tag):
                    if id(node) in wanted:
                        yield node, heading
                    if is_heading(node):
                        heading = node

    def _made(self, part: _Part) -> Tag:
        """The tree of a part, in a wrapper, since a selector finds only what is inside of something."""
        if part.made is None:
            wrapper = self._tree.handle_starttag("body", None, None, {})
            assert wrapper is not None
            _add(self._tree, part.element)
            self._tree.handle_endtag("body")
            self._tree.endData()
            _check_depth(wrapper)
            part.made = wrapper
        return part.made


def _check_depth(tree: Tag) -> None:
    """Raise `WrongPage` for elements nested as no page has them: selectors look at all that stands above an element."""
    depths = {id(tree): 0}
    for node in tree.descendants:
        if isinstance(node, Tag):
            depths[id(node)] = depth = depths[id(node.parent)] + 1
            if depth > MAX_DEPTH:
                raise WrongPage(f"elements more than {MAX_DEPTH:,} deep, as no page has them")


def _outermost(source: str, concern: re.Pattern[str]) -> Iterator[etree._Element]:
    """The elements of concern, in order, none inside of another."""
    parser = etree.HTMLParser(recover=True)
    parser.feed(source)
    root = parser.close()
    beside = _BESIDE.search(source) is not None
    taken: set[etree._Element] = set()
    for element in [] if root is None else _WALKED(root):
        if (
            element.tag in _HEADINGS
            or any(_concerns(concern, value) for name in _MARKED if (value := element.get(name)))
            or (beside and any(_BESIDE.search(child.get("class") or "") for child in element))
        ) and taken.isdisjoint(element.iterancestors()):
            taken.add(element)
            yield element


@lru_cache(maxsize=1 << 14)
def _concerns(concern: re.Pattern[str], value: str) -> bool:
    """Whether an attribute's value holds a word of concern; the pages of one shop repeat most of their values."""
    return concern.search(value) is not None


def _source(element: etree._Element) -> str:
    return str(etree.tostring(element, encoding="unicode", with_tail=False)).lower()


def _add(tree: BeautifulSoup, element: etree._Element) -> None:
    """An element and all below it, as if beautifulsoup4's own parser came by it."""
    if isinstance(element.tag, str):  # and is no comment
        tree.handle_starttag(element.tag, None, None, dict(element.attrib))
        tree.handle_data(element.text or "")
        for child in element:
            _add(tree, child)
            tree.handle_data(child.tail or "")
        tree.handle_endtag(element.tag)


@cache
def _names(selector: str) -> tuple[str, ...]:
    """The longer words that must stand in a page for a selector to find anything."""
    return tuple(re.findall(r"[a-z][\w-]{3,}", _FUNCTION.sub("", selector).lower()))


def text_of(node: PageElement | None) -> str:
    """The text that a reader sees in an element, without buttons and tooltips where there is other text."""
    if not isinstance(node, Tag):
        return ""
    return folded("".join(_strings(node))) or folded("".join(_strings(node, whole=True)))


def _strings(node: Tag, whole: bool = False) -> Iterator[str]:
    """The strings below an element, with a space round each block."""
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
    """The first element of a class below another; a selector would take ten times as long, which counts for rows."""
    below = (one for one in node.descendants if isinstance(one, Tag))
    return next((one for one in below if name in (one.get("class") or ())), None)


def first_text(page: Page, selectors: Iterable[str]) -> str:
    """The text of the first element that one of the selectors, tried in order, finds with any text."""
    return next((text for selector in selectors for node in page.select(selector) if (text := text_of(node))), "")


def values_of(nodes: Iterable[Tag], *names: str) -> list[str]:
    """The first filled one of the attributes `names` of each element that has one."""
    found = (next((str(node[name]) for name in names if node.get(name)), "") for node in nodes)
    return [value for value in found if value]
