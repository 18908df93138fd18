"""Padding of a shop's page: menus, styles, scripts and the state of other components, made from a seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

_TEXT = (
    "account add analytics banner brand bundle button cache card cart category checkout click color component config"
    " content context cookie credit data deal delivery details device error event experience feature fetch filter"
    " footer global handler header helper image index init item label layout link list load locale location member"
    " menu message metric modal module name navigation notice offer option order page panel payload pickup placement"
    " price product profile promo query rating recommend region render request response result review route schedule"
    " scroll search section service session shop sku slot source state status store style tab target template theme"
    " timer title token toggle track type update user value variant version view widget window zone"
)
_WORDS = _TEXT.split()
_SECTIONS = ("header", "carousel", "sponsored", "financing", "fulfillment", "recommendations", "footer", "telemetry")


@dataclass(frozen=True, slots=True)
class Padding:
    """Pieces of the source of a page: `head` precedes `</head>`, `top` follows `<body>`, `tail` precedes `</body>`."""

    head: str
    top: str
    tail: str


def make_padding(seed: int, generation: str, size: int) -> Padding:
    """Make about `size` characters: a tenth styles, a seventh markup, the rest scripts.

    A third of the scripts is data in the form of the generation: JSON scripts of other components, or pushes of Apollo
    without the product. The scripts are valid, and do nothing.
    """
    random_ = random.Random(f"{seed}/{generation}")
    data = _pushes if generation == "C" else _json_scripts
    scripts = size - size // 10 - size // 7
    return Padding(
        head=f"<style>{_styles(random_, size // 10)}</style>\n{_code(random_, scripts // 3)}",
        top=_menu(random_, size // 10),
        tail=_footer(random_, size // 7 - size // 10) + data(random_, scripts // 3) + _code(random_, scripts // 3),
    )


def _name(random_: random.Random, parts: int = 2) -> str:
    first, *rest = (random_.choice(_WORDS) for _ in range(parts))
    return first + "".join(word.title() for word in rest)


def _hash(random_: random.Random) -> str:
    return f"{random_.getrandbits(48):012x}"


def _styles(random_: random.Random, size: int) -> str:
    rules: list[str] = []
    while sum(map(len, rules)) < size:
        lines = [
            f".{_name(random_)}-{_hash(random_)[:6]}{{margin:{random_.randrange(40)}px;color:#{_hash(random_)[:6]};"
            f"padding:{random_.randrange(30)}px {random_.randrange(30)}px;flex:{random_.randrange(9)} 0 auto}}"
            for _ in range(50)
        ]
        rules.append("\n".join(lines))
    return "".join(rules)[:size].rpartition("}")[0] + "}"


def _code(random_: random.Random, size: int) -> str:
    """Minified functions without a caller, in a few script elements."""
    pieces: list[str] = []
    length = 0
    while length < size:
        body = "".join(_function(random_) for _ in range(120))
        pieces.append(f"<script>!function(){{{body}}}();</script>\n")
        length += len(pieces[-1])
    return "".join(pieces)


def _function(random_: random.Random) -> str:
    a, b, c = (_name(random_) for _ in range(3))
    return (
        f'function {a}{random_.randrange(999)}(e,t){{var n=e.{b}||"{_name(random_, 3)}-{_hash(random_)}";'
        f'if(t&&t.{c}<{random_.randrange(9999)})return{{{a}:n,"{b}":[{random_.randrange(99)},!0,null],{c}:"<b>"+n}};'
        f"return t.{b}(n,{random_.random():.6f})}}"
    )


def _state(random_: random.Random, size: int) -> list[dict[str, object]]:
    """State objects of a component, with about `size` characters of JSON."""
    rows: list[dict[str, object]] = []
    length = 0
    while length < size:
        row: dict[str, object] = {
            "id": _hash(random_),
            _name(random_): random_.random() < 0.5,
            _name(random_): {"x": random_.randrange(5000), "url": f"/site/{_name(random_)}/{_hash(random_)}.c?id=x"},
            _name(random_): [" ".join(random_.choices(_WORDS, k=9)), None, random_.randrange(100)],
            "tracking": {_name(random_): _hash(random_) + _hash(random_), "experience": _name(random_, 3)},
        }
        rows.append(row)
        length += len(json.dumps(row))
    return rows


def _json_scripts(random_: random.Random, size: int) -> str:
    parts = (
        f'<script type="application/json" id="shop-{section}-{random_.randrange(10**7, 10**8)}-json">'
        f"{json.dumps({'app': {section: _state(random_, size // len(_SECTIONS))}})}</script>\n"
        for section in _SECTIONS
    )
    return "".join(parts)


def _pushes(random_: random.Random, size: int) -> str:
    parts = []
    for section in _SECTIONS:
        data = {section: {"__typename": section.title(), "items": _state(random_, size // len(_SECTIONS))}}
        entry = {"data": data, "networkStatus": 7, "loading": False, "error": None}
        text = json.dumps({"rehydrate": {f":{section}:": entry}, "events": []}).replace(" null", " undefined")
        parts.append(f'<script>(window[Symbol.for("ApolloSSRDataTransport")] ??= []).push({text})</script>\n')
    return "".join(parts)


def _menu(random_: random.Random, size: int) -> str:
    links: list[str] = []
    while sum(map(len, links)) < size:
        title = " ".join(random_.choices(_WORDS, k=2)).title()
        links.append(
            f'<li class="flyout-item {_name(random_)}"><a class="menu-link" href="/site/{_name(random_)}/'
            f'{_hash(random_)}.c?id={_hash(random_)}" data-lid="ubr_{_name(random_)}">{title}</a></li>\n'
        )
    return f'<nav class="flyout" hidden><ul>{"".join(links)}</ul></nav>\n'


def _footer(random_: random.Random, size: int) -> str:
    paths: list[str] = []
    while sum(map(len, paths)) < size:
        points = " ".join(f"{random_.uniform(0, 24):.3f} {random_.uniform(0, 24):.3f}" for _ in range(24))
        paths.append(
            f'<div class="footer-cell {_name(random_)}"><svg class="icon" viewBox="0 0 24 24" aria-hidden="true">'
            f'<path d="M{points}z"></path></svg><span>{_name(random_, 3)}</span></div>\n'
        )
    return f'<div class="footer-disclaimer">{"".join(paths)}</div>\n'
