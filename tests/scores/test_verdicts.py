"""Verdicts follow the corrected test; the needed number of reviews comes from a power analysis."""

import re
from typing import Any

import numpy as np
import pytest
from scipy.stats import nct, norm, t

from ameli_build.core.not_run import NotRun
from ameli_build.scores.claims import claims, needed
from ameli_build.scores.comparisons import compare
from ameli_build.scores.metrics import p_value
from ameli_build.scores.tables import FLOORS, OURS, RANDOM, RECALLS, TABLE4, TABLE5, Bootstrap, Outcome, Scores
from ameli_build.scores.verdicts import LEVEL, POWER, about, reviews_to_tell, verdict, verdict_of


@pytest.mark.parametrize(
    ("difference", "chance", "corrected", "said"),
    [
        (0.1, 0.001, 0.05, "supported"),
        (-2.0, 0.001, 0.01, "contradicted"),
        (6.0, 0.04, 0.55, "leans to yes"),
        (-6.0, 0.04, 0.051, "leans to no"),
        (6.0, 0.33, 0.55, "no difference seen"),
        (0.0, 1.0, 1.0, "no difference seen"),
        (100.0, None, None, "no difference seen"),
        (None, None, None, "not run"),
    ],
)
def test_verdict_of_each_difference_and_p_value(
    difference: float | None, chance: float | None, corrected: float | None, said: str
) -> None:
    assert verdict(difference, chance, corrected) == said


def made_scores(seed: int, n: int) -> Scores:
    """Comparisons of rows of random quality over the same reviews."""
    generator = np.random.default_rng(seed)

    def values() -> np.ndarray:
        return (generator.random((2, n)) < generator.uniform(0.4, 0.8)).astype(float)

    metrics = [*(f"recall@{k}" for k in RECALLS), "mrr"]
    retrieval: dict[str, Any] = {name: dict.fromkeys(metrics, values()) for name in (*TABLE4, *FLOORS)}
    linking: dict[str, Any] = {name: dict.fromkeys(metrics, values()) for name in TABLE5}
    linking[RANDOM] = NotRun("no chance")
    outcome = Outcome(retrieval, linking, np.ones((2, n)), np.zeros(n, dtype=np.int64))
    table4 = {"test": {name: {"recall@10": 50.0} for name in retrieval}}
    runs = [{"adapter": {"epoch": 1}, "lambda": {OURS: 0.5}, "text_module": {"with_attributes": None}}]
    runs[0]["text_module"]["description_only"] = None
    tuned = {"runs": runs, "text_module": {"train_reviews": 5}}
    notes = {"reviews": {"train": 5}}
    return Scores(table4, {}, tuned, compare("test", outcome, Bootstrap(50, seed)), notes)


@pytest.mark.parametrize(("seed", "n"), [(1, 40), (2, 150), (3, 400)])
def test_no_claim_with_a_large_p_is_decided(seed: int, n: int) -> None:
    scores = made_scores(seed, n)
    seen = set()
    for row, sentence in zip(scores.comparisons, claims(scores), strict=True):
        said = verdict_of(row)
        seen.add(said)
        assert f": {said}" in sentence
        if row["difference"] is None:
            assert said == "not run"
            continue
        decided = re.search("supported|contradicted", sentence) is not None
        assert decided == (row["p_value_holm"] <= LEVEL)
        assert ("reviews could tell" in sentence) == (not decided and row["difference"] != 0)
        if not decided and row["difference"]:
            enough = needed(row, scores)
            assert enough is not None
            assert enough > n
            assert f"about {about(enough)} reviews could tell" in sentence
            assert (f"p={row['p_value']:.2g} before the correction for " in sentence) == said.startswith("leans")
    assert len(seen) > 2


def test_claims_beyond_the_paper_are_counted_separately() -> None:
    scores = made_scores(4, 90)
    corrected = [sentence for sentence in claims(scores) if "before the correction" in sentence]
    ran = {paper: sum(row["paper"] == paper and row["p_value"] is not None for row in scores.comparisons)
           for paper in (True, False)}  # fmt: skip
    assert ran[True] != ran[False]
    for row, sentence in zip(scores.comparisons, claims(scores), strict=True):
        if sentence in corrected:
            assert f"for {ran[row['paper']]} claims" in sentence


@pytest.mark.parametrize(("effect", "tests"), [(0.1, 1), (0.25, 13), (0.5, 1), (0.8, 13)])
def test_the_needed_number_of_reviews_has_the_power(effect: float, tests: int) -> None:
    """Against the exact power of the paired t-test, from the noncentral t distribution."""
    n = 4
    chance = 2 * t.sf(effect * np.sqrt(n), n - 1)
    enough = reviews_to_tell(chance, n, tests)
    assert enough is not None

    def power(reviews: int) -> float:
        limit = t.isf(LEVEL / tests / 2, reviews - 1)
        return float(nct.sf(limit, reviews - 1, effect * np.sqrt(reviews)))

    assert power(enough + 2) >= POWER > power(enough - 2)


@pytest.mark.parametrize(("won", "lost", "same"), [(12, 5, 83), (3, 1, 20), (60, 40, 300)])
def test_the_needed_number_follows_from_discordant_reviews(won: int, lost: int, same: int) -> None:
    """McNemar's discordant reviews give the standard deviation of the differences."""
    n = won + lost + same
    better, worse = np.array([1.0] * won + [0.0] * lost + [1.0] * same), np.array([0.0] * won + [1.0] * (lost + same))
    gap = (won - lost) / n
    spread = np.sqrt(((won + lost) / n - gap**2) * n / (n - 1))
    z = norm.isf(LEVEL / 2)
    wanted = ((z + norm.isf(1 - POWER)) * spread / gap) ** 2 + z**2 / 2
    assert reviews_to_tell(p_value(better, worse), n, 1) == np.ceil(wanted)


def test_more_claims_need_more_reviews_and_equal_rows_have_no_such_number() -> None:
    found = [reviews_to_tell(0.2, 50, tests) for tests in (1, 5, 13)]
    assert found == sorted(set(found))  # type: ignore[type-var]
    assert [reviews_to_tell(chance, 50, 3) for chance in (None, 1.0)] == [None, None]
