"""Label Studio: tasks and a labelling configuration.

The configuration shows texts as texts; the product's names and details are HTML with all texts escaped. Pictures are
`<Image>` tags, since Label Studio removes `data:` pictures from HTML.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ameli_build.annotation.assets import asset
from ameli_build.annotation.codes import sheet_code
from ameli_build.annotation.pictures import PHOTO_SIDE, data_uri, product_side
from ameli_build.annotation.tasks import CANNOT_TELL, CHOICES, QUESTIONS, Entity, Item, Task
from ameli_build.core.snapshot import write_bytes

_LABEL = "Product"
"""Label of the words that name the product, in the task `mentions`."""
_UNSURE = "Cannot tell"


def picture_files(folder: Path) -> Callable[[bytes], str]:
    """Writes pictures into the folder; returns the URL from Label Studio's local storage.

    The storage's document root is the folder above the one that holds `folder`.
    """

    def place(jpeg: bytes) -> str:
        path = folder / f"{hashlib.sha256(jpeg).hexdigest()[:32]}.jpg"
        if not path.exists():
            write_bytes(path, jpeg)
        return f"/data/local-files/?d={folder.parent.name}/{folder.name}/{path.name}"

    return place


def tasks_json(
    task: Task,
    annotator: str,
    review_ids: Sequence[str],
    megabytes: float = 120,
    place: Callable[[bytes], str] = data_uri,
) -> str:
    """The tasks of an annotator in Label Studio's import format.

    Args:
        task: The task.
        annotator: Name of the annotator.
        review_ids: The reviews, in order.
        megabytes: Approximate size of all product pictures; a picture counts for each review that shows it.
        place: Gives the URL of a JPEG.
    """
    items = [task.items[review_id] for review_id in review_ids]
    count = sum(len(task.entities[sku].images) for item in items for sku in item.shown)
    writer = _Writer(task, sheet_code(task.name, annotator, task.fingerprint), product_side(count, megabytes), place)
    return json.dumps([writer.task_of(item) for item in items], indent=1, ensure_ascii=True) + "\n"


def config_xml(task_name: str) -> str:
    """The labelling configuration of the tasks."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(asset("ameli_build.annotation", "labelstudio.xml.jinja"))
    return template.render(
        task=task_name,
        question=QUESTIONS[task_name],
        choices=CHOICES.get(task_name),
        cannot_tell=CANNOT_TELL,
        unsure=_UNSURE,
        label=_LABEL,
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes tasks; `side` is the longer side of product pictures in pixels."""

    task: Task
    code: str
    side: int
    place: Callable[[bytes], str]

    def task_of(self, item: Item) -> dict[str, Any]:
        data: dict[str, Any] = {
            "review_id": item.review_id,
            "sheet_code": self.code,
            "title": item.title,
            "review": item.text,
            "photos": self._urls(item.photos, PHOTO_SIDE),
            "products": [self._product(self.task.entities[sku], n) for n, sku in enumerate(item.shown, 1)],
        }
        if item.span is not None:
            data["mention"] = item.text[slice(*item.span)]
            return {"data": data, "predictions": [_marked(item.span, data["mention"])]}
        if self.task.name not in CHOICES:
            names = [self.task.entities[sku].name for sku in item.shown]
            options = [_option(str(n), Markup("<b>{}.</b> {}").format(n, name)) for n, name in enumerate(names, 1)]
            data["options"] = [*options, _option(CANNOT_TELL, Markup("<b>{}</b>").format(_UNSURE))]
        return {"data": data}

    def _product(self, entity: Entity, number: int) -> dict[str, Any]:
        rows = [Markup("<tr><th>{}</th><td>{}</td></tr>").format(name, value) for _, name, value in entity.attributes]
        shape = Markup(
            "<b>{}. {}</b><details><summary>Description and specifications</summary>"
            "<p>{}</p><table>{}</table></details>"
        )
        return {
            "details": str(shape.format(number, entity.name, entity.description, Markup("").join(rows))),
            "pictures": self._urls(entity.images, self.side),
        }

    def _urls(self, paths: Sequence[str], side: int) -> list[str]:
        pictures = (self.task.pictures.small(path, side) for path in paths)
        return [self.place(picture) for picture in pictures if picture is not None]


def _option(value: str, html: Markup) -> dict[str, str]:
    return {"value": value, "html": str(html)}


def _marked(span: tuple[int, int], words: str) -> dict[str, Any]:
    """A prediction that marks the mention in the text, so that the annotator sees it and can move it."""
    start, end = span
    value = {"start": start, "end": end, "text": words, "labels": [_LABEL]}
    return {
        "model_version": "mention",
        "result": [{"id": "mention", "from_name": "words", "to_name": "review", "type": "labels", "value": value}],
    }
