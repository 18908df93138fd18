"""Pages as large as real pages, padded with scripts, styles and templates without data of the product."""

from __future__ import annotations

import json
import random
from functools import cache
from itertools import pairwise


def weighty(html: str, size: int = 400_000) -> str:
    """A page padded to about `size` characters: in its head, before its contents, and at its end."""
    pieces = _padding(max(0, size - len(html)))
    third = len(pieces) // 3
    head, body = html.index("</head>"), html.index("<main" if "<main" in html else "</body>")
    end = html.rindex("</body>")
    parts = (html[:head], *pieces[:third], html[head:body], *pieces[third : 2 * third], html[body:end])
    return "".join((*parts, *pieces[2 * third :], html[end:]))


@cache
def _padding(size: int) -> list[str]:
    rng = random.Random(size)
    pieces: list[str] = []
    while sum(map(len, pieces)) < size:
        pieces.append(rng.choice((_code, _code, _state, _style, _template, _sponsored))(rng))
    rng.shuffle(pieces)
    return pieces


def _code(rng: random.Random) -> str:
    names = [f"{rng.choice('abcdefgh')}{rng.randrange(99)}" for _ in range(300)]
    lines = (
        f'function {a}({b}){{if({b}<9&&"{a}"!==\'{b}\')return {b}.map(c=>({{html:"<p class=\\"{b}\\">"}}));'
        f"var e=/[<>\"']{{1,9}}/g}}"
        for a, b in pairwise(names)
    )
    return f"<script>{''.join(lines)}</script>"


def _state(rng: random.Random) -> str:
    rows = [{"id": rng.randrange(10**9), "text": 'it\'s "fine" \\ & so on', "list": [1, None]} for _ in range(200)]
    text = json.dumps({"rows": rows}).replace("<", "\\u003c")
    return f'<script type="application/json" id="header-navigation-{rng.randrange(10**7)}-json">{text}</script>'


def _sponsored(rng: random.Random) -> str:
    sku = str(9_000_000 + rng.randrange(99_999))
    product = {"skuId": sku, "name": {"short": "Sponsored"}, "rows": [{"id": n, "text": 'a "b"'} for n in range(99)]}
    event = {"type": "next", "value": {"data": {"recommended": [product]}}}
    return (
        '<script>(window[Symbol.for("AdTransport")] ??= []).push('
        + json.dumps({"rehydrate": {}, "events": [event]})
        + ")</script>"
    )


def _style(rng: random.Random) -> str:
    rules = (f".c{rng.randrange(10**6):x}>a:hover{{color:#{rng.randrange(16**6):06x}}}" for _ in range(300))
    return f"<style>{''.join(rules)}</style>"


def _template(rng: random.Random) -> str:
    rows = (f'<div class="t{rng.randrange(99)} list-row"><p>loading<svg><path d="M0"/></svg></div>' for _ in range(99))
    return f"<template>{''.join(rows)}</template><!-- {'x' * 500} --><noscript><h1>No script</h1></noscript>"
