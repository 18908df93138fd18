"""The calibrations of a snapshot: thresholds of section 3.4, and the verdicts of `ameli link`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ameli_build.report.inputs import Inputs, read_object


@dataclass(frozen=True, slots=True)
class Calibration:
    """The result of `ameli calibrate`: `record` is `calibration.json`, `picture` its drawing as a data URI.

    `used` is False if this build has other thresholds.
    """

    record: Mapping[str, Any]
    picture: str | None
    used: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The thresholds of `ameli link` for channels, such as "image+text", of reviews that do or do not name a product.

    `known` and `unknown` count the dev reviews with their product in the catalogue and hidden. A threshold is None if
    none reaches the precision.
    """

    channels: str
    named: bool
    known: int
    unknown: int
    low: float | None
    high: float | None

    @property
    def x_low(self) -> float:
        """End of "not in this catalogue", in percent of a scale from 0 to 1."""
        return _on_scale(self.low, 0.0)

    @property
    def x_high(self) -> float:
        """Start of "in this catalogue", in percent of the same scale."""
        return _on_scale(self.high, 100.0)


def _on_scale(threshold: float | None, missing: float) -> float:
    return missing if threshold is None else round(100 * min(max(threshold, 0.0), 1.0), 2)


def calibration(inputs: Inputs) -> Calibration | None:
    """The calibration of section 3.4; None without one."""
    folder = inputs.snapshot.root / "settings"
    record, picture = read_object(folder / "calibration.json"), folder / "informativeness.svg"
    if record is None:
        return None
    rule = inputs.run["settings"]["informativeness"] if inputs.run else record["thresholds"]
    used = all(rule.get(name) == value for name, value in record["thresholds"].items())
    drawing = base64.b64encode(picture.read_bytes()).decode("ascii") if picture.is_file() else ""
    return Calibration(record, f"data:image/svg+xml;base64,{drawing}" if drawing else None, used)


def link_verdicts(inputs: Inputs) -> list[Verdicts]:
    """The thresholds in the index of `ameli link`; none without an index."""
    index = read_object(inputs.snapshot.root / "baseline" / "link" / "index.json") or {}
    return [
        Verdicts(*_evidence(key), found["known"], found["unknown"], found["low"], found["high"])
        for key, found in sorted(index.get("thresholds", {}).items())
    ]


def _evidence(key: str) -> tuple[str, bool]:
    channels, _, named = key.partition(", ")
    return channels, named == "named"
