"""Thresholds from labelled reviews (section 3.4, footnote 11): `ameli calibrate`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ameli_build.informativeness.compare import Scores, compare
from ameli_build.informativeness.decide import features_needed
from ameli_build.informativeness.features import NAMES
from ameli_build.informativeness.search import Found, search_thresholds
from ameli_build.progress import say
from ameli_build.settings import Settings
from ameli_build.snapshot import Snapshot, UnusableInput, write_bytes, write_json
from ameli_build.text import columns

FEW = 50
"""Labels of the rarer kind below which the thresholds are said to be uncertain."""

_TRUE = {"1", "1.0", "true", "yes", "informative"}
_FALSE = {"0", "0.0", "false", "no", "uninformative"}


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration found: thresholds, their scores on the labels and across folds, and other classifiers'.

    `comparison` has a row a method and way of testing: "70/30" as footnote 11, or "cross-validation".
    """

    thresholds: Mapping[str, float]
    precision: float
    recall: float
    labels: int
    positives: int
    skipped: int
    comparison: tuple[Scores, ...]
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
        return f"{head}\n{columns([('method', 'tested', 'precision', 'recall', 'F1', 'accuracy'), *rows])}"


def calibrate(snapshot: Snapshot, labels: Path, settings: Settings) -> Calibration:
    """Search the thresholds on labelled reviews; writes `settings/informativeness.toml` and `calibration.json`.

    The objective is the paper's: the highest recall of informative reviews at a precision of at least
    `informativeness.min_precision`, here to hold at `informativeness.confidence` on labels not seen; where none reaches
    it, the best F1, with a warning.
    Raises `UnusableInput` when the features are missing or the labels cannot be used.
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
    rule = settings.informativeness
    needed = features_needed(rule)
    found = search_thresholds(points, y, needed, rule.min_precision, rule.confidence)
    calibration = Calibration(
        thresholds=dict(zip(NAMES, found.thresholds, strict=True)),
        precision=round(found.precision, 4),
        recall=round(found.recall, 4),
        labels=len(y),
        positives=int(y.sum()),
        skipped=len(given) - len(y),
        comparison=compare(points, y, needed, rule, settings.run.seed),
        warnings=_warnings(found, y, rule.min_precision),
    )
    _write(snapshot, calibration)
    for warning in calibration.warnings:
        say(f"warning: {warning}")
    return calibration


def read_labels(path: Path) -> dict[str, bool]:
    """`review_id` to label from CSV or JSON Lines. Raises `UnusableInput` that names the line at fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(f"{path}: cannot be read ({error})") from None
    labels: dict[str, bool] = {}
    rows = _json_rows(path, text) if text.lstrip().startswith("{") else _csv_rows(path, text)
    for line, row in rows:
        review_id, said = row.get("review_id"), str(row.get("label")).strip().lower()
        if not isinstance(review_id, str) or not review_id or said not in _TRUE | _FALSE:
            raise UnusableInput(f"{path}:{line}: expected review_id and label (0 or 1), got {dict(row)!r}"[:300])
        if labels.setdefault(review_id, said in _TRUE) != (said in _TRUE):
            raise UnusableInput(f"{path}:{line}: {review_id!r} is labelled twice, differently")
    return labels


def _json_rows(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for line, content in enumerate(text.splitlines(), 1):
        if not content.strip():
            continue
        try:
            row = json.loads(content)
        except ValueError as error:
            raise UnusableInput(f"{path}:{line}: not JSON ({error})") from None
        rows.append((line, row if isinstance(row, dict) else {"row": row}))
    return rows


def _csv_rows(path: Path, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text))
    if not {"review_id", "label"} <= set(reader.fieldnames or ()):
        raise UnusableInput(f"{path}:1: expected the columns review_id and label, found {reader.fieldnames}")
    return [(reader.line_num, row) for row in reader]


def _check(labels: Path, y: npt.NDArray[np.bool_]) -> None:
    if not len(y):
        raise UnusableInput(f"{labels}: none of its reviews reached the stage informativeness of this snapshot")
    if min(y.sum(), (~y).sum()) < 2:
        raise UnusableInput(f"{labels}: at least two labels of each kind are needed, of reviews with features")


def _warnings(found: Found, y: npt.NDArray[np.bool_], min_precision: float) -> tuple[str, ...]:
    warnings = []
    rarer = int(min(y.sum(), (~y).sum()))
    if rarer < FEW:
        warnings.append(f"only {rarer} labels of the rarer kind: the thresholds are uncertain (at least {FEW} advised)")
    if found.precision < min_precision:
        warnings.append(f"no thresholds reach a precision of {min_precision}; those of the best F1 were taken")
    return tuple(warnings)


def _write(snapshot: Snapshot, calibration: Calibration) -> None:
    lines = ["# Written by ameli calibrate; what it was measured on is in calibration.json.", "[informativeness]"]
    lines += [f"{name} = {value!r}" for name, value in calibration.thresholds.items()]
    folder = snapshot.root / "settings"
    write_json(folder / "calibration.json", asdict(calibration))
    write_bytes(folder / "informativeness.toml", ("\n".join(lines) + "\n").encode())
