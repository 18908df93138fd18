"""The scripts, title and visible part of a page, found in time linear in its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TAG = re.I | re.A
_SCRIPT = re.compile(r"<(script)\b", _TAG)
_UNSEEN = re.compile(r"<(?:(script|style|noscript|template)\b|!--)", _TAG)
_TITLE = re.compile(r"<(title)\b", _TAG)
_PRE = re.compile(r"<(pre)\b", _TAG)
_ENDS = {
    name: re.compile(rf"</{name}\s*>", _TAG) for name in ("script", "style", "noscript", "template", "title", "pre")
}
_ID = re.compile(r"""(?<![\w-])id\s*=\s*["']?([^"'\s>]+)""", re.I)
_TYPE = re.compile(r"""(?<![\w-])type\s*=\s*["']?([^"'\s>;]+)""", re.I)


@dataclass(frozen=True, slots=True)
class Script:
    """A script element; `id` and `kind` (its type in lower case) are "" if missing."""

    id: str
    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class _Span:
    """The offsets of an element or comment; its content is between `inside` and `outside`."""

    start: int
    attributes: int
    inside: int
    outside: int
    end: int


def scripts(html: str) -> list[Script]:
    """The scripts of a page in order, including scripts in comments."""
    found = []
    for span in _spans(html, _SCRIPT):
        attributes = html[span.attributes : span.inside - 1]
        name, kind = _ID.search(attributes), _TYPE.search(attributes)
        content = html[span.inside : span.outside]
        found.append(Script(name[1] if name else "", kind[1].lower() if kind else "", content))
    return found


def without_scripts(html: str) -> str:
    """The page without scripts, styles, templates and comments."""
    parts, position = [], 0
    for span in _spans(html, _UNSEEN):
        parts.append(html[position : span.start])
        position = span.end
    return "".join((*parts, html[position:]))


def title_of(html: str) -> str | None:
    """The content of the first title element; None if there is none."""
    return _first(html, _TITLE)


def preformatted(html: str) -> str | None:
    """The content of the first `pre` element, in which browsers show responses without HTML; None if there is none."""
    return _first(html, _PRE)


def _first(html: str, opening: re.Pattern[str]) -> str | None:
    return next((html[span.inside : span.outside] for span in _spans(html, opening)), None)


def _spans(html: str, opening: re.Pattern[str]) -> Iterator[_Span]:
    """The closed elements (or comments) that begin with `opening`, without nested elements.

    An unclosed element does not count. The end tag of each name is searched at most once in vain; otherwise a page of
    opening tags would take quadratic time.
    """
    unclosed: set[str] = set()
    position = 0
    while (match := opening.search(html, position)) is not None:
        name = (match[1] or "").lower()
        position = match.end()
        if name in unclosed:
            continue
        span = _element(html, match, name) if name else _comment(html, match)
        if span is None:
            unclosed.add(name)
        else:
            yield span
            position = span.end


def _element(html: str, match: re.Match[str], name: str) -> _Span | None:
    inside = html.find(">", match.end()) + 1
    end = _ENDS[name].search(html, inside) if inside else None
    return _Span(match.start(), match.end(), inside, end.start(), end.end()) if end else None


def _comment(html: str, match: re.Match[str]) -> _Span | None:
    outside = html.find("-->", match.end())
    return _Span(match.start(), match.end(), match.end(), outside, outside + 3) if outside >= 0 else None
