"""Control characters in names and texts, on every way out to a person."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from made import released_snapshot

from ameli_build.annotation.answers import read_answers
from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.annotation.tasks import load_task
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import say
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.text import columns, printable
from ameli_build.explain import Explanation

SETTINGS = load_settings("demo")
ODD = ["Lamp \x1b[31mred", "bell\x07 and \x0b tab", "\x01\x02\x1f", "end\ufffe\uffff", "lone \x9b c1 \x7f"]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return released_snapshot(tmp_path / "snapshot")


@pytest.mark.parametrize("odd", ODD)
def test_a_workbook_opens_with_control_characters_in_names(snapshot: Snapshot, odd: str) -> None:
    for name, column in (("products", "name"), ("products", "description"), ("test", "text"), ("test", "title")):
        path = snapshot.dataset / f"{name}.parquet"
        write_table(path, pl.read_parquet(path).with_columns(pl.lit(odd).alias(column)))
    (path,) = export_sheets(snapshot, "xlsx", 1, 0, "clean-test", SETTINGS)
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    values = [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert printable(odd) in values
    assert all(row.review_id for row in read_answers(path))


@pytest.mark.parametrize("name", ["ann\x1b]0;title\x07", "\x1b[2J", "bo\x08\x08\x9bm"])
def test_control_characters_in_an_annotator_s_name_do_not_reach_the_terminal(
    snapshot: Snapshot, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    task = load_task(snapshot, "clean-test")
    rows = [{"review_id": review_id, "choice": 1} for review_id in sorted(task.items)]
    rows.append({"review_id": f"no {name}", "choice": 1})
    path = snapshot.root.parent / "answers.json"
    path.write_text(json.dumps({"annotator": name, "answers": rows, "fingerprint": task.fingerprint}))
    summary = str(import_answers(snapshot, [path], SETTINGS))
    assert "\ufffd" in summary
    assert summary == printable(summary)
    say(f"warning: {name}")
    assert "\ufffd" in capsys.readouterr().err
    assert columns([(name, "x")]) == f"{printable(name)}  x"
    explained = str(Explanation("r1", name, (name,), (), name))
    assert explained == printable(explained)
    path.write_text(json.dumps({"annotator": name, "answers": rows[-1:]}))
    with pytest.raises(UnusableInput):
        import_answers(snapshot, [path], SETTINGS)
