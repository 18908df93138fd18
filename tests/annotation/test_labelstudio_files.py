"""Label Studio's files without Label Studio: tasks, configuration, and its four formats of export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from made import HOSTILE, released_snapshot

from ameli_build.annotation.answers import Given, read_answers
from ameli_build.annotation.labelstudio import config_xml
from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.tasks import TASKS
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table

SETTINGS = load_settings("demo")


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Test reviews r4 (hostile text) and r5, gold p4 at position 4 of four."""
    return released_snapshot(tmp_path / "snapshot")


def tasks_of(snapshot: Snapshot, task: str, *settings: str) -> list[dict[str, Any]]:
    paths = export_sheets(snapshot, "labelstudio", 1, 0, task, load_settings("demo", settings))
    tasks: list[dict[str, Any]] = json.loads(paths[0].read_text(encoding="utf-8"))
    return tasks


def pictures(task: dict[str, Any]) -> list[str]:
    return [*task["data"]["photos"], *(url for product in task["data"]["products"] for url in product["pictures"])]


@pytest.mark.parametrize("task", TASKS)
def test_the_configuration_reads_the_fields_of_the_tasks(snapshot: Snapshot, task: str) -> None:
    tags = list(ElementTree.fromstring(config_xml(task)).iter())
    wanted = {name for tag in tags for value in tag.attrib.values() for name in value.split() if name.startswith("$")}
    first = tasks_of(snapshot, task)[0]["data"]
    for name in wanted:
        field, _, rest = name[1:].partition("[")
        assert field in first, name
        assert "]." not in rest or rest.split("].")[1].split("[")[0] in first[field][0]
    named = {tag.attrib["name"] for tag in tags if "name" in tag.attrib}
    assert {tag.attrib["toName"] for tag in tags if "toName" in tag.attrib} <= named
    assert {"choice", "comment"} <= named


@pytest.mark.parametrize("task", TASKS)
def test_cannot_tell_is_a_choice_of_every_task(snapshot: Snapshot, task: str) -> None:
    fixed = [tag.attrib for tag in ElementTree.fromstring(config_xml(task)).iter("Choice")]
    values = [choice.get("alias", choice["value"]) for choice in fixed]
    values += [option["value"] for option in tasks_of(snapshot, task)[0]["data"].get("options", ())]
    assert values[-1] == "?"
    assert len(values) == (5 if task == "clean-test" else 3)


def test_choices_name_the_candidates_and_hold_no_live_text(snapshot: Snapshot) -> None:
    path = snapshot.dataset / "products.parquet"
    write_table(path, pl.read_parquet(path).with_columns(name=pl.lit("<img src=x onerror=alert(1)> A & B")))
    data = tasks_of(snapshot, "clean-test")[0]["data"]
    names = [option["html"] for option in data["options"]]
    assert names[1] == "<b>2.</b> &lt;img src=x onerror=alert(1)&gt; A &amp; B"
    assert all("<img" not in product["details"] for product in data["products"])


@pytest.mark.parametrize("task", TASKS)
def test_a_text_of_a_review_is_shown_as_text(snapshot: Snapshot, task: str) -> None:
    texts = {exported["data"]["review_id"]: exported["data"]["review"] for exported in tasks_of(snapshot, task)}
    assert texts["r4"].endswith(HOSTILE)
    (tag,) = ElementTree.fromstring(config_xml(task)).iter("Text")
    assert tag.attrib["value"] == "$review"


@pytest.mark.parametrize("task", TASKS)
def test_pictures_are_outside_html(snapshot: Snapshot, task: str) -> None:
    for exported in tasks_of(snapshot, task):
        urls = pictures(exported)
        assert len(urls) == 1 + len(exported["data"]["products"])
        assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
        assert not any("data:" in product["details"] for product in exported["data"]["products"])


def test_pictures_can_be_files_of_the_local_storage(snapshot: Snapshot) -> None:
    tasks = tasks_of(snapshot, "clean-test", "sheets.labelstudio_files=true")
    root = snapshot.root / "sheets"
    for url in (url for task in tasks for url in pictures(task)):
        start, _, path = url.partition("?d=")
        assert start == "/data/local-files/"
        assert (root / path).read_bytes().startswith(b"\xff\xd8")
        assert (root / path).parent == root / "labelstudio" / "pictures"
    assert len(list((root / "labelstudio" / "pictures").iterdir())) == 6


@pytest.mark.parametrize("files", ["true", "false"])
def test_tasks_do_not_reveal_the_gold_product(snapshot: Snapshot, files: str) -> None:
    products, test = (snapshot.dataset / f"{name}.parquet" for name in ("products", "test"))
    write_table(products, pl.read_parquet(products).with_columns(sku="secret-" + pl.col("sku"), name=pl.lit("Laptop")))
    columns = {"sku": "secret-" + pl.col("sku"), "candidates": pl.col("candidates").list.eval("secret-" + pl.element())}
    write_table(test, pl.read_parquet(test).with_columns(**columns))
    setting = f"sheets.labelstudio_files={files}"
    before = tasks_of(snapshot, "clean-test", setting)
    assert "secret-" not in json.dumps(before)
    write_table(test, pl.read_parquet(test).with_columns(sku=pl.lit("secret-p1")))
    assert tasks_of(snapshot, "clean-test", setting) == before


@pytest.mark.parametrize("before", ["", "😀🎉 ", "e\u0301\n\n"])
def test_a_mention_is_marked_before_the_annotator_sees_it(snapshot: Snapshot, before: str) -> None:
    for name, add in (("clean/reviews", pl.col("title")), ("mentions/mentions", None)):
        table = snapshot.read(name)
        moved = (
            {"title": pl.lit(before) + add}
            if add is not None
            else {column: pl.col(column) + len(before) for column in ("mention_start", "mention_end")}
        )
        write_table(snapshot.table_path(name), table.with_columns(**moved))
    for task in tasks_of(snapshot, "mentions"):
        value = task["predictions"][0]["result"][0]["value"]
        assert task["data"]["review"][value["start"] : value["end"]] == value["text"] == "laptop"
        assert task["data"]["mention"] == "laptop"


USERS: list[tuple[Any, str]] = [
    (1, "annotator-01 user 1"),
    (2, "annotator-01 user 2"),
    ({"id": 3, "email": "ann@example.org"}, "annotator-01 ann@example.org"),
    ({"id": 4}, "annotator-01 user 4"),
    ("bo@example.org", "annotator-01 bo@example.org"),
    (None, "annotator-01"),
]


def annotated(tasks: list[dict[str, Any]], user: Any, choice: str = "4") -> list[dict[str, Any]]:
    """The tasks as Label Studio exports them in JSON, answered by a user."""
    values = {"choice": {"choices": [choice]}, "comment": {"text": ["clear"]}}
    done = {
        "id": 7,
        "completed_by": user,
        "lead_time": 12.5,
        "updated_at": "2026-11-29T16:00:00.000001Z",
        "result": [{"from_name": name, "to_name": "review", "value": value} for name, value in values.items()],
    }
    skipped = {"id": 8, "completed_by": user, "was_cancelled": True, "result": []}
    return [task | {"id": number, "annotations": [skipped, done]} for number, task in enumerate(tasks)]


def minimal(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An export in JSON-MIN, with its names and its shortened values, made from an export in JSON."""
    rows = []
    for task in tasks:
        done = next(annotation for annotation in task["annotations"] if not annotation.get("was_cancelled"))
        values = {field["from_name"]: field["value"] for field in done["result"]}
        user = done["completed_by"]
        rows.append(
            task["data"]
            | {name: (value.get("choices") or value.get("text"))[0] for name, value in values.items()}
            | {"annotator": user["email"] if isinstance(user, dict) and "email" in user else user}
            | {"annotation_id": done["id"], "updated_at": done["updated_at"], "lead_time": done["lead_time"]}
        )
    return rows


def write(path: Path, form: str, tasks: list[dict[str, Any]]) -> Path:
    """An export in one of Label Studio's formats."""
    rows = minimal(tasks)
    if form in ("json", "min.json"):
        path.write_text(json.dumps(tasks if form == "json" else rows), encoding="utf-8")
        return path
    with path.open("w", encoding="utf-8") as file:
        sign = "," if form == "csv" else "\t"
        writer = csv.DictWriter(file, sorted(rows[0]), quoting=csv.QUOTE_NONNUMERIC, delimiter=sign)
        writer.writeheader()
        cells = [
            {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in row.items()}
            for row in rows
        ]
        writer.writerows(cells)
    return path


@pytest.mark.parametrize(("user", "name"), USERS)
@pytest.mark.parametrize("form", ["json", "min.json", "csv", "tsv"])
def test_every_format_of_export_gives_the_same_answers(snapshot: Snapshot, form: str, user: Any, name: str) -> None:
    if form != "json" and isinstance(user, dict) and "email" not in user:
        pytest.skip("these formats have an address or a number")
    tasks = annotated(tasks_of(snapshot, "clean-test"), user)
    for task in tasks:
        task["data"]["review"] = "long " * 80_000  # the csv module's default stops at 131,072 characters
    rows = read_answers(write(snapshot.root.parent / f"project-1.{form}", form, tasks))
    assert [(row.annotator, row.review_id, row.choice, row.comment) for row in rows] == [
        (name, review, "4", "clear") for review in ("r4", "r5")
    ]
    assert {(row.seconds, row.answered_at) for row in rows} == {(12.5, "2026-11-29T16:00:00.000001Z")}
    assert all(row.fingerprint for row in rows)


@pytest.mark.parametrize("form", ["json", "min.json", "csv", "tsv"])
def test_two_people_in_one_project_lose_no_answer(snapshot: Snapshot, form: str) -> None:
    tasks = tasks_of(snapshot, "clean-test")
    both = [*annotated(tasks, 1, "4"), *annotated(tasks, 2, "3")]
    import_answers(snapshot, [write(snapshot.root.parent / f"both.{form}", form, both)], SETTINGS)
    stored = pl.read_parquet(snapshot.root / "sheets" / "answers.parquet").select("annotator", "position").rows()
    assert stored == [*[("annotator-01 user 1", 4)] * 2, *[("annotator-01 user 2", 3)] * 2]


def test_a_task_without_an_answer_is_blank(snapshot: Snapshot) -> None:
    tasks = tasks_of(snapshot, "clean-test")
    skipped = {"id": 8, "completed_by": 1, "was_cancelled": True, "result": []}
    path = snapshot.root.parent / "export.json"
    path.write_text(json.dumps([tasks[0] | {"annotations": [skipped]}, tasks[1] | {"annotations": []}]))
    assert [row.choice for row in read_answers(path)] == [None, None]


def region(start: int, end: int, text: str) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text, "labels": ["Product"]}


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([region(0, 6, "laptop")], ""),  # the mark as it was
        ([region(7, 12, "this tv")], "this tv"),
        ([region(0, 4, "this"), region(7, 12, "tv")], "this; tv"),
        ([], ""),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv"])
def test_right_words_come_from_labels(snapshot: Snapshot, form: str, regions: list[dict[str, Any]], words: str) -> None:
    task = tasks_of(snapshot, "mentions")[0]
    path = snapshot.root.parent / f"export.{form}"
    if form == "json":
        results = [{"from_name": "words", "type": "labels", "value": value} for value in regions]
        results.append({"from_name": "choice", "type": "choices", "value": {"choices": ["wrong"]}})
        done = {"id": 1, "completed_by": 1, "result": results}
        path.write_text(json.dumps([task | {"annotations": [done]}]), encoding="utf-8")
    else:
        row = {"annotation_id": 1, "annotator": "1", "choice": "wrong", "words": json.dumps(regions)}
        row |= {name: task["data"][name] for name in ("review_id", "sheet_code", "mention")}
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row)
            writer.writeheader()
            writer.writerow(row)
    (read,) = read_answers(path)
    assert (read.words, read.choice, read.task) == (words, "wrong", "mentions")


@pytest.mark.parametrize(
    ("seconds", "at", "read"),
    [
        ("12,5", "2026-11-29T16:00:00+01:00", (12.5, "2026-11-29T16:00:00+01:00")),
        (-1, "yesterday", (None, "")),
        ("nan", None, (None, "")),
        ([3], {"a": 1}, (None, "")),
        ("inf", "2026-11-29", (None, "2026-11-29")),
    ],
)
def test_unreadable_seconds_and_times_are_omitted(
    tmp_path: Path, seconds: Any, at: Any, read: tuple[float | None, str]
) -> None:
    path = tmp_path / "answers.json"
    row = {"review_id": "r4", "choice": 1, "seconds": seconds, "answered_at": at}
    path.write_text(json.dumps({"answers": [row]}), encoding="utf-8")
    assert [(each.seconds, each.answered_at) for each in read_answers(path)] == [read]
    assert Given("a", "r4", "1").seconds is None
