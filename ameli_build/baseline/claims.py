"""What a run says of the paper's claims (section 5), in sentences: the verdict, the numbers, and what explains them."""

from __future__ import annotations

from ameli_build.baseline.tables import (
    BOTH,
    CLIP,
    HUMAN,
    NO_ATTRIBUTE,
    NO_IMAGE,
    NO_TEXT,
    OURS,
    TUNED,
    TUNED_BOTH,
    Row,
    Scores,
    in_order,
)

UNKNOWN = "cannot tell"
LEARNT = ({TUNED, CLIP}, {TUNED_BOTH, BOTH})
"""Pairs of rows that differ by the adapter alone."""
LEVEL = 0.05
"""Above this corrected p-value, a verdict is said to rest on one comparison of many."""
CEILING = 90.0
"""From this Recall@10 of the row to beat, in percent, a claim has little room."""


def claims(scores: Scores) -> list[str]:
    """One sentence for each comparison: whether these runs support, contradict, or cannot tell it, and why."""
    return [_sentence(one, scores) for one in scores.comparisons] + _human_gaps(scores)


def _sentence(one: Row, scores: Scores) -> str:
    start = f"{one['split']}: {one['claim']}"
    if one["difference"] is None:
        return f"{start}: not run"
    low, high = one["interval"]
    chance = "" if one["p_value_holm"] is None else f", p={one['p_value_holm']:.2g}"
    measured = f"{one['difference']:+.2f} points [{low:+.2f}, {high:+.2f}] {one['metric']}, n={one['n']}{chance}"
    said = f"{start}: {verdict(low, high)} ({one['better']} against {one['worse']}: {measured})"
    return "; ".join([said, *why(one, scores)])


def why(one: Row, scores: Scores) -> list[str]:
    """What stands behind the verdict of a comparison that ran: how far so few reviews let one see, what explains it."""
    return [*_doubts(one), *_causes(one, scores)]


def _doubts(one: Row) -> list[str]:
    """How far the number of reviews, and of comparisons, lets one see."""
    low, high = one["interval"]
    if verdict(low, high) == UNKNOWN:
        return [f"with so few reviews, less than {(high - low) / 2:.1f} points cannot be told"] if high > low else []
    chance = one["p_value_holm"]
    return ["not sure among so many comparisons"] if chance is not None and chance > LEVEL else []


def _causes(one: Row, scores: Scores) -> list[str]:
    """What else the run knows of a claim: what dev chose, what there was to learn from, what is left to win."""
    rows, causes = {one["better"], one["worse"]}, []
    if rows in LEARNT:
        epochs = [str(run["adapter"]["epoch"]) for run in scores.tuned["runs"] if run["adapter"]]
        learners = scores.notes["reviews"]["train"]
        causes.append(f"the adapter learnt from {learners} reviews, dev kept epoch {', '.join(epochs)} (0: untrained)")
    if rows & {NO_TEXT, NO_IMAGE} and OURS in rows:
        weights = ", ".join(f"{run['lambda'].get(OURS, 0):.1f}" for run in scores.tuned["runs"])
        learners = scores.tuned["text_module"]["train_reviews"]
        causes.append(f"lambda, the weight of text, by run: {weights}; the text module learnt from {learners} reviews")
    if NO_ATTRIBUTE in rows:
        causes += _attributes(one["split"], scores)
    if one["metric"] == "recall@10":
        found = scores.table4[one["split"]][one["worse"]]["recall@10"]
        causes += [f"{one['worse']} alone finds {found:.0f} %: little is left to win"] if found >= CEILING else []
    return causes


def _attributes(split: str, scores: Scores) -> list[str]:
    """How much the reviews say of what tells products apart; Clean-Test is part of test."""
    rated = scores.attributes.get("test" if split == "clean_test" else split, {}).get("all together", {})
    if rated.get("precision") is None or rated.get("recall") is None:
        return []
    return [
        f"reviews of test state {rated['recall']:.0f} % of the attributes that tell products apart, "
        f"{rated['precision']:.0f} % of what is found is right"
    ]


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says: above zero supports, below contradicts, else nothing can be told."""
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else UNKNOWN


def _human_gaps(scores: Scores) -> list[str]:
    sentences = []
    for split, rows in in_order(scores.table5).items():
        person, model = rows[HUMAN], rows[OURS]
        if person["disambiguation_f1"] is None or model["disambiguation_f1"] is None:
            sentences.append(f"{split}: a gap to human performance remains: not run")
            continue
        gap = person["disambiguation_f1"] - model["disambiguation_f1"]
        low, high = model["disambiguation_interval"]
        said = verdict(person["disambiguation_f1"] - high, person["disambiguation_f1"] - low)
        who = f"; {person['note']}" if "note" in person else ""
        sentences.append(
            f"{split}: a gap to human performance remains: {said} ({gap:+.2f} points over {OURS} with the gold product "
            f"among the candidates{who})"
        )
    return sentences
