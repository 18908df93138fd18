"""Thresholds from labelled reviews (section 3.4, footnote 11): `ameli calibrate`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from ameli_build.core.arrays import Mask, Values
from ameli_build.core.checksums import recorded
from ameli_build.core.errors import UnusableInput
from ameli_build.core.progress import busy, say
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, write_bytes, write_json
from ameli_build.core.spreadsheets import (
    UnreadableTable,
    by_column,
    column_name,
    plain_value,
    read_file,
    table_rows,
    text_of,
    unicode_text,
    workbook_rows,
)
from ameli_build.core.statistics import SIDE, Share
from ameli_build.core.text import columns
from ameli_build.informativeness.compare import Scores, compare, out_of_fold
from ameli_build.informativeness.decide import features_needed
from ameli_build.informativeness.features import NAMES
from ameli_build.informativeness.precision_recall import curve_of, draw, precision_and_recall, recall_at
from ameli_build.informativeness.search import Found, frontier, search_thresholds

FEW = 50
"""Labels of the rarer class below which a warning says that the thresholds are uncertain."""

PRECISIONS = (0.75, 0.8, 0.85, 0.9, 0.95)
"""Precisions for which the printed curve has the recall."""

_TRUE = {"1", "true", "yes", "informative"}
_FALSE = {"0", "false", "no", "uninformative"}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Result of a calibration: thresholds, their scores on the labels and across folds, and scores of classifiers.

    `comparison` has a row for each method and split: "70/30" as in footnote 11, or "cross-validation". `held_out` has
    precision and recall of thresholds on held-out folds. `recall_at` has the highest recall of each method at each of
    `PRECISIONS`: of thresholds on all labels, of classifiers on held-out folds.
    """

    thresholds: Mapping[str, float]
    precision: float
    recall: float
    labels: int
    positives: int
    skipped: int
    comparison: tuple[Scores, ...]
    held_out: Mapping[str, Share]
    recall_at: Mapping[str, Mapping[str, float]]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        head = (
            f"{self.labels} labels, {self.positives} informative ({self.skipped} of reviews that have no features): "
            f"precision {self.precision:.3f} at recall {self.recall:.3f} with thresholds "
            + ", ".join(f"{name} {value:g}" for name, value in self.thresholds.items())
        )
        rows = [
            (row.method, row.tested, *(f"{x:.3f}" for x in (row.precision, row.recall, row.f1, row.accuracy)))
            for row in self.comparison
        ]
        held = ", ".join(f"{name} {share}" for name, share in self.held_out.items())
        curves = [(name, *(f"{value:.3f}" for value in row.values())) for name, row in self.recall_at.items()]
        titles = [("highest recall at a precision of", *(f"{value:g}" for value in PRECISIONS))]
        return "\n".join(
            (
                f"{head}\non folds not searched: {held} (95 % intervals)",
                columns([("method", "tested", "precision", "recall", "F1", "accuracy"), *rows]),
                columns([*titles, *curves]),
            )
        )


def calibrate(snapshot: Snapshot, labels: Path, settings: Settings) -> Calibration:
    """Search thresholds on labelled reviews (section 3.4).

    Thresholds are written to `settings/informativeness.toml`, precision and recall to `settings/calibration.json`,
    their drawing to `settings/informativeness.svg`.

    The objective is the paper's: the highest recall of informative reviews at a precision of at least
    `informativeness.min_precision`. The precision must hold with `informativeness.confidence` on unseen labels. If no
    thresholds reach it, the best F1 counts, with a warning.

    Raises:
        UnusableInput: The features are missing, or the labels cannot be used.
    """
    if not snapshot.table_path("informativeness/features").is_file():
        raise UnusableInput(
            f"{snapshot.root}: no features yet; run `ameli build {snapshot.root} --until informativeness` first"
        )
    given = read_labels(labels)
    table = snapshot.read("informativeness/features").filter(pl.col("review_id").is_in(list(given))).sort("review_id")
    points = table.select(pl.col(NAMES).cast(pl.Float64)).to_numpy()
    y = np.array([given[review_id] for review_id in table["review_id"]], dtype=bool)
    _check(labels, y)
    with busy("search thresholds"):
        calibration, picture = _calibrated(points, y, settings, len(given) - len(y))
    _write(snapshot, calibration, picture, settings.compared)
    for warning in calibration.warnings:
        say(f"warning: {warning}")
    return calibration


def _calibrated(points: Values, y: Mask, settings: Settings, skipped: int) -> tuple[Calibration, bytes]:
    """Thresholds, scores and the drawing for points, shape (rows, 4), and their labels."""
    rule, seed = settings.informativeness, settings.run.seed
    needed = features_needed(rule)
    found = search_thresholds(points, y, needed, rule.min_precision, rule.confidence)
    unseen = out_of_fold(points, y, needed, rule, seed)
    held_out = precision_and_recall(unseen.predicted, y)
    searched = frontier(points, y, needed)
    curves = {name: curve_of(scores, y) for name, scores in unseen.scores.items()}
    calibration = Calibration(
        thresholds=dict(zip(NAMES, found.thresholds, strict=True)),
        precision=round(found.precision, 4),
        recall=round(found.recall, 4),
        labels=len(y),
        positives=int(y.sum()),
        skipped=skipped,
        comparison=compare(points, y, needed, rule, seed),
        held_out=dict(zip(("precision", "recall"), held_out, strict=True)),
        recall_at={
            name: {f"{least:g}": recall_at(curve, least) for least in PRECISIONS}
            for name, curve in {"thresholds, on the labels searched": searched, **curves}.items()
        },
        warnings=_warnings(found, y, held_out[0], rule.min_precision),
    )
    return calibration, draw(searched, curves, held_out, rule.min_precision, len(y))


def read_labels(path: Path) -> dict[str, bool]:
    """Labels by `review_id`, from CSV or JSON Lines. `UnusableInput` names the line with an error."""
    labels: dict[str, bool] = {}
    try:
        rows = _rows(path, read_file(path))
    except UnreadableTable as error:
        raise UnusableInput(f"{path}: {error}") from None
    for line, row in rows:
        review_id, label = row.get("review_id"), plain_value(row.get("label")).lower()
        review_id = review_id.strip() if isinstance(review_id, str) else review_id
        if not isinstance(review_id, str) or not review_id or label not in _TRUE | _FALSE:
            raise UnusableInput(f"{path}:{line}: expected review_id and label (0 or 1), got {dict(row)!r}"[:300])
        if any("\ud800" <= character <= "\udfff" for character in review_id):
            raise UnusableInput(f"{path}:{line}: half of a surrogate pair in review_id {review_id!r}"[:300])
        if labels.setdefault(review_id, label in _TRUE) != (label in _TRUE):
            raise UnusableInput(f"{path}:{line}: {review_id!r} is labelled twice, differently")
    return labels


def _rows(path: Path, content: bytes) -> list[tuple[int, Mapping[str, Any]]]:
    """Line and fields of each row of a workbook, of JSON Lines, or of a spreadsheet's CSV."""
    if content.startswith(b"PK\x03\x04"):
        header, rows = workbook_rows(content, "review_id")
    elif text_of(content).lstrip("\ufeff \r\n\t").startswith("{"):
        return _json_rows(path, unicode_text(content))
    else:
        header, rows = table_rows(content)
    if not {"review_id", "label"} <= set(map(column_name, header)):
        raise UnusableInput(f"{path}:1: expected the columns review_id and label, found {header}"[:300])
    return [(line, by_column(row)) for line, row in rows]


def _json_rows(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for line, content in enumerate(text.split("\n"), 1):  # JSON may contain U+2028
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except ValueError as error:
            raise UnusableInput(f"{path}:{line}: not JSON ({error})") from None
        except RecursionError:
            raise UnusableInput(f"{path}:{line}: not JSON: nested too deeply") from None
        rows.append((line, row if isinstance(row, dict) else {"row": row}))
    return rows


def _check(labels: Path, y: Mask) -> None:
    if not len(y):
        raise UnusableInput(f"{labels}: none of its reviews reached the stage informativeness of this snapshot")
    if min(y.sum(), (~y).sum()) < 2:
        raise UnusableInput(f"{labels}: at least two labels of each kind are needed, of reviews with features")


def _warnings(found: Found, y: Mask, held_out: Share, min_precision: float) -> tuple[str, ...]:
    """Warnings about uncertain thresholds; `held_out` is their precision on held-out folds."""
    warnings = []
    rarer = int(min(y.sum(), (~y).sum()))
    if rarer < FEW:
        warnings.append(f"only {rarer} labels of the rarer kind: the thresholds are uncertain (at least {FEW} advised)")
    if found.precision < min_precision:
        warnings.append(f"no thresholds reach a precision of {min_precision}; the thresholds have the best F1")
    elif held_out.high < min_precision:
        warnings.append(f"on folds not searched the precision is {held_out}, below {min_precision}")
    elif held_out.low < min_precision:
        warnings.append(
            f"{len(y)} labels are too few to tell whether the precision reaches {min_precision}: on folds not searched "
            f"it is {held_out} of {held_out.rows} reviews{_enough(held_out, min_precision, len(y))}"
        )
    return tuple(warnings)


def _enough(share: Share, aim: float, labels: int) -> str:
    """Approximate number of labels at which the interval of `share`, if it stays the same, would exclude `aim`."""
    distance = abs(share.value - aim)
    if distance < 0.005 or not share.rows:
        return "; it is too near to tell"
    z = NormalDist().inv_cdf(SIDE)
    needed = z**2 * max(share.value * (1 - share.value), aim * (1 - aim)) / distance**2
    return f"; about {int(-(-needed * labels // share.rows)):,} labels would tell"


def _write(snapshot: Snapshot, calibration: Calibration, picture: bytes, compared: str) -> None:
    lines = ["# Written by ameli calibrate; calibration.json has the data.", "[informativeness]"]
    lines += [f"{name} = {value!r}" for name, value in calibration.thresholds.items()]
    lines.append(f'thresholds_from = "ameli calibrate, on {calibration.labels} labels of this snapshot"')
    lines.append(f"thresholds_for = {json.dumps(compared)}")
    folder = snapshot.root / "settings"
    with recorded(snapshot.root, folder.name):
        write_json(folder / "calibration.json", asdict(calibration))
        write_bytes(folder / "informativeness.svg", picture)
        write_bytes(folder / "informativeness.toml", ("\n".join(lines) + "\n").encode())
