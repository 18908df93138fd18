"""Data in the scripts of a page: JSON, JavaScript literals, JSON-LD."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from ameli_build.shops.markup import Script
from ameli_build.wording.cleaning import clean_text

_WRAPPING = re.compile(r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?)\s*")
_TOKEN = re.compile(
    r"""
    (?P<double>"[^"\\]*+(?:\\.[^"\\]*+)*+\\?+(?:"|\Z))
    | (?P<single>'[^'\\]*+(?:\\.[^'\\]*+)*+\\?+(?:'|\Z))
    | (?<![\w$])(?P<key>[A-Za-z_$][\w$]*+)(?=\s*+:)
    | (?P<nothing>-?\b(?:undefined|NaN|Infinity)\b|\bvoid\s+0\b)
    | (?P<yes>!0) | (?P<no>!1)
    | (?P<comma>,)(?=\s*+[}\]])
    """,
    re.S | re.X,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}|\r?\n|.)", re.S)
_JSON_ESCAPES = frozenset('"\\/bfnrtu')
_DIGITS = 300
_DECODER = json.JSONDecoder(
    strict=False,
    parse_constant=lambda _: None,
    parse_int=lambda digits: int(digits) if len(digits) <= _DIGITS else math.inf,  # Python raises above 4,300 digits
)
_BEYOND = 4


def json_in(text: str) -> Any:
    """JSON in a script; None if it cannot be read.

    Tolerates a comment or CDATA mark before it, text after it, `undefined` and NaN.

    >>> json_in('<!-- {"a": undefined, "b": NaN,}; -->')
    {'a': None, 'b': None}
    """
    try:
        return _DECODER.decode(text)
    except ValueError:
        return javascript_in(_WRAPPING.sub("", text))
    except RecursionError:
        return None


def javascript_in(text: str, start: int = 0) -> Any:
    r"""The JavaScript literal (object, array, string ...) at `start`; None if it cannot be read.

    Accepts more than JSON: `undefined`, `NaN`, `!0`, bare keys, single quotes, trailing commas.

    >>> javascript_in("push({a: undefined, 'b': [!0, 1,], \"c\": 'it\\'s'})", 5)
    {'a': None, 'b': [True, 1], 'c': "it's"}
    """
    return _literal(text[start:].lstrip())


def arguments(text: str, call: re.Pattern[str]) -> Iterator[Any]:
    """The literals after the matches of `call`, in order; None for an unreadable literal.

    A literal is expected to end before the next match. Its strings may contain a match, so a few literals of a script
    are also read beyond it.
    """
    starts = [match.end() for match in call.finditer(text)]
    beyond = _BEYOND
    for start, following in pairwise([*starts, len(text)]):
        value = _literal(text[start:following].lstrip())
        if value is None and following < len(text) and beyond:
            beyond -= 1
            value = javascript_in(text, start)
        yield value


def _literal(text: str) -> Any:
    for written in (_nulled, partial(_TOKEN.sub, _as_json)):
        try:
            return _DECODER.raw_decode(written(text))[0]
        except ValueError:
            continue
        except RecursionError:
            return None
    return None


def _nulled(text: str) -> str:
    """JSON with null for each `undefined` outside of strings. Enough for most scripts, and fast."""
    pieces = text.split("undefined")
    inside, parts = False, pieces[:1]
    for before, after in pairwise(pieces):
        quotes = before.count('"') - before.replace("\\\\", "").count('\\"')
        inside ^= bool(quotes % 2)
        parts += ["undefined" if inside else "null", after]
    return "".join(parts)


def _as_json(match: re.Match[str]) -> str:
    token = match[0]
    if match.lastgroup in ("double", "single") and (len(token) == 1 or token[-1] != token[0]):
        return token  # an unclosed string
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
    if body[0] in "\r\n":  # a line continuation
        return ""
    return match[0] if body in _JSON_ESCAPES else body


def json_ld(scripts: Sequence[Script]) -> dict[str, Any]:
    """The page's JSON-LD description of a product, {} if there is none. The script `product-schema` comes first."""
    for script in sorted(scripts, key=lambda script: script.id != "product-schema"):
        if script.kind == "application/ld+json":
            found = _of_type(json_in(script.content), "Product")
            if found is not None:
                return found
    return {}


def json_ld_breadcrumb(scripts: Sequence[Script]) -> tuple[str, ...]:
    """The names in the page's JSON-LD breadcrumb, root first."""
    for script in scripts:
        if script.kind == "application/ld+json" and "BreadcrumbList" in script.content:
            found = _of_type(json_in(script.content), "BreadcrumbList") or {}
            items = [item for item in as_list(found.get("itemListElement")) if isinstance(item, dict)]
            names = (item.get("name") or as_dict(item.get("item")).get("name") for item in items)
            return tuple(clean_text(name) for name in names if isinstance(name, str))
    return ()


def _of_type(value: Any, name: str) -> dict[str, Any] | None:
    """The first object of a JSON-LD type: directly, in a list or a graph, or as the main entity of a page in these."""
    candidates = [value, *as_list(value), *as_list(as_dict(value).get("@graph"))]
    candidates += [as_dict(item).get("mainEntity") for item in candidates]
    objects = (item for item in candidates if isinstance(item, dict))
    return next((item for item in objects if name in map(_bare, _types(item))), None)


def _bare(name: Any) -> str:
    """A type without the URL of its vocabulary."""
    return as_text(name).rpartition("/")[2].rpartition(":")[2]


def _types(value: dict[str, Any]) -> list[Any]:
    kind = value.get("@type")
    return kind if isinstance(kind, list) else [kind]


def as_dict(value: Any) -> dict[str, Any]:
    """`value` if it is an object, else {}."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """`value` if it is a list, else []."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A string as it is, a number in digits, "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value) if value not in (math.inf, -math.inf) else ""


def plain(value: Any) -> str:
    """`as_text` without markup."""
    return clean_text(as_text(value))
