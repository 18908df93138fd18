"""Builds pages of the three generations of the shop from given data."""

from __future__ import annotations

import json
from html import escape
from typing import Any


def script_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def page(*parts: str, title: str = "A product") -> bytes:
    head = f'<title>{title}</title><script src="/assets/captcha.js"></script>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(parts)}</body></html>".encode()


def crumbs(names: list[str]) -> str:
    links = "".join(f'<li><a href="/site/{n}">{escape(name)}</a></li>' for n, name in enumerate(names))
    return f'<nav class="shop-breadcrumb"><ol>{links}</ol></nav>'


def heading(name: str, brand: str = "", model: str = "", sku: str = "") -> str:
    rows = "".join(
        f'<div class="{kind} product-data"><span>{kind}:</span><span class="product-data-value">{value}</span></div>'
        for kind, value in (("model", model), ("sku", sku))
        if value
    )
    brand = f'<a href="/brand">{escape(brand)}</a>' if brand else ""
    return f'<div class="shop-product-title">{brand}<div class="sku-title"><h1>{escape(name)}</h1></div>{rows}</div>'


def component(prefix: str, value: Any, number: int = 12345678) -> str:
    return f'<script type="application/json" id="{prefix}-{number}-json">{script_json(value)}</script>'


def initialized(component_id: str, value: Any) -> str:
    contract = json.dumps({"creatorNamespace": "shop", "componentId": component_id, "contractVersion": "v1"})
    text = script_json(json.dumps(value))
    call = f'initializer.initializeComponent({contract}, "shop-{component_id}-1", {text}, "en-US")'
    return f"<script>getInitializer().then(initializer => {call});</script>"


def specifications(groups: list[dict[str, Any]]) -> dict[str, Any]:
    return {"specifications": {"categories": groups}}


def push(value: Any) -> str:
    text = script_json(value).replace('"UNDEFINED"', "undefined")
    return f'<script>(window[Symbol.for("ApolloSSRDataTransport")] ??= []).push({text})</script>'


def streamed(product: dict[str, Any]) -> str:
    event = {"type": "next", "value": {"data": {"productBySkuId": product}, "extensions": "UNDEFINED"}}
    return push({"rehydrate": {}, "events": [{"type": "started", "options": "UNDEFINED"}, event]})


def rehydrated(**products: dict[str, Any]) -> str:
    entries = {f":{key}": {"data": {"product": product}, "error": "UNDEFINED"} for key, product in products.items()}
    return push({"rehydrate": entries, "events": []})


def clicked_sheet(groups: list[tuple[str, list[tuple[str, str]]]], css: str = "shop-specifications") -> str:
    sections = ""
    for group, rows in groups:
        items = "".join(
            f'<li class="list-item"><div class="row-title">{escape(name)}<button>i</button></div>'
            f'<div class="row-value">{escape(value)}</div><div class="c-tooltip">What it is.</div></li>'
            for name, value in rows
        )
        title = f'<div class="section-title-container">{escape(group)}</div>'
        sections += f'<div class="category-wrapper row">{title}<ul class="specifications-list">{items}</ul></div>'
    last = '<div class="category-wrapper row">As the maker states.</div>'
    return (
        f'<div class="{css}"><button>Specifications</button><div class="spec-categories">{sections}{last}</div></div>'
    )
