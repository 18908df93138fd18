"""Storage and statistics of answers: `sheets/answers.parquet`, `sheets/report.json`, `sheets/labels.csv`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from ameli_build.annotation.agreement import krippendorff_alpha, pairwise_share
from ameli_build.annotation.answers import SIMULATED, Given, moment
from ameli_build.annotation.check import Checked
from ameli_build.annotation.disputes import (
    PICK,
    answers_path,
    decided,
    disputes,
    report_path,
)
from ameli_build.annotation.tasks import CANNOT_TELL, CLEAN_TEST, INFORMATIVENESS, Task
from ameli_build.core.snapshot import Snapshot, write_bytes, write_json, write_table
from ameli_build.core.text import printable
from ameli_build.release.stage import ANSWERS_FILE
from ameli_build.release.tables import ANSWERS

_STORE = pl.Schema(
    {
        **dict.fromkeys(("annotator", "review_id", "choice", "sku", "words", "comment", "answered_at"), pl.String),
        "seconds": pl.Float64,
    }
)
"""Columns of `sheets/answers/<task>.parquet`, with all answers; `sku` is the chosen candidate of `clean-test`.

Files of earlier versions lack `answered_at` and `seconds`.
"""

_POSITIVE = {INFORMATIVENESS: "yes", "mentions": "right"}


@dataclass(frozen=True, slots=True)
class AnnotationReport:
    """Result of an import. `tasks` are the reports as written to disk; `str()` gives the text for the user."""

    tasks: Mapping[str, Mapping[str, Any]]
    problems: tuple[str, ...]
    blank: Mapping[str, int]

    def __str__(self) -> str:
        lines = [line for report in self.tasks.values() for line in _lines(report)]
        lines += [f"{name}: {count} blank reviews" for name, count in sorted(self.blank.items())]
        return printable("\n".join([*lines, *(f"not used: {problem}" for problem in self.problems)]))


def record(
    snapshot: Snapshot, tasks: Mapping[str, Task], checked: Checked, problems: Sequence[str], decides: pl.Expr
) -> AnnotationReport:
    """Merge the answers with earlier imports and write answers, report and labels. `decides` selects adjudicators."""
    reports: dict[str, Mapping[str, Any]] = {}
    messages = list(problems)
    for name, task in tasks.items():
        fresh = [answer for answer in checked.answers if answer.task == name]
        if not fresh:
            continue
        path = answers_path(snapshot, name)
        merged = _merge(path, task, fresh, [row for row in checked.blank if row.task == name], messages)
        write_table(path, merged)
        report = _report(snapshot, task, merged, decides) | {"not_used": messages}
        write_json(report_path(snapshot, name), report)
        if name == CLEAN_TEST:
            write_table(snapshot.root / ANSWERS_FILE, _positions(task, decided(merged, decides)))
        if name == INFORMATIVENESS:
            write_bytes(snapshot.root / "sheets" / "labels.csv", _labels(decided(merged, decides)).encode())
        reports[name] = report
    return AnnotationReport(reports, tuple(messages), Counter(row.annotator for row in checked.blank))


def _merge(path: Path, task: Task, fresh: Sequence[Given], blank: Sequence[Given], messages: list[str]) -> pl.DataFrame:
    """New answers, and the earlier answers that they do not replace.

    Answers of people replace those of simulated annotators.
    """
    replaced = _replaced(fresh, blank)
    old = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=_STORE)
    old = pl.concat([pl.DataFrame(schema=_STORE), old], how="diagonal")
    old = old.filter(pl.Series([_outlives(row, replaced) for row in old.iter_rows(named=True)], dtype=pl.Boolean))
    rows = [
        (
            answer.annotator,
            answer.review_id,
            answer.choice,
            task.product_of(answer.review_id, answer.choice),
            answer.words,
            answer.comment,
            answer.answered_at or None,
            answer.seconds,
        )
        for answer in fresh
    ]
    new = pl.DataFrame(rows, schema=_STORE, orient="row").join(old, on=["annotator", "review_id"], how="anti")
    fits = [_still_fits(task, row) for row in old.iter_rows(named=True)]
    if stale := fits.count(False):
        messages.append(f"{stale} answers of earlier imports, about reviews or candidates that no longer exist")
    merged = pl.concat([old.filter(pl.Series(fits, dtype=pl.Boolean)), new])
    simulated = pl.col("annotator").str.starts_with(SIMULATED)
    people = merged.filter(~simulated)
    if 0 < people.height < merged.height:
        messages.append(f"{merged.height - people.height} answers of simulated annotators, since people have answered")
        merged = people
    return merged.sort("annotator", "review_id")


def _replaced(fresh: Sequence[Given], blank: Sequence[Given]) -> dict[tuple[str, str], datetime | None]:
    """The time of each new answer, by annotator and review.

    A blank row has the time of the annotator's last new answer: the annotator has taken back any earlier answer.
    """
    last: dict[str, datetime | None] = {}
    for answer in fresh:
        last[answer.annotator] = max(filter(None, (last.get(answer.annotator), answer.moment)), default=None)
    blanks = {(row.annotator, row.review_id): row.moment or last.get(row.annotator) for row in blank}
    return blanks | {(answer.annotator, answer.review_id): answer.moment for answer in fresh}


def _outlives(row: Mapping[str, Any], replaced: Mapping[tuple[str, str], datetime | None]) -> bool:
    """Whether an earlier imported answer stays: no new row has its annotator and review, or it was given later."""
    key = row["annotator"], row["review_id"]
    if key not in replaced:
        return True
    given, new = moment(row["answered_at"]), replaced[key]
    return given is not None and new is not None and given > new


def _still_fits(task: Task, row: Mapping[str, Any]) -> bool:
    item = task.items.get(row["review_id"])
    return item is not None and (row["sku"] is None or row["sku"] in item.shown)


def _positions(task: Task, merged: pl.DataFrame) -> pl.DataFrame:
    """The table for the release; positions refer to the current order of the candidates."""
    rows = [
        (row["annotator"], row["review_id"], _position(task, row), row["sku"]) for row in merged.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=ANSWERS, orient="row")


def _position(task: Task, row: Mapping[str, Any]) -> int | None:
    return None if row["sku"] is None else task.items[row["review_id"]].shown.index(row["sku"]) + 1


def _report(snapshot: Snapshot, task: Task, merged: pl.DataFrame, decides: pl.Expr) -> dict[str, Any]:
    people = merged.filter(~decides)  # adjudicators see only difficult reviews
    judged = _judged(snapshot, task, people)
    by_annotator: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    by_review: dict[str, list[bool]] = defaultdict(list)
    for annotator, review_id, choice, right in judged:
        by_annotator[annotator].append((review_id, choice, right))
        if task.name == CLEAN_TEST or choice != CANNOT_TELL:
            by_review[review_id].append(right)
    alpha = krippendorff_alpha(by_review.values())
    choices = [part["pick"].to_list() for part in people.with_columns(pick=PICK).partition_by("review_id")]
    choice_alpha, agreed = krippendorff_alpha(choices), pairwise_share(choices)
    comments = merged.filter((pl.col("comment") != "") | (pl.col("words") != ""))
    return {
        "task": task.name,
        **_score(task, [(choice, right) for _, _, choice, right in judged]),
        "reviews": people["review_id"].n_unique(),
        "unanswered": len(task.items) - merged["review_id"].n_unique(),
        "overlapping_reviews": sum(len(values) > 1 for values in by_review.values()),
        "alpha": None if alpha is None else round(alpha, 4),
        "choice_alpha": None if choice_alpha is None else round(choice_alpha, 4),
        "pairwise_agreement": None if agreed is None else round(agreed, 4),
        "seconds": _seconds(people),
        "adjudicated": merged.filter(decides)["review_id"].n_unique(),
        "simulated": any(name.startswith(SIMULATED) for name in by_annotator),
        "annotators": {
            name: _score(task, [(choice, right) for _, choice, right in rows])
            | {"seconds": _seconds(people.filter(pl.col("annotator") == name))}
            for name, rows in sorted(by_annotator.items())
        },
        "comments": comments.select("annotator", "review_id", "words", "comment").to_dicts(),
        "disagreements": disputes(merged, decides).select("review_id", "annotator", "choice", "sku").to_dicts(),
    }


def _seconds(answers: pl.DataFrame) -> dict[str, Any]:
    """The median of the seconds of an answer, and the number of answers that have them."""
    known = answers["seconds"].drop_nulls().to_list()
    return {"answers": len(known), "median": round(median(known), 1) if known else None}


def _judged(snapshot: Snapshot, task: Task, merged: pl.DataFrame) -> list[tuple[str, str, str, bool]]:
    """Each answer as (annotator, review id, choice, right or positive)."""
    if task.name != CLEAN_TEST:
        positive = _POSITIVE[task.name]
        rows = merged.select("annotator", "review_id", "choice").iter_rows()
        return [(annotator, review_id, choice, choice == positive) for annotator, review_id, choice in rows]
    test = pl.read_parquet(snapshot.dataset / "test.parquet", columns=["review_id", "sku"])
    gold = dict(test.iter_rows())
    rows = merged.select("annotator", "review_id", "choice", "sku").iter_rows()
    return [(annotator, review_id, choice, gold[review_id] == sku) for annotator, review_id, choice, sku in rows]


def _score(task: Task, judged: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    """Counts and the share of right answers. "Cannot tell" counts as wrong in Clean-Test and is ignored elsewhere."""
    unsure = sum(choice == CANNOT_TELL for choice, _ in judged)
    right = sum(right for _, right in judged)
    of = len(judged) if task.name == CLEAN_TEST else len(judged) - unsure
    share = "share_yes" if task.name == INFORMATIVENESS else "accuracy"
    return {
        "answers": len(judged),
        "right" if task.name != INFORMATIVENESS else "yes": right,
        "cannot_tell": unsure,
        share: round(right / of, 4) if of else None,
    }


def _labels(merged: pl.DataFrame) -> str:
    """Labels for `ameli calibrate`, as `review_id,label`: the majority's answer; a tie gives no label."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for review_id, choice in merged.select("review_id", "choice").iter_rows():
        votes[review_id][choice] += 1
    labels = {review_id: counts["yes"] - counts["no"] for review_id, counts in sorted(votes.items())}
    rows = [f"{_quoted(review_id)},{int(balance > 0)}\n" for review_id, balance in labels.items() if balance]
    return "review_id,label\n" + "".join(rows)


def _quoted(value: str) -> str:
    plain = not any(sign in value for sign in ',"\r\n')
    return value if plain else '"' + value.replace('"', '""') + '"'


def _lines(report: Mapping[str, Any]) -> list[str]:
    who = "simulated annotators, not people" if report["simulated"] else "annotators"
    lines = [
        f"{report['task']}: {report['answers']} answers of {len(report['annotators'])} {who}, "
        f"about {report['reviews']} reviews ({report['unanswered']} without an answer)"
    ]
    lines += [f"  {name}: {_score_text(score)}" for name, score in report["annotators"].items()]
    alpha, choice_alpha, share = (_figure(report[name]) for name in ("alpha", "choice_alpha", "pairwise_agreement"))
    lines.append(f"  overall: {_score_text(report)}")
    lines.append(f"  agreement (Krippendorff's alpha on {report['overlapping_reviews']} overlapping reviews): {alpha}")
    lines.append(f"  agreement on the choice itself: alpha {choice_alpha}, share of agreeing pairs {share}")
    if disputed := len({row["review_id"] for row in report["disagreements"]}):
        lines.append(f"  answers differ for {disputed} reviews: ameli sheets export SNAPSHOT --disagreements")
    if report["seconds"]["answers"]:
        lines.append(f"  median {report['seconds']['median']:.0f} seconds an answer")
    return lines


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _score_text(score: Mapping[str, Any]) -> str:
    if "yes" in score:
        return f"{score['yes']} of {score['answers']} informative, {score['cannot_tell']} cannot tell"
    share = "n/a" if score["accuracy"] is None else f"{score['accuracy']:.2%}"
    return f"{score['right']} of {score['answers']} right ({share}), {score['cannot_tell']} cannot tell"
