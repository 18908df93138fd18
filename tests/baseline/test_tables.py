"""Rows, comparisons and claims from per-review values."""

import numpy as np
import pytest

from ameli_build.baseline.tables import (
    HUMAN,
    LINKING_CLAIMS,
    NO_ATTRIBUTE,
    OURS,
    RANDOM,
    RECALLS,
    TABLE4,
    TABLE5,
    Bootstrap,
    Outcome,
    Scores,
    claims,
    compare,
    linking_blank,
    mean_chance,
    table4_rows,
    table5_rows,
    verdict,
)

DRAWS = Bootstrap(200, 1)


def outcome(n: int = 40) -> Outcome:
    """The full model is right where its candidates allow; without attributes it is wrong; one row did not run."""
    found = np.array([1.0] * (3 * n // 4) + [0.0] * (n - 3 * n // 4))
    linking: dict[str, np.ndarray | str] = dict.fromkeys(TABLE5, found * 0)
    linking |= {OURS: found, "V2VEL": "no weights"}
    recalls = dict.fromkeys(RECALLS, found)
    return Outcome(dict.fromkeys(TABLE4, recalls), linking, found, {RANDOM: "expected"})


def test_disambiguation_counts_reviews_whose_gold_was_retrieved() -> None:
    rows = table5_rows(outcome(), DRAWS)
    assert (rows[OURS]["end_to_end_f1"], rows[OURS]["end_to_end_n"]) == (75.0, 40)
    assert (rows[OURS]["disambiguation_f1"], rows[OURS]["disambiguation_n"]) == (100.0, 30)
    assert rows["V2VEL"] == linking_blank() | {"reason": "no weights"}
    assert rows[RANDOM]["note"] == "expected"
    assert table4_rows(outcome(), DRAWS)["P(e|m)"]["recall@10"] == 75.0


def test_an_empty_split_is_null_with_a_reason() -> None:
    for row in (table5_rows(outcome(0), DRAWS)[OURS], table4_rows(outcome(0), DRAWS)["P(e|m)"]):
        assert row["reason"] == "no review in this split"
    assert table5_rows(outcome(0), DRAWS)[OURS]["end_to_end_f1"] is None
    assert table4_rows(outcome(0), DRAWS)["P(e|m)"]["recall@1"] is None


def test_chance_is_one_over_the_candidates() -> None:
    candidates = np.array([[1, 2, 3, 4], [1, 2, -1, -1], [1, 2, -1, -1], [-1, -1, -1, -1]])
    assert mean_chance(candidates, np.array([3, 2, 9, 9])).tolist() == [0.25, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.1, 3, "supported"), (-2, -0.1, "contradicted"), (-1, 1, "cannot tell")]
)
def test_verdicts(low: float, high: float, said: str) -> None:
    assert verdict(low, high) == said


def test_claims_say_what_was_found() -> None:
    compared = compare("test", outcome(), DRAWS)
    person = linking_blank() | {"disambiguation_f1": 79.73, "disambiguation_n": 40, "note": "a simulated annotator"}
    rows = table5_rows(outcome(), DRAWS) | {HUMAN: person}
    sentences = claims(Scores({}, {"test": rows}, {}, compared))
    told = {sentence.split(": ")[1]: sentence for sentence in sentences}
    assert ": supported (" in told["attributes help disambiguation"]
    assert f"{OURS} against {NO_ATTRIBUTE}: +75.00 points" in told["attributes help disambiguation"]
    assert told["the full model beats V2VEL"].endswith(": not run")
    assert ": cannot tell (" in told["the prior helps retrieval"]
    assert ": contradicted (" in told["a gap to human performance remains"]
    assert "simulated" in told["a gap to human performance remains"]
    assert len(sentences) == len({one["claim"] for one in compared}) + 1
    assert len(LINKING_CLAIMS) == 7
