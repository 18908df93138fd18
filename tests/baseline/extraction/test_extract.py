"""All extractors on a made-up data set, with tiny random models instead of the paper's large models."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from baseline_world import write_dataset
from tiny_models import save_deberta, save_gpt2

from ameli_build.baseline.extraction.attributes import Found, make_sheets
from ameli_build.baseline.extraction.extract import Extracted, extract
from ameli_build.baseline.extraction.language_models import is_sure
from ameli_build.baseline.extraction.rating import FUSED, rate
from ameli_build.core.cache import Work
from ameli_build.core.not_run import NotRun
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import Data, load_data
from ameli_build.models.generator import load_generator
from ameli_build.models.implied import Answer, load_implier

FAST = ["baseline.ocr_images=2", "baseline.generated_tokens=4"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("world"), {"train": 6, "dev": 3, "test": 4})


def run(root: Path, *overrides: str, cache: Path | None = None) -> tuple[Data, Extracted]:
    """Extract from all reviews; a product is allowed for a review if its name contains the mention."""
    settings = load_settings("demo", [*FAST, *overrides])
    data = load_data(root / "dataset")
    allowed = [np.array([mention in name.lower() for name in data.kb.names]) for mention in data.reviews.mentions]
    candidates = np.tile(np.array([0, 8, -1]), (len(data.reviews), 1))
    work = Work(Snapshot(root), cache=cache)
    return data, extract(work, settings, data, make_sheets(data.kb), allowed, candidates)


def test_extractors_without_a_model_are_not_run(world: Path) -> None:
    data, extracted = run(world)
    assert extracted.by["generator"] == NotRun("models.generator is empty")
    assert extracted.by["implied"] == NotRun("models.implied is empty")
    assert extracted.counts == {"photos": len({paths[0] for paths in data.reviews.photos}), "read": 2}
    assert set(extracted.distinguishing[0]) == {"Color", "Storage Capacity"}
    for found, text, gold in zip(extracted.found, data.reviews.texts, data.reviews.gold, strict=True):
        said = {key for key, word in (("Color", "one looks"), ("Storage Capacity", "It has")) if word in text}
        assert set(found.values) == said
        assert all(found.signal(make_sheets(data.kb)[gold], key) == 1 for key in said)


def test_the_setting_decides_which_products_values_are_matched(world: Path) -> None:
    few = run(world, "baseline.attribute_values=retrieved")[1]  # rows 0 and 8: black, 256 gigabytes
    words = [(key, value) for found in few.found for key, value in found.pairs()]
    assert set(words) <= {("Color", "black"), ("Storage Capacity", "256gb"), ("Storage Capacity", "256g")}
    assert words
    every = run(world, "baseline.attribute_values=knowledge_base")[1]
    assert "Brand" in every.distinguishing[0]


def test_the_papers_generator_and_an_inference_model_run_once(world: Path, tmp_path: Path) -> None:
    models = [save_gpt2(tmp_path / "gpt2", 512), save_deberta(tmp_path / "nli", "inference")]
    named = (f"models.generator={models[0]}", f"models.implied={models[1]}", "baseline.implied_threshold=0.0")
    options = (*named, "baseline.implied_margin=0.0", "models.ocr=")
    _, first = run(world, *options, cache=tmp_path / "cache")
    assert first.by["ocr"] == NotRun("models.ocr is empty")
    implied = first.by["implied"]
    assert not isinstance(implied, NotRun)
    assert all(set(found.values) == {"Color", "Storage Capacity"} for found in implied)
    assert len(first.by["generator"]) == 13
    load_generator.cache_clear()
    load_implier.cache_clear()
    for model in models:  # cached answers need no model
        Path(model, "model.safetensors").unlink()
    _, second = run(world, *options, cache=tmp_path / "cache")
    assert second == first


def test_a_question_answering_model_runs_and_a_missing_model_does_not(
    world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = save_deberta(tmp_path / "answers", "answers")
    gone = tmp_path / "gone"
    gone.mkdir()
    _, extracted = run(world, f"models.implied={answers}", f"models.generator={gone}", "models.ocr=", cache=tmp_path)
    assert not isinstance(extracted.by["implied"], NotRun)
    assert "models.generator: the model" in str(extracted.by["generator"])
    assert "generator: not run" in capsys.readouterr().err
    shutil.rmtree(gone)


@pytest.mark.parametrize(
    ("score", "second", "sure"), [(0.9, 0.1, True), (0.5, 0.1, False), (0.6, 0.55, False), (0.6, 0.4, True)]
)
def test_an_implied_value_must_be_likely_and_far_above_the_second(score: float, second: float, sure: bool) -> None:
    options = load_settings("demo").baseline
    assert is_sure(Answer("Silver", score, second), options) == sure


def test_precision_and_recall_of_extractors(world: Path) -> None:
    data, extracted = run(world)
    sheets = make_sheets(data.kb)
    rows = data.reviews.rows("test")
    whole = rate(data, sheets, extracted, rows)
    assert whole["generator"]["precision"] is None
    assert whole["generator"]["reason"] == "models.generator is empty"
    exact = whole["string match"]
    assert exact["precision"] == 100.0
    assert exact["wrong"] == exact["unknown"] == 0
    assert exact["known"] == 2 * len(rows)
    stated = sum(len(extracted.found[row].values) for row in rows)
    assert exact["recall"] == round(100 * stated / (2 * len(rows)), 2)
    wrong = Found.of([("Color", ("pink",)), ("Handle", ("steel",)), ("Brand", ("norvex",))])
    some = replace(extracted, found=(wrong,) * len(data.reviews))
    laptops = np.array([row for row in rows if data.reviews.mentions[row] == "laptop"])
    rated = rate(data, sheets, some, laptops)[FUSED]
    assert (rated["right"], rated["wrong"], rated["unknown"]) == (len(laptops),) * 3
    assert rated["recall"] == 0.0  # the brand is right, but no laptop has another
    assert rate(data, sheets, some, rows[:0])[FUSED]["precision"] is None
