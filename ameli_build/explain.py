"""`ameli explain`: the history of a review, with its sources, each verdict with value and threshold, and its end.

After a baseline, also the baseline's predictions for the review.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ameli_build.baseline.predictions.explained import explain_predictions
from ameli_build.clean import objects
from ameli_build.clean.decoding import truncated_image
from ameli_build.clean.rows import row_rules
from ameli_build.core.errors import UnusableInput
from ameli_build.core.execution import settings_as_run
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import ARCHIVE
from ameli_build.core.text import printable

FEATURES = ("n_attributes", "image_similarity", "description_similarity", "title_similarity")
TEXTUAL = FEATURES[2:]


@dataclass(frozen=True, slots=True)
class Step:
    """A verdict; `passed` is None if the rule was not evaluated."""

    section: str
    rule: str
    passed: bool | None
    value: str = ""
    threshold: str = ""
    compared: str = "threshold"
    """Name of `threshold` for readers."""

    def __str__(self) -> str:
        if self.passed is None:
            return f"  {self.section}  {self.rule:<24}not evaluated"
        verdict = "passed" if self.passed else "failed"
        against = f"  ({self.compared}: {self.threshold})" if self.threshold else ""
        return f"  {self.section}  {self.rule:<24}{verdict:<8}{self.value}{against}".rstrip()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The history of a review; `str()` gives the output of `ameli explain`."""

    review_id: str
    title: str
    sources: tuple[str, ...]
    steps: tuple[Step, ...]
    ended: str
    baseline: tuple[str, ...] = ()
    """Lines with the baseline's predictions; empty without a baseline."""

    def __str__(self) -> str:
        head = [f"review {self.review_id}: {self.title!r}", *(f"  3.1  {source}" for source in self.sources)]
        baseline = ["baseline:", *(f"  {line}" for line in self.baseline)] if self.baseline else []
        return printable("\n".join([*head, *map(str, self.steps), f"  ended: {self.ended}", *baseline]))


def explain(snapshot: Snapshot, review_id: str, settings: Settings) -> Explanation:
    """The history of a review, with the thresholds that were set when each stage ran.

    `settings` are used for stages that have not run.

    Raises:
        UnusableInput: The review is not in the catalogue.
    """
    settings = settings_as_run(snapshot, settings, "clean", "informativeness")
    links = _rows(snapshot, "catalog/reviews", review_id)
    if links.is_empty():
        raise UnusableInput(f"{snapshot.root}: no review {review_id!r} in the catalog")
    dropped = _dropped(snapshot, review_id)
    steps = (
        *_clean(snapshot, review_id, settings),
        _mention(snapshot, review_id, dropped),
        *_informativeness(snapshot, review_id, settings, dropped),
        _leak(snapshot, review_id, dropped),
    )
    sources = tuple(_source(row) for row in links.sort("sku").iter_rows(named=True))
    predictions = () if dropped else explain_predictions(snapshot, review_id)
    return Explanation(
        review_id, links["title"][0] or "", sources, steps, _ended(snapshot, review_id, dropped), predictions
    )


def _rows(snapshot: Snapshot, name: str, review_id: str) -> pl.DataFrame:
    """The review's rows in a table; none if the stage has not run."""
    if not snapshot.table_path(name).is_file():
        return pl.DataFrame()
    return snapshot.scan(name).filter(pl.col("review_id") == review_id).collect()


def _source(link: dict[str, object]) -> str:
    about = link["product_details_sku"]
    variant = f"the shop says it is about {about}" if about else "the shop names no other variant"
    conflict = "; the shop's two keys of the variant contradict each other" if link.get("conflict") else ""
    return f"listed under {link['sku']} at {_place(str(link['source']))}: {variant}{conflict}"


def _place(source: str) -> str:
    """A record's `source` in words: the byte of an archive, the row of a table, or the line of another file."""
    name, _, number = source.rpartition(":")
    unit = "byte" if name.endswith(ARCHIVE) else "row" if name.endswith(".parquet") else "line"
    return f"{unit} {number} of {name}"


def _dropped(snapshot: Snapshot, review_id: str) -> dict[str, str]:
    """The review's row in the table of dropped reviews of any stage; empty if the review was not dropped."""
    for path in (snapshot.root / "stages").glob("*/dropped.parquet"):
        rows = _rows(snapshot, f"{path.parent.name}/dropped", review_id)
        if rows.height:
            return dict(rows.row(0, named=True))
    return {}


def _clean(snapshot: Snapshot, review_id: str, settings: Settings) -> list[Step]:
    """Section 3.2: the rules of the stage, applied to its recorded values."""
    verdicts = [*row_rules(settings), truncated_image(), objects.object_not_found(settings)]
    values = _rows(snapshot, "clean/values", review_id)
    if values.is_empty():
        return [Step("3.2", str(verdict.reason), None) for verdict in verdicts]
    steps = []
    for verdict in verdicts:
        found = values.select(
            fails=verdict.fails, value=verdict.value.cast(pl.String), threshold=verdict.threshold.cast(pl.String)
        ).row(0, named=True)
        passed = None if found["fails"] is None else not found["fails"]
        value, threshold = found["value"] or "", found["threshold"] or ""
        steps.append(Step("3.2", str(verdict.reason), passed, value, threshold, verdict.compared))
    return steps


def _mention(snapshot: Snapshot, review_id: str, dropped: dict[str, str]) -> Step:
    rows = _rows(snapshot, "mentions/mentions", review_id)
    if rows.height:
        row = rows.row(0, named=True)
        score = "the only candidate" if row["score"] is None else f"similarity {row['score']:.4f}"
        where = f"{row['mention']!r} at {row['mention_start']}..{row['mention_end']}, {score}"
        return Step("3.3", "no_mention", True, where, "a product name of the gold product")
    if dropped.get("stage") == "mentions":
        return Step("3.3", "no_mention", False, dropped["detail"] or "none", "a product name of the gold product")
    return Step("3.3", "no_mention", None)


def _informativeness(snapshot: Snapshot, review_id: str, settings: Settings, dropped: dict[str, str]) -> list[Step]:
    rows = _rows(snapshot, "informativeness/features", review_id)
    if rows.is_empty():
        return [Step("3.4", name, None) for name in (*FEATURES, "uninformative")]
    values = rows.row(0, named=True)
    thresholds = {name: float(getattr(settings.informativeness, name)) for name in FEATURES}
    logits = TEXTUAL if settings.informativeness.similarity == "cross-encoder" else ()
    steps = []
    for name, threshold in thresholds.items():
        value = values[name]
        found = _listed(values["attributes"]) if name == "n_attributes" else ""
        exceeds = None if value is None else value > threshold
        text = f"{value}{found}{' (logit)' * (name in logits)}"
        steps.append(Step("3.4", name, exceeds, text, f"above {threshold:g}"))
    passed = dropped.get("stage") != "informativeness"
    return [*steps, Step("3.4", "uninformative", passed, "", f"{settings.informativeness.rule} of the four")]


def _listed(attributes: list[dict[str, str]]) -> str:
    """The found attribute values, in brackets."""
    values = "; ".join(f"{attribute['name']}: {attribute['value']}" for attribute in attributes)
    return f" ({values})" if values else ""


def _leak(snapshot: Snapshot, review_id: str, dropped: dict[str, str]) -> Step:
    if dropped.get("stage") == "splits":
        return Step("3.5", "leak", False, dropped["value"], dropped["threshold"])
    return Step("3.5", "leak", None if _rows(snapshot, "splits/splits", review_id).is_empty() else True)


def _ended(snapshot: Snapshot, review_id: str, dropped: dict[str, str]) -> str:
    if dropped:
        detail = f" ({dropped['detail']})" if dropped["detail"] else ""
        return f"dropped by {dropped['stage']}: {dropped['reason']}{detail}"
    split = _rows(snapshot, "splits/splits", review_id)
    if split.is_empty():
        return "still in; the build has not reached the splits"
    clean_test = snapshot.dataset / "clean_test.parquet"
    verified = clean_test.is_file() and review_id in pl.read_parquet(clean_test, columns=["review_id"])["review_id"]
    return f"in {split['split'][0]}" + (" and Clean-Test" if verified else "")
