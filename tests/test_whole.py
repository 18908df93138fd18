"""A strict run fails where another run would only warn."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.errors import Incomplete
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.pipeline import build
from ameli_build.scores.tables import Scores, null_rows
from ameli_build.whole import demand, empty_splits

NULLS = {"recall@10": None, "mrr": None, "n": 0, "paper": True}


def released(folder: Path, dev: int) -> Snapshot:
    snapshot = Snapshot(folder)
    for split, rows in (("train", 3), ("dev", dev), ("test", 1)):
        write_table(snapshot.dataset / f"{split}.parquet", pl.DataFrame({"review_id": ["r"] * rows}))
    return snapshot


def test_an_empty_split_is_named(tmp_path: Path) -> None:
    assert list(empty_splits(released(tmp_path, 0))) == ["the dev split is empty"]
    assert list(empty_splits(released(tmp_path, 1))) == []


def test_the_loop_of_stages_warns_or_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = released(tmp_path, 0)
    assert build(snapshot, load_settings("demo"), run=lambda *_: False) == []
    assert "warning: the dev split is empty" in capsys.readouterr().err
    with pytest.raises(Incomplete, match=r"the dev split is empty \(run\.strict\)") as failed:
        build(snapshot, load_settings("demo", ("run.strict=true",)), run=lambda *_: False)
    assert failed.value.exit_code == 1


def test_a_row_of_nulls_is_named_unless_the_settings_omit_it() -> None:
    table4 = {
        "SBERT": {"recall@10": 12.5, "mrr": 3.0, "n": 4},
        "CLIP": {**NULLS, "reason": "no review in this split"},
        "Fine-tuned SBERT": {**NULLS, "reason": "baseline.text_tuning_epochs is 0"},
    }
    table5 = {"V2VEL": {**NULLS, "reason": "models.resnet is empty: no weights"}, "human": {**NULLS, "reason": "later"}}
    scores = Scores({"test": table4}, {"test": table5}, {}, [])
    assert list(null_rows(scores)) == ["Table 4, test: nothing but nulls in CLIP (no review in this split)"]


def test_a_complete_data_set_passes() -> None:
    demand([], load_settings("demo", ("run.strict=true",)))


def test_no_result_depends_on_strictness() -> None:
    strict = load_settings("demo", ("run.strict=true",))
    assert strict.run.model_dump() == load_settings("demo").run.model_dump()
