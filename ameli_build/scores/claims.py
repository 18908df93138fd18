"""The paper's claims (section 5) compared with a run, in sentences: verdict, numbers and possible causes."""

from __future__ import annotations

import math
from typing import Any

from scipy.stats import norm  # type: ignore[import-untyped]

from ameli_build.scores import tables
from ameli_build.scores.tables import HUMAN, NO_ATTRIBUTE, OURS, Row, Scores, in_order
from ameli_build.scores.verdicts import DECIDED, LEANING, about, reviews_to_tell, verdict, verdict_of

ADAPTER_PAIRS = ({tables.TUNED, tables.CLIP}, {tables.TUNED_BOTH, tables.BOTH})
"""Pairs of rows that differ only in the adapter."""
CEILING = 90.0
"""From this Recall@10 of the row to beat, in percent, a sentence notes that little room is left."""


def claims(scores: Scores) -> list[str]:
    """One sentence for each comparison: its verdict, how many reviews could tell, and possible causes."""
    return [_sentence(row, scores) for row in scores.comparisons] + _human_gaps(scores)


def _sentence(row: Row, scores: Scores) -> str:
    start = f"{row['split']}: {row['claim']}: {verdict_of(row)}"
    if row["difference"] is None:
        return start
    low, high = row["interval"]
    chance = "" if row["p_value_holm"] is None else f", p={row['p_value_holm']:.2g}"
    measured = f"{row['difference']:+.2f} points [{low:+.2f}, {high:+.2f}] {row['metric']}, n={row['n']}{chance}"
    return "; ".join([f"{start} ({row['better']} against {row['worse']}: {measured})", *why(row, scores)])


def why(row: Row, scores: Scores) -> list[str]:
    """The doubts about the verdict of a comparison that ran, and its possible causes."""
    return [*_doubts(row, scores), *_causes(row, scores)]


def _doubts(row: Row, scores: Scores) -> list[str]:
    """Doubts due to many comparisons or few reviews."""
    if verdict_of(row) in DECIDED:
        return []
    many = f"p={row['p_value']:.2g} before the correction for {tested_with(row, scores)} claims"
    return [*([many] if verdict_of(row) in LEANING else []), *_enough(needed(row, scores))]


def _enough(reviews: int | None) -> list[str]:
    return [] if reviews is None else [f"about {about(reviews)} reviews could tell"]


def tested_with(row: Row, scores: Scores) -> int:
    """The number of claims that share the correction of a comparison's p-value."""
    return sum(
        (other["split"], other["paper"]) == (row["split"], row["paper"]) and other["p_value"] is not None
        for other in scores.comparisons
    )


def needed(row: Row, scores: Scores) -> int | None:
    """The number of reviews that could tell; None for a comparison that is decided or without a difference."""
    if verdict_of(row) in DECIDED or not row["difference"]:
        return None
    return reviews_to_tell(row["p_value"], row["n"], tested_with(row, scores))


def _causes(row: Row, scores: Scores) -> list[str]:
    """Facts of the run that bear on a claim: choices made on dev, amount of training data, room for improvement."""
    rows, causes = {row["better"], row["worse"]}, []
    if rows in ADAPTER_PAIRS:
        epochs = [str(run["adapter"]["epoch"]) for run in scores.tuned["runs"] if run["adapter"]]
        learners = scores.notes["reviews"]["train"]
        causes.append(f"the adapter learnt from {learners} reviews, dev kept epoch {', '.join(epochs)} (0: untrained)")
    if rows & {tables.NO_TEXT, tables.NO_IMAGE} and OURS in rows:
        weights = _lambdas(OURS, scores)
        learners = scores.tuned["text_module"]["train_reviews"]
        causes.append(f"lambda, the weight of text, by run: {weights}; the text module learnt from {learners} reviews")
    if rows == {OURS, NO_ATTRIBUTE}:
        causes += _ablation(scores)
    if NO_ATTRIBUTE in rows:
        causes += _attributes(row["split"], scores)
    if row["metric"] == "recall@10":
        causes += _weights((row["better"], row["worse"]), scores)
        found = scores.table4[row["split"]][row["worse"]]["recall@10"]
        causes += [f"{row['worse']} alone finds {found:.0f} %: little is left to win"] if found >= CEILING else []
    return causes


def _lambdas(name: str, scores: Scores) -> str:
    """The weight of text in a row, chosen by each run."""
    found = [run["lambda"].get(name) for run in scores.tuned["runs"]]
    return ", ".join("n/a" if weight is None else f"{weight:.1f}" for weight in found)


def _ablation(scores: Scores) -> list[str]:
    """The text modules alone on dev: the row without attributes changes both module and filter."""
    modules = [run["text_module"] for run in scores.tuned["runs"]]
    whole, plain = (
        ", ".join(_dev_f1(module[name]) for module in modules) for name in ("with_attributes", "description_only")
    )
    return [
        f"lambda by run: {_lambdas(OURS, scores)}, without attributes {_lambdas(NO_ATTRIBUTE, scores)}",
        f"text module alone on dev by run: {whole} %, without attributes {plain} %; the filter goes with it",
    ]


def _dev_f1(module: dict[str, Any] | None) -> str:
    return "n/a" if module is None or module["dev_f1"] is None else f"{100 * module['dev_f1']:.0f}"


def _weights(names: tuple[str, str], scores: Scores) -> list[str]:
    """The weights of the channels of rows with several channels, chosen on dev."""
    tuned = scores.tuned.get("weights", {})
    weights = [
        f"{name}: " + ", ".join(f"{channel} {weight:.1f}" for channel, weight in sorted(tuned[name].items()))
        for name in names
        if len(tuned.get(name, ())) > 1
    ]
    return [f"dev weighs {'; '.join(weights)}"] if weights else []


def _attributes(split: str, scores: Scores) -> list[str]:
    """The share of distinguishing attributes that reviews state; Clean-Test is part of test."""
    rated = scores.attributes.get("test" if split == "clean_test" else split, {}).get("all together", {})
    if rated.get("precision") is None or rated.get("recall") is None:
        return []
    return [
        f"reviews of test state {rated['recall']:.0f} % of the attributes that tell products apart, "
        f"{rated['precision']:.0f} % of what is found is right"
    ]


def _human_gaps(scores: Scores) -> list[str]:
    sentences = []
    for split, rows in in_order(scores.table5).items():
        person, model = rows[HUMAN], rows[OURS]
        start = f"{split}: a gap to human performance remains"
        if person["disambiguation_interval"] is None or model["disambiguation_interval"] is None:
            sentences.append(f"{start}: {verdict(None, None, None)}")
            continue
        gap, low, high = _gap(person, model)
        chance = _chance(gap, low, high)
        who = f"; {person['note']}" if "note" in person else ""
        said = verdict(gap, chance, chance)
        enough = [] if said in DECIDED else _enough(reviews_to_tell(chance, model["end_to_end_n"], 1))
        measured = (
            f"{start}: {said} ({gap:+.2f} points [{low:+.2f}, {high:+.2f}], p={chance:.2g} over {OURS}; the candidates "
            f"differ: people choose among the review's hard negatives and the gold product, which is always there, the "
            f"model among the {scores.notes['candidates']['k']} retrieved, of reviews whose gold product is there{who})"
        )
        sentences.append("; ".join([measured, *enough]))
    return sentences


def _chance(gap: float, low: float, high: float) -> float:
    """The two-sided p-value of a gap with the 95 % interval [low, high], by the normal distribution."""
    if not gap:
        return 1.0
    towards = gap - low if gap > 0 else high - gap
    return float(2 * norm.sf(abs(gap) / towards * norm.isf(0.025)))


def _gap(person: Row, model: Row) -> tuple[float, float, float]:
    """The person's lead in points with the interval of two independent samples (Newcombe).

    The report on the annotators has no result per review, so the samples cannot be paired.
    """
    (value, low, high), (other, other_low, other_high) = (
        (row["disambiguation_f1"], *row["disambiguation_interval"]) for row in (person, model)
    )
    gap = value - other
    return gap, gap - math.hypot(value - low, other_high - other), gap + math.hypot(high - value, other - other_low)
