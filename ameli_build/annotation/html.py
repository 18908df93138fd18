"""The HTML sheet: a self-contained page that needs no network and holds each picture once.

It does not reveal the gold product: products are numbered by name, and the page has no SKU.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from ameli_build.annotation.assets import asset, source_hash, tokens
from ameli_build.annotation.pictures import PHOTO_SIDE, Album, photo_side, product_side
from ameli_build.annotation.tasks import CHOICES, QUESTIONS, Entity, Item, Task
from ameli_build.core.settings import Settings

ANSWERS_FORMAT = "ameli-answers/1"
_SCRIPTS = (
    "state.js",
    "save.js",
    "clock.js",
    "words.js",
    "differences.js",
    "view.js",
    "products.js",
    "compare.js",
    "zoom.js",
    "done.js",
    "keys.js",
    "main.js",
)


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a sheet. `pictures` are the paths of its pictures, by number."""

    html: str
    pictures: Sequence[str]


def sheet_pages(
    task: Task, sheet: str, annotator: str, review_ids: Sequence[str], settings: Settings, megabytes: float
) -> dict[str, Page]:
    """The page of a sheet by its name, or the pages of its parts ("sheet-01-1", ...) if it is larger than `megabytes`.

    Parts are halves of halves; product pictures have the same size as on the whole sheet, and photographs their
    smallest size. A review is never split.
    """
    sides = _sides(task, review_ids, settings)[0], PHOTO_SIDE

    def parts(ids: Sequence[str]) -> list[Sequence[str]]:
        page = sheet_page(task, f"{sheet}-000", annotator, ids, settings, sides)
        if len(ids) < 2 or len(page.html.encode()) <= megabytes * 1e6:
            return [ids]
        half = (len(ids) + 1) // 2
        return [*parts(ids[:half]), *parts(ids[half:])]

    split = parts(review_ids)
    names = [sheet] if len(split) == 1 else [f"{sheet}-{number}" for number in range(1, len(split) + 1)]
    return {
        name: sheet_page(task, name, annotator, ids, settings, sides) for name, ids in zip(names, split, strict=True)
    }


def sheet_page(
    task: Task,
    sheet: str,
    annotator: str,
    review_ids: Sequence[str],
    settings: Settings,
    sides: tuple[int, int] | None = None,
    *,
    full: bool = False,
) -> Page:
    """The page of an annotator's reviews, in their order.

    Args:
        task: The task.
        sheet: Name of the sheet.
        annotator: Name of the annotator.
        review_ids: The reviews.
        settings: Settings of the run.
        sides: Longer sides of product pictures and of photographs, in pixels. By default as large as
            `sheets.megabytes` permits.
        full: The page finds its pictures in full size beside it, as `pictures/NUMBER.jpg`, and shows them when the
            annotator zooms. Its own photographs are small.
    """
    items = [task.items[review_id] for review_id in review_ids]
    shown = sorted({sku for item in items for sku in item.shown}, key=lambda sku: (task.entities[sku].name, sku))
    product_side, photo_side = sides or _sides(task, review_ids, settings)
    products, _ = _paths(task, review_ids)
    album = Album(task.pictures, products, product_side, PHOTO_SIDE if full else photo_side)
    numbers = {sku: number for number, sku in enumerate(shown)}
    choices = CHOICES.get(task.name)
    meta = {
        "format": ANSWERS_FORMAT,
        "task": task.name,
        "sheet": sheet,
        "annotator": annotator,
        "fingerprint": task.fingerprint,
        "perPage": settings.sheets.reviews_per_page,
        "choices": choices,
        "full": full,
        "ids": list(review_ids),
    }
    style, script = Markup(tokens() + _asset("sheet.css")), Markup(_script())
    html = _template().render(
        sheet=sheet,
        task=task.name,
        question=QUESTIONS[task.name],
        count=len(items),
        most=max((len(item.shown) for item in items), default=1),
        labels=choices,
        full=full,
        style=style,
        style_hash=source_hash(style),
        script=script,
        script_hash=source_hash(script),
        meta=_data(meta),
        reviews=[_data(_review(item, numbers, album)) for item in items],
        products=[_data(_product(task.entities[sku], album)) for sku in shown],
        pictures=album.pictures,
    )
    return Page(html, album.paths)


def _paths(task: Task, review_ids: Sequence[str]) -> tuple[set[str], set[str]]:
    """The pictures of all products beside the reviews, and the reviews' photographs."""
    items = [task.items[review_id] for review_id in review_ids]
    products = {path for item in items for sku in item.shown for path in task.entities[sku].images}
    return products, {path for item in items for path in item.photos} - products


def _sides(task: Task, review_ids: Sequence[str], settings: Settings) -> tuple[int, int]:
    """Longer sides of product pictures and of photographs."""
    products, photographs = map(len, _paths(task, review_ids))
    megabytes = settings.sheets.megabytes
    return product_side(products, megabytes), photo_side(photographs, products, megabytes)


def _review(item: Item, numbers: dict[str, int], album: Album) -> dict[str, Any]:
    start, end = item.span or (len(item.text), len(item.text))
    return {
        "title": item.title,
        "text": [item.text[:start], item.text[start:end], item.text[end:]],
        "photos": album.numbers_of(item.photos),
        "shown": [numbers[sku] for sku in item.shown],
    }


def _product(entity: Entity, album: Album) -> dict[str, Any]:
    return {
        "name": entity.name,
        "categories": entity.categories,
        "description": entity.description,
        "attributes": entity.attributes,
        "images": album.numbers_of(entity.images),
    }


def _data(value: Any) -> Markup:
    """JSON for a script element, escaped so that no text of a review can end the element."""
    text = json.dumps(value, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _script() -> str:
    return '(() => {\n"use strict";\n' + "\n".join(map(_asset, _SCRIPTS)) + "})();\n"


def _asset(name: str) -> str:
    return asset("ameli_build.annotation", name)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(_asset("sheet.html.jinja"))
