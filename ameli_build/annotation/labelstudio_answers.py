"""Label Studio's exports: answers from JSON, JSON-MIN, CSV and TSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MARK = "annotation_id"
"""The column that every row of Label Studio has, and no other table of answers."""


def rows_of_export(tasks: Sequence[Any]) -> list[dict[str, Any]]:
    """Rows of an export in JSON, as JSON-MIN has them, without cancelled annotations; other objects as they are."""
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
            rows += [task["data"] | _row(annotation) for annotation in valid] or [dict(task["data"])]
    return rows


def _row(annotation: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an annotation by the name of the control, and who gave them when."""
    found: dict[str, Any] = {}
    results = annotation.get("result")
    for result in results if isinstance(results, list) else ():
        if isinstance(result, dict) and isinstance(result.get("value"), dict):
            found.setdefault(str(result.get("from_name")), []).append(result["value"])
    return found | {
        MARK: annotation.get("id"),
        "annotator": annotation.get("completed_by"),
        "updated_at": annotation.get("updated_at"),
        "lead_time": annotation.get("lead_time"),
    }


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of an export with plain texts.

    The words of `mentions` are marked before the annotator sees them; unless the annotator moves the mark, there are
    no other words.
    """
    texts = {name: _text(row.get(name)) for name in ("choice", "comment", "words")}
    if texts["words"] == row.get("mention"):
        texts["words"] = ""
    return {**row, **texts}


def person(row: Mapping[str, Any], sheet: str) -> str:
    """The name of the person who gave an answer, after the annotator of the sheet.

    Most exports have a number instead of an address. Every Label Studio counts its users from one, so the number alone
    names several people.
    """
    user = row.get("annotator")
    user = user.get("email") or user.get("id") if isinstance(user, dict) else user
    name = "" if user is None or isinstance(user, list | dict) else str(user).strip()
    return f"{sheet} {'user ' if name.isdigit() else ''}{name}".strip()


def _text(value: Any) -> str:
    """The text of a control: a text, or choices, regions and text areas (in CSV as JSON), joined by semicolons."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    texts: list[Any] = []
    for part in value if isinstance(value, list) else [value]:
        text = part.get("text") or part.get("choices") if isinstance(part, dict) else part
        texts += text if isinstance(text, list) else [text]
    return "; ".join(str(text) for text in texts if isinstance(text, str | int | float))
