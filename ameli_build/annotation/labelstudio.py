"""Label Studio: writes tasks and a labelling configuration, reads exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from ameli_build.annotation.codes import sheet_code
from ameli_build.annotation.pictures import THUMBNAIL_SIDE, data_uri
from ameli_build.annotation.tasks import CANNOT_TELL, CHOICES, MENTIONS, QUESTIONS, Entity, Item, Task

_PHOTO_SIDE = 640


def tasks_json(task: Task, annotator: str, review_ids: Sequence[str]) -> str:
    """The tasks of an annotator in Label Studio's import format, with inlined pictures."""
    code = sheet_code(task.name, annotator, task.fingerprint)
    tasks = [{"data": _task_data(task, task.items[review_id], code)} for review_id in review_ids]
    return json.dumps(tasks, indent=1, ensure_ascii=True) + "\n"


def config_xml(task_name: str) -> str:
    """The labelling configuration of the tasks."""
    if task_name in CHOICES:
        names = (*CHOICES[task_name], CANNOT_TELL)
        inner = "".join(f'\n    <Choice value="{name}"/>' for name in names)
        choices = f'<Choices name="choice" toName="review" choice="single-radio" required="true">{inner}\n  </Choices>'
    else:
        choices = '<Choices name="choice" toName="review" value="$options" choice="single-radio" required="true"/>'
    words = (
        '\n  <TextArea name="words" toName="review" placeholder="The right words"/>' if task_name == MENTIONS else ""
    )
    return f"""<View>
  <Header value="{QUESTIONS[task_name]}"/>
  <HyperText name="review" value="$review" inline="true"/>
  <Image name="photos" valueList="$photos"/>
  <HyperText name="products" value="$products" inline="true"/>
  {choices}{words}
  <TextArea name="comment" toName="review" placeholder="Comment (optional)"/>
</View>
"""


def rows_of_export(tasks: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of an export (JSON or JSON-MIN) or of any list of objects, without cancelled annotations."""
    rows: list[dict[str, Any]] = []
    for task in tasks:
        if not isinstance(task, dict):
            rows.append({})
        elif not isinstance(task.get("data"), dict):
            rows.append(task)
        else:
            done = task.get("annotations") or task.get("completions") or []
            done = done if isinstance(done, list) else []
            valid = [entry for entry in done if isinstance(entry, dict) and not entry.get("was_cancelled")]
            rows += [task["data"] | _results(annotation) for annotation in valid] or [dict(task["data"])]
    return rows


def _results(annotation: dict[str, Any]) -> dict[str, Any]:
    """The values of an annotation by the name of the control."""
    found: dict[str, Any] = {}
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        if isinstance(result, dict) and isinstance(result.get("value"), dict):
            value = result["value"].get("choices") or result["value"].get("text")
            found[str(result.get("from_name"))] = (
                " ".join(part for part in value if isinstance(part, str)) if isinstance(value, list) else value
            )
    return found


def _task_data(task: Task, item: Item, code: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "review_id": item.review_id,
        "sheet_code": code,
        "review": _review_html(item),
        "photos": _uris(task, item.photos, _PHOTO_SIDE),
        "products": str(
            Markup("").join(_product_html(task, task.entities[sku], n) for n, sku in enumerate(item.shown, 1))
        ),
    }
    if task.name not in CHOICES:
        data["options"] = [{"value": choice} for choice in task.choices(item)]
    return data


def _review_html(item: Item) -> str:
    text: str = escape(item.text)
    if item.span:
        start, end = item.span
        text = Markup("{}<mark>{}</mark>{}").format(item.text[:start], item.text[start:end], item.text[end:])
    return str(Markup("<h3>{}</h3><p>{}</p>").format(item.title, text))


def _product_html(task: Task, entity: Entity, number: int) -> str:
    """A product as a block that opens at a click; all texts are escaped."""
    thumbnails = Markup("").join(
        Markup('<img src="{}" alt="">').format(uri) for uri in _uris(task, entity.images, THUMBNAIL_SIDE)
    )
    rows = Markup("").join(
        Markup("<tr><th>{}</th><td>{}</td></tr>").format(name, value) for _, name, value in entity.attributes
    )
    shape = Markup("<details><summary><b>{}.</b> {}</summary>{}<p>{}</p><table>{}</table></details>")
    return shape.format(number, entity.name, thumbnails, entity.description, rows)


def _uris(task: Task, paths: Sequence[str], side: int) -> list[str]:
    pictures = (task.pictures.small(path, side) for path in paths)
    return [data_uri(picture) for picture in pictures if picture is not None]
