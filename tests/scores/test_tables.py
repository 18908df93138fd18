"""Rows, comparisons and claims from per-review values."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from ameli_build.core.not_run import NotRun
from ameli_build.scores.claims import claims
from ameli_build.scores.comparisons import ALL, LINKING_CLAIMS, compare
from ameli_build.scores.rows import human_row, linking_blank, table4_rows, table5_rows
from ameli_build.scores.tables import (
    BOTH,
    COLOURS,
    HUMAN,
    NO_ATTRIBUTE,
    OURS,
    RANDOM,
    RECALLS,
    SBERT,
    TABLE4,
    TABLE5,
    TITLES,
    WORDS,
    Bootstrap,
    Outcome,
    Scores,
)
from ameli_build.scores.verdicts import about, reviews_to_tell

DRAWS = Bootstrap(200, 1)


def measured(values: np.ndarray) -> dict[str, np.ndarray]:
    return {"recall@1": values, "mrr": values}


def outcome(n: int = 40) -> Outcome:
    """The full model is right if gold is a candidate, wrong without attributes; one row did not run."""
    found = np.array([[1.0] * (3 * n // 4) + [0.0] * (n - 3 * n // 4)])
    linking: dict[str, dict[str, np.ndarray] | NotRun] = dict.fromkeys(TABLE5, measured(found * 0))
    linking |= {OURS: measured(found), "V2VEL": NotRun("no weights")}
    recalls = {f"recall@{k}": found for k in RECALLS} | {"mrr": found / 2}
    groups = np.array([0] * (n // 2) + [1] * (n - n // 2))
    return Outcome(
        dict.fromkeys((*TABLE4, WORDS, TITLES, COLOURS), recalls),
        linking,
        found,
        groups,
        {RANDOM: "expected", "BM25": "a floor"},
    )


def scored(table5: dict[str, dict[str, Any]], compared: list[dict[str, Any]]) -> Scores:
    """Scores of two runs; in the second run dev chose neither an adapter nor the text module."""
    modules = {"with_attributes": {"dev_f1": 0.565}, "description_only": {"dev_f1": None}}
    runs = [
        {"adapter": {"epoch": epoch}, "lambda": {OURS: weight, NO_ATTRIBUTE: 0.1}, "text_module": modules}
        for epoch, weight in ((3, 0.5), (0, 0.0))
    ]
    weights = {BOTH: {"text": 0.8, "image": 0.2}, SBERT: {"text": 1.0}}
    return Scores(
        {"test": table4_rows(outcome(), DRAWS)},
        {"test": table5},
        {**runs[0], "text_module": {"train_reviews": 120}, "weights": weights, "runs": runs},
        compared,
        {"reviews": {"train": 528}, "candidates": {"k": 10}},
        {"test": {"all together": {"recall": 15.07, "precision": 98.23}}},
    )


def test_disambiguation_counts_reviews_whose_gold_was_retrieved() -> None:
    rows = table5_rows(outcome(), DRAWS)
    assert (rows[OURS]["end_to_end_f1"], rows[OURS]["end_to_end_n"]) == (75.0, 40)
    assert (rows[OURS]["disambiguation_f1"], rows[OURS]["disambiguation_n"]) == (100.0, 30)
    assert rows["V2VEL"] == linking_blank() | {"reason": "no weights"}
    assert rows[RANDOM]["note"] == "expected"
    assert rows[OURS]["end_to_end_recall@1"] == rows[OURS]["end_to_end_f1"]
    assert (rows[OURS]["end_to_end_macro_f1"], rows[OURS]["disambiguation_macro_f1"]) == (75.0, 100.0)
    retrieval = table4_rows(outcome(), DRAWS)["P(e|m)"]
    assert (retrieval["recall@10"], retrieval["mrr"], retrieval["macro_recall@10"]) == (75.0, 37.5, 75.0)


def test_further_rows_are_below_the_rows_of_the_paper() -> None:
    rows = table4_rows(outcome(), DRAWS)
    assert list(rows) == [*TABLE4, WORDS, TITLES, COLOURS]
    assert [name for name, row in rows.items() if not row["paper"]] == [WORDS, TITLES, COLOURS]
    assert rows["BM25"]["note"] == "a floor"


def test_runs_give_a_mean_and_a_deviation() -> None:
    right = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
    found = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    linking = dict.fromkeys(TABLE5, measured(right))
    shared = {f"recall@{k}": right[:1] for k in RECALLS} | {"mrr": right[:1]}
    result = Outcome(dict.fromkeys(TABLE4, shared), linking, found, np.array([0, 0, 0, 1]))
    row = table5_rows(result, DRAWS)[OURS]
    assert row["end_to_end_f1"] == 62.5
    assert row["end_to_end_deviation"] == pytest.approx(np.std([50, 75], ddof=1), abs=0.01)
    assert row["disambiguation_f1"] == 87.5
    assert row["disambiguation_deviation"] == pytest.approx(np.std([100, 75], ddof=1), abs=0.01)
    assert row["disambiguation_n"] == 4
    assert row["end_to_end_macro_f1"] == pytest.approx((100 * 2 / 3 / 2 + 50) / 2, abs=0.01)
    assert table4_rows(result, DRAWS)["P(e|m)"]["recall@1_deviation"] is None


def test_an_empty_split_is_null_with_a_reason() -> None:
    for row in (table5_rows(outcome(0), DRAWS)[OURS], table4_rows(outcome(0), DRAWS)["P(e|m)"]):
        assert row["reason"] == "no review in this split"
    assert table5_rows(outcome(0), DRAWS)[OURS]["end_to_end_f1"] is None
    assert table4_rows(outcome(0), DRAWS)["P(e|m)"]["recall@1"] is None


def test_claims_have_a_verdict_and_its_evidence() -> None:
    compared = compare("test", outcome(), DRAWS)
    person = human_row("test", {"accuracy": 0.8, "reviews": 40, "simulated": True})
    rows = table5_rows(outcome(), DRAWS) | {HUMAN: person}
    sentences = claims(scored(rows, compared))
    by_claim = {sentence.split(": ")[1]: sentence for sentence in sentences}
    assert ": supported (" in by_claim["attributes help disambiguation"]
    assert f"{OURS} against {NO_ATTRIBUTE}: +75.00 points" in by_claim["attributes help disambiguation"]
    assert by_claim["the full model beats V2VEL"].endswith(": not run")
    assert ", n=40, p=" in by_claim["attributes help disambiguation"]
    assert ": no difference seen (" in by_claim["the prior helps retrieval"]
    assert by_claim["fine-tuning the text encoder helps text retrieval"].endswith(": not run")
    assert "; reviews of test state 15 % of the attributes" in by_claim["attributes help disambiguation"]
    assert "by run: 0.5, 0.0; the text module learnt from 120 reviews" in by_claim["text helps disambiguation"]
    assert by_claim["fine-tuning the adapter helps image retrieval"].endswith("dev kept epoch 3, 0 (0: untrained)")
    assert "lambda by run: 0.5, 0.0, without attributes 0.1, 0.1" in by_claim["attributes help disambiguation"]
    assert "on dev by run: 56, 56 %, without attributes n/a, n/a %" in by_claim["attributes help disambiguation"]
    weighed = f"; dev weighs {BOTH}: image 0.2, text 0.8;"
    assert weighed in by_claim["multimodal retrieval beats text alone"] + ";"
    assert "dev weighs" not in by_claim["image retrieval beats colours"]
    assert ": contradicted (" in by_claim["a gap to human performance remains"]
    assert "among the 10 retrieved" in by_claim["a gap to human performance remains"]
    assert "simulated" in by_claim["a gap to human performance remains"]
    assert len(sentences) == len({row["claim"] for row in compared}) + 1
    assert len(LINKING_CLAIMS) == 7


def test_a_gap_is_as_wide_as_both_intervals() -> None:
    row = human_row("test", {"accuracy": 0.75, "reviews": 12})
    assert row["disambiguation_interval"] == pytest.approx([46.77, 91.11], abs=0.01)  # Wilson, 9 of 12
    model = table5_rows(outcome(), DRAWS)[OURS] | {"disambiguation_f1": 60.0, "disambiguation_interval": [50.0, 69.0]}
    sentence = claims(scored({OURS: model, HUMAN: row}, []))[-1]
    low, high = 15 - np.hypot(75 - 46.77, 9), 15 + np.hypot(91.11 - 75, 10)
    chance = 2 * norm.sf(15 / (15 - low) * norm.isf(0.025))
    assert f": no difference seen (+15.00 points [{low:+.2f}, {high:+.2f}], p={chance:.2g} over {OURS}" in sentence
    assert sentence.endswith(f"; about {about(reviews_to_tell(chance, 40, 1) or 0)} reviews could tell")
    assert claims(scored({OURS: model, HUMAN: human_row("test", {})}, []))[-1].endswith(": not run")


def test_comparisons_have_difference_and_significance() -> None:
    compared = {row["claim"]: row for row in compare("test", outcome(), DRAWS)}
    assert len(compared) == len(ALL)
    attributes = compared["attributes help disambiguation"]
    assert (attributes["difference"], attributes["mrr_difference"]) == (75.0, 75.0)
    assert 0 < attributes["p_value"] < attributes["p_value_holm"] < 1e-6
    assert compared["the prior helps retrieval"]["p_value"] == 1.0
    for paper in (True, False):
        ran = [row for row in compared.values() if row["paper"] == paper and row["p_value"] is not None]
        least = min(ran, key=lambda row: row["p_value"])
        assert least["p_value_holm"] == pytest.approx(min(1.0, least["p_value"] * len(ran)), rel=1e-3)
    missing = compared["the full model beats V2VEL"]
    assert all(missing[key] is None for key in ("difference", "interval", "p_value", "p_value_holm", "mrr_p_value"))
    assert next(claim for claim, row in compared.items() if not row["paper"]) == "text retrieval beats word counts"


def test_a_claim_names_the_evidence_against_it() -> None:
    comparison = {
        "split": "test",
        "claim": "x",
        "better": "A",
        "worse": "B",
        "metric": "recall@10",
        "difference": 3.0,
        "n": 99,
    }
    table4 = {"test": {"B": {"recall@10": 95.0}}}
    comparison |= {"interval": [0.5, 5.5], "paper": True}
    rows = [comparison | {"p_value": chance, "p_value_holm": 0.55} for chance in (0.04, 0.5)]
    first, second = claims(Scores(table4, {}, {}, rows))
    ceiling = "; B alone finds 95 %: little is left to win"
    assert ": leans to yes (A against B: +3.00 points [+0.50, +5.50] recall@10, n=99, p=0.55); " in first
    assert first.endswith(f"; p=0.04 before the correction for 2 claims; about 220 reviews could tell{ceiling}")
    assert ": no difference seen (A against B: +3.00 points" in second
    assert second.endswith(f"p=0.55); about 2,100 reviews could tell{ceiling}")
