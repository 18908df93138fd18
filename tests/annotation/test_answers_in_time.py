"""Times and seconds of answers, agreement on the choice, disagreements and their adjudication."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ameli_build.annotation.agreement import pairwise_share
from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.tasks import load_task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.release.stage import STAGE as RELEASE
from tests.made import released_snapshot

SETTINGS = load_settings("demo")
EARLY, LATE = "2026-11-29T09:00:00.000Z", "2026-11-29T10:30:00.000Z"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Test reviews r4 and r5, gold p4 at position 4 of four."""
    return released_snapshot(tmp_path / "snapshot")


def saved(snapshot: Snapshot, name: str, annotator: str, *rows: dict[str, Any], task: str = "clean-test") -> Path:
    """An answers file as the HTML sheet saves it."""
    fingerprint = load_task(snapshot, task).fingerprint
    file = {"format": "ameli-answers/1", "task": task, "annotator": annotator, "fingerprint": fingerprint}
    path = snapshot.root.parent / name
    path.write_text(json.dumps(file | {"answers": rows}), encoding="utf-8")
    return path


def row(review_id: str, choice: Any, at: Any = None, seconds: Any = None) -> dict[str, Any]:
    times = {"answered_at": at, "seconds": seconds}
    return {"review_id": review_id, "choice": choice} | {name: value for name, value in times.items() if value}


def choices(snapshot: Snapshot) -> list[tuple[str, str, int | None]]:
    table = pl.read_parquet(snapshot.root / "sheets" / "answers.parquet")
    return list(table.select("annotator", "review_id", "position").iter_rows())


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_the_later_of_two_saves_of_one_import_wins(snapshot: Snapshot, order: tuple[int, int]) -> None:
    files = [
        saved(snapshot, "a.json", "a", row("r4", 1, EARLY), row("r5", 2, LATE)),
        saved(snapshot, "b.json", "a", row("r4", 4, LATE), row("r5", 3, EARLY)),
    ]
    report = import_answers(snapshot, [files[n] for n in order], SETTINGS)
    assert choices(snapshot) == [("a", "r4", 4), ("a", "r5", 2)]
    assert report.problems == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (EARLY, None),
        (None, None),
        (EARLY, "yesterday"),
        (EARLY, EARLY),
        (EARLY, "2026-11-29T10:00:00+01:00"),  # the same moment
        (EARLY, {"a": 1}),
    ],
)
def test_neither_answer_counts_when_their_order_is_unknown(snapshot: Snapshot, first: Any, second: Any) -> None:
    earlier = saved(snapshot, "a.json", "a", row("r4", 1, first), row("r5", 1))
    later = saved(snapshot, "b.json", "a", row("r4", 4, second))
    report = import_answers(snapshot, [earlier, later], SETTINGS)
    assert choices(snapshot) == [("a", "r5", 1)]
    assert "two different answers" in str(report)


@pytest.mark.parametrize("late", [LATE, "2026-11-29T12:00:00+02:00", "2026-11-29 09:00:01", "2026-12-01"])
def test_a_later_save_that_was_imported_first_stays(snapshot: Snapshot, late: str) -> None:
    import_answers(snapshot, [saved(snapshot, "b.json", "a", row("r4", 4, late), row("r5", 2, late))], SETTINGS)
    import_answers(snapshot, [saved(snapshot, "a.json", "a", row("r4", 1, EARLY))], SETTINGS)
    assert choices(snapshot) == [("a", "r4", 4), ("a", "r5", 2)]


def test_a_later_save_takes_answers_back(snapshot: Snapshot) -> None:
    import_answers(snapshot, [saved(snapshot, "a.json", "a", row("r4", 1, EARLY), row("r5", 1, EARLY))], SETTINGS)
    import_answers(snapshot, [saved(snapshot, "b.json", "a", row("r4", 4, LATE), row("r5", None))], SETTINGS)
    assert choices(snapshot) == [("a", "r4", 4)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_of_a_sheet_may_be_imported_one_by_one(snapshot: Snapshot, order: tuple[int, ...]) -> None:
    """The third file is a later save of the first part."""
    files = [
        saved(snapshot, "part-1.json", "a", row("r4", 1, EARLY)),
        saved(snapshot, "part-2.json", "a", row("r5", 2, "2026-11-29T10:00:00Z")),
        saved(snapshot, "again.json", "a", row("r4", 4, LATE)),
    ]
    for n in order:
        import_answers(snapshot, [files[n]], SETTINGS)
    assert choices(snapshot) == [("a", "r4", 4), ("a", "r5", 2)]


@pytest.mark.parametrize(
    ("first", "second", "choice"),
    [(EARLY, LATE, 4), (LATE, EARLY, 1), (EARLY, EARLY, 4), (EARLY, None, 4), (None, EARLY, 4), (None, None, 4)],
)
@pytest.mark.parametrize("other", [None, "2026-11-29T08:00:00Z", "2026-11-29T23:00:00Z"])
def test_the_later_save_of_a_review_wins(
    snapshot: Snapshot, first: str | None, second: str | None, choice: int, other: str | None
) -> None:
    """Whenever the person answered another review; without a time, the later import wins."""
    import_answers(snapshot, [saved(snapshot, "a.json", "a", row("r4", 1, first))], SETTINGS)
    import_answers(snapshot, [saved(snapshot, "b.json", "a", row("r4", 4, second), row("r5", 3, other))], SETTINGS)
    assert choices(snapshot) == [("a", "r4", choice), ("a", "r5", 3)]


def test_an_unusable_row_replaces_nothing(snapshot: Snapshot) -> None:
    import_answers(snapshot, [saved(snapshot, "a.json", "a", row("r4", 1, EARLY))], SETTINGS)
    rows = [row("r4", 99, LATE), row("r5", 2, LATE)]
    assert "out of range" in str(import_answers(snapshot, [saved(snapshot, "b.json", "a", *rows)], SETTINGS))
    assert choices(snapshot) == [("a", "r4", 1), ("a", "r5", 2)]


@pytest.mark.parametrize(
    ("seconds", "median"), [([4, 9], 6.5), (["3,5", "oops"], 3.5), ([-1, "1e999"], None), ([[], True], None)]
)
def test_the_median_of_seconds_is_reported(snapshot: Snapshot, seconds: list[Any], median: float | None) -> None:
    path = saved(snapshot, "a.json", "a", row("r4", 1, EARLY, seconds[0]), row("r5", 4, LATE, seconds[1]))
    report = import_answers(snapshot, [path], SETTINGS)
    assert report.tasks["clean-test"]["seconds"]["median"] == median
    assert report.tasks["clean-test"]["annotators"]["a"]["seconds"]["median"] == median
    assert report.tasks["clean-test"]["answers"] == 2
    assert ("seconds an answer" in str(report)) == (median is not None)


def test_answers_of_an_earlier_version_are_read(snapshot: Snapshot) -> None:
    import_answers(snapshot, [saved(snapshot, "a.json", "a", row("r4", 1, EARLY, 3))], SETTINGS)
    path = snapshot.root / "sheets" / "answers" / "clean-test.parquet"
    old = pl.read_parquet(path).drop("answered_at", "seconds")
    path.unlink()
    old.write_parquet(path)
    report = import_answers(snapshot, [saved(snapshot, "b.json", "b", row("r4", 4, LATE, 5))], SETTINGS)
    assert choices(snapshot) == [("a", "r4", 1), ("b", "r4", 4)]
    assert report.tasks["clean-test"]["seconds"] == {"answers": 1, "median": 5.0}


@pytest.mark.parametrize(
    ("units", "share"),
    [
        ([], None),
        ([(1,)], None),
        ([(1, 1)], 1.0),
        ([(1, 2, 3)], 0.0),
        ([(1, 1, 2), (4, 4)], 0.5),
        ([("?", "?", 1)], 1 / 3),
    ],
)
def test_the_share_of_agreeing_pairs(units: list[tuple[Any, ...]], share: float | None) -> None:
    assert pairwise_share(units) == share


def test_two_wrong_choices_disagree_on_the_product(snapshot: Snapshot) -> None:
    first = saved(snapshot, "a.json", "a", row("r4", 4), row("r5", 1))
    second = saved(snapshot, "b.json", "b", row("r4", 4), row("r5", 2))
    report = import_answers(snapshot, [first, second], SETTINGS).tasks["clean-test"]
    assert (report["alpha"], report["pairwise_agreement"]) == (1.0, 0.5)
    assert 0 < report["choice_alpha"] < 1
    assert [(each["review_id"], each["annotator"], each["sku"]) for each in report["disagreements"]] == [
        ("r5", "a", "p1"),
        ("r5", "b", "p2"),
    ]


@pytest.mark.parametrize("form", ["html", "xlsx", "labelstudio"])
def test_a_sheet_can_have_only_the_disagreements(snapshot: Snapshot, form: str) -> None:
    usual = export_sheets(snapshot, form, 2, 0, "clean-test", SETTINGS)
    first = saved(snapshot, "a.json", "a", row("r4", 4), row("r5", 1))
    second = saved(snapshot, "b.json", "b", row("r4", 4), row("r5", "?"))
    assert "--disagreements" in str(import_answers(snapshot, [first, second], SETTINGS))
    sheet, *_ = export_sheets(snapshot, form, 1, 0, "clean-test", SETTINGS, disagreements=True)
    assert sheet.name.startswith("adjudication-clean-test-01")
    assert all(path.is_file() for path in usual)
    if form != "xlsx":
        text = sheet.read_text(encoding="utf-8")
        assert "r5" in text
        assert "adjudicator-01" in text
        assert '"r4"' not in text


def test_an_adjudicator_decides(snapshot: Snapshot) -> None:
    first = saved(snapshot, "a.json", "a", row("r4", 4), row("r5", 1))
    second = saved(snapshot, "b.json", "b", row("r4", 1), row("r5", 1))
    before = import_answers(snapshot, [first, second], SETTINGS).tasks["clean-test"]
    run_stage(RELEASE, snapshot, SETTINGS)
    assert pl.read_parquet(snapshot.dataset / "clean_test.parquet").is_empty()  # one of two is not more than half
    after = import_answers(snapshot, [saved(snapshot, "c.json", "adjudicator-01", row("r4", 4))], SETTINGS)
    run_stage(RELEASE, snapshot, SETTINGS)
    assert pl.read_parquet(snapshot.dataset / "clean_test.parquet")["review_id"].to_list() == ["r4"]
    report = after.tasks["clean-test"]
    assert (report["disagreements"], report["adjudicated"]) == ([], 1)
    same = ("accuracy", "answers", "alpha", "choice_alpha", "pairwise_agreement", "annotators")
    assert {name: report[name] for name in same} == {name: before[name] for name in same}
    assert "--disagreements" not in str(after)


@pytest.mark.parametrize(
    ("annotator", "named"),
    [
        ("annotator-01 lead@example.org", "lead@example.org"),
        ("annotator-02 Lead@Example.org", "lead@example.ORG"),
        ("annotator-01 user 3", "annotator-01 user 3"),
        ("Chief Editor", "chief editor"),
        ("adjudicator-01 lead@example.org", None),
    ],
)
def test_an_adjudicator_is_found_by_name_or_address(snapshot: Snapshot, annotator: str, named: str | None) -> None:
    """As Label Studio and tables name them; people with a part of that name stay annotators."""
    path = snapshot.root / "settings" / "adjudicators.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"[sheets]\nadjudicators = {json.dumps([named] if named else [])}\n", encoding="utf-8")
    settings = load_settings("demo", snapshot=snapshot)
    like = annotator.split()[-1]
    files = [
        saved(snapshot, f"{n}.json", name, row("r4", choice), row("r5", choice))
        for n, (name, choice) in enumerate([("a", 1), (f"not {like}ish", 2), (like.replace("@", " "), 3)])
    ]
    files.append(saved(snapshot, "lead.json", annotator, row("r4", 4)))
    report = import_answers(snapshot, files, settings).tasks["clean-test"]
    assert report["adjudicated"] == 1
    assert (len(report["annotators"]), annotator in report["annotators"]) == (3, False)
    assert {each["review_id"] for each in report["disagreements"]} == {"r5"}
    assert [each for each in choices(snapshot) if each[1] == "r4"] == [(annotator, "r4", 4)]
    sheet, *_ = export_sheets(snapshot, "labelstudio", 1, 0, "clean-test", settings, disagreements=True)
    assert [task["data"]["review_id"] for task in json.loads(sheet.read_text(encoding="utf-8"))] == ["r5"]


def test_an_adjudicator_s_label_counts(snapshot: Snapshot) -> None:
    files = [
        saved(snapshot, f"{name}.json", name, row("r1", choice), row("r2", "yes"), task="informativeness")
        for name, choice in (("a", "yes"), ("b", "yes"), ("c", "no"), ("adjudicator-01", "no"))
    ]
    import_answers(snapshot, files, SETTINGS)
    labels = (snapshot.root / "sheets" / "labels.csv").read_text(encoding="utf-8")
    assert labels == "review_id,label\nr1,0\nr2,1\n"


def test_disagreements_before_any_answer_are_refused(snapshot: Snapshot) -> None:
    with pytest.raises(UnusableInput, match="import answers first"):
        export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS, disagreements=True)


@pytest.mark.parametrize(
    ("annotators", "warning"), [(1, ""), (2, ""), (3, "1 of 3 sheets are empty"), (5, "3 of 5 sheets")]
)
def test_empty_sheets_are_warned_about(
    snapshot: Snapshot, caplog: pytest.LogCaptureFixture, annotators: int, warning: str
) -> None:
    export_sheets(snapshot, "html", annotators, 0, "clean-test", SETTINGS)
    assert ("empty" in caplog.text) == bool(warning)
    assert warning in caplog.text
