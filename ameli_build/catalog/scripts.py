"""The scripts of a page: found by pattern, since a tree of the page is slow to make, and read as data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ameli_build.catalog.parsed import clean_text

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.S | re.I)
_DROPPED = re.compile(r"<(script|style|noscript|template)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.S | re.I)
_ID = re.compile(r"""(?<![\w-])id\s*=\s*["']?([^"'\s>]+)""", re.I)
_TYPE = re.compile(r"""(?<![\w-])type\s*=\s*["']?([^"'\s>;]+)""", re.I)
_WRAPPING = re.compile(r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?)\s*")
_TOKEN = re.compile(
    r"""
    (?P<double>"(?:[^"\\]|\\.)*")
    | (?P<single>'(?:[^'\\]|\\.)*')
    | (?P<key>[A-Za-z_$][\w$]*)(?=\s*:)
    | (?P<nothing>-?\b(?:undefined|NaN|Infinity)\b|\bvoid\s+0\b)
    | (?P<yes>!0) | (?P<no>!1)
    | (?P<comma>,)(?=\s*[}\]])
    """,
    re.S | re.X,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}|\r?\n|.)", re.S)
_JSON_ESCAPES = frozenset('"\\/bfnrtu')


def without_scripts(html: str) -> str:
    """The page without what no reader sees: scripts, styles, comments."""
    return _DROPPED.sub("", html)


def scripts(html: str) -> Iterator[tuple[str, str, str]]:
    """(id, type, content) of each script in the page, "" for an attribute that is absent."""
    for match in _SCRIPT.finditer(html):
        name, kind = _ID.search(match[1]), _TYPE.search(match[1])
        yield name[1] if name else "", kind[1].lower() if kind else "", match[2]


def json_in(text: str) -> Any:
    """JSON in a script; None for what cannot be read.

    What a browser's page forgives is forgiven: a comment or CDATA mark before it, text after it, `undefined`, NaN.

    >>> json_in('<!-- {"a": undefined, "b": NaN,}; -->')
    {'a': None, 'b': None}
    """
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except ValueError:
        return javascript_in(_WRAPPING.sub("", text))
    except RecursionError:
        return None


def javascript_in(text: str, start: int = 0) -> Any:
    """The JavaScript literal (object, array, string ...) that begins at `start`; None for what cannot be read.

    Takes what JSON does not know: `undefined`, `NaN`, `!0`, bare keys, single quotes, trailing commas.

    >>> javascript_in("push({a: undefined, 'b': [!0, 1,], \\"c\\": 'it\\\\'s'})", 5)
    {'a': None, 'b': [True, 1], 'c': "it's"}
    """
    try:
        return json.JSONDecoder(strict=False).raw_decode(_TOKEN.sub(_as_json, text[start:].lstrip()))[0]
    except (ValueError, RecursionError):
        return None


def _as_json(match: re.Match[str]) -> str:
    token = match[0]
    if match.lastgroup == "double":
        return _ESCAPE.sub(_escape, token) if "\\" in token else token
    if match.lastgroup == "single":
        inner = _ESCAPE.sub(_escape, token[1:-1])
        return '"' + re.sub(r'(?<!\\)((?:\\\\)*)"', r"\1\\" + '"', inner) + '"'
    words = {"key": f'"{token}"', "nothing": "null", "yes": "true", "no": "false", "comma": ""}
    return words[match.lastgroup or "nothing"]


def _escape(match: re.Match[str]) -> str:
    """A JavaScript escape as a JSON escape."""
    body = match[1]
    if body[0] == "x":
        return f"\\u00{body[1:]}"
    if body.startswith("u{"):
        return json.dumps(chr(min(int(body[2:-1], 16), 0x10FFFF)))[1:-1]
    if body[0] in "\r\n":  # a line that goes on
        return ""
    return match[0] if body in _JSON_ESCAPES else body


def json_ld(html: str) -> dict[str, Any]:
    """The page's JSON-LD description of a product, {} where there is none; the one named for it goes first."""
    for _, kind, content in sorted(scripts(html), key=lambda script: script[0] != "product-schema"):
        if kind == "application/ld+json":
            found = _of_type(json_in(content), "Product")
            if found is not None:
                return found
    return {}


def json_ld_breadcrumb(html: str) -> tuple[str, ...]:
    """The names in the page's JSON-LD breadcrumb, root first."""
    for _, kind, content in scripts(html):
        if kind == "application/ld+json" and "BreadcrumbList" in content:
            found = _of_type(json_in(content), "BreadcrumbList") or {}
            items = [item for item in as_list(found.get("itemListElement")) if isinstance(item, dict)]
            names = (item.get("name") or as_dict(item.get("item")).get("name") for item in items)
            return tuple(clean_text(name) for name in names if isinstance(name, str))
    return ()


def _of_type(value: Any, name: str) -> dict[str, Any] | None:
    """The first object of a JSON-LD type, directly, in a list or in a graph."""
    candidates = [value, *as_list(value), *as_list(as_dict(value).get("@graph"))]
    return next((one for one in candidates if isinstance(one, dict) and name in _types(one)), None)


def _types(value: dict[str, Any]) -> list[Any]:
    kind = value.get("@type")
    return kind if isinstance(kind, list) else [kind]


def as_dict(value: Any) -> dict[str, Any]:
    """`value` where it is an object, else {}."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """`value` where it is a list, else []."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """`value` where it is a string, a number's digits, else ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def plain(value: Any) -> str:
    """`as_text` without markup."""
    return clean_text(as_text(value))
