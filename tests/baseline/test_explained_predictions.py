"""The output of `ameli explain` about a baseline."""

from pathlib import Path

import polars as pl
import pytest

from ameli_build.baseline.predictions.explained import explain_predictions
from ameli_build.baseline.predictions.reading import OTHER_BUILD, PREDICTIONS
from ameli_build.core.errors import UnusableInput
from ameli_build.core.snapshot import Snapshot

ROW = {
    "review_id": "r1",
    "split": "test",
    "mention": "laptop",
    "candidates": ["p1", "p2"],
    "retrieval": [0.9, 0.8],
    "text": [0.3, 0.7],
    "image": None,
    "combined": [0.4, 0.6],
    "contradicted": [True, False],
    "attributes": [{"name": "Color", "value": "black"}],
}


def made(root: Path, gold: str) -> Snapshot:
    """Two runs of one linker: the first predicts p2, the second p1."""
    (root / "baseline").mkdir()
    (root / "dataset").mkdir()
    rows = [
        {
            "run": run,
            **ROW,
            "predicted": [{"method": "V2TEL", "sku": sku}],
            "ranked": [{"method": "V2TEL", "skus": [sku]}],
        }
        for run, sku in enumerate(("p2", "p1"))
    ]
    pl.DataFrame(rows, schema=PREDICTIONS).write_parquet(root / "baseline" / "predictions.parquet")
    pl.DataFrame({"review_id": ["r1"], "sku": [gold]}).write_parquet(root / "dataset" / "test.parquet")
    pl.DataFrame({"sku": ["p1", "p2"], "name": ["One", "Two"]}).write_parquet(root / "dataset" / "products.parquet")
    return Snapshot(root)


def test_candidates_scores_and_predictions_are_listed(tmp_path: Path) -> None:
    lines = explain_predictions(made(tmp_path, "p2"), "r1")
    assert lines[0] == "4.2  attributes stated by the review: Color: black"
    assert " ".join(lines[2].split()) == (
        "p1 retrieval 0.9000 text 0.3000 combined 0.4000 'One' <- contradicted by an attribute"
    )
    assert lines[3].endswith("'Two'  <- gold")
    assert " ".join(lines[4].split()) == "4.4 V2TEL p2 right (right in 1 of 2 runs)"


def test_a_gold_product_that_was_not_retrieved_is_marked(tmp_path: Path) -> None:
    lines = explain_predictions(made(tmp_path, "p9"), "r1")
    assert "gold is p9 '': not among them" in lines[4]
    assert "wrong (right in 0 of 2 runs)" in lines[5]


def test_reviews_without_a_prediction_are_explained(tmp_path: Path) -> None:
    assert explain_predictions(Snapshot(tmp_path), "r1") == ()
    snapshot = made(tmp_path, "p2")
    assert explain_predictions(snapshot, "r7") == ("4    not judged: the baseline links the reviews of dev and test",)
    pl.DataFrame({"review_id": ["r7"], "sku": ["p1"]}).write_parquet(tmp_path / "dataset" / "test.parquet")
    for review in ("r1", "r7"):
        assert explain_predictions(snapshot, review) == (f"4    {OTHER_BUILD}",)


def test_unreadable_predictions_are_reported(tmp_path: Path) -> None:
    snapshot = made(tmp_path, "p2")
    path = tmp_path / "baseline" / "predictions.parquet"
    whole = path.read_bytes()
    pl.read_parquet(path).drop("ranked").write_parquet(path)
    with pytest.raises(UnusableInput, match=r"predictions\.parquet: of an earlier version \(no ranked\)"):
        explain_predictions(snapshot, "r1")
    for damaged in (whole[:100], b"", whole[:40] + b"?" * 200 + whole[240:]):
        path.write_bytes(damaged)
        with pytest.raises(UnusableInput, match=r"predictions\.parquet: unreadable"):
            explain_predictions(snapshot, "r1")
