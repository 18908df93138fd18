"""Who chose the thresholds of section 3.4, and for which models."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ameli_build.core.settings.settings import Settings

THRESHOLDS = ("n_attributes", "image_similarity", "description_similarity", "title_similarity")
"""Settings of the section `informativeness` that a calibration finds."""


def informativeness_of(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The section `informativeness` of unchecked values; empty where it is missing or no section."""
    section = values.get("informativeness")
    return section if isinstance(section, dict) else {}


def credit(values: dict[str, Any], names: Collection[str], who: str) -> None:
    """Note in `thresholds_from` that `who` set the thresholds among `names`.

    Whoever sets all four, or `thresholds_from` itself, also answers for the models: `thresholds_for` is emptied unless
    it is among `names` too.

    Args:
        values: Settings by section, unchecked; changed in place.
        names: Settings of `informativeness` that `who` set.
        who: Text for card and report, such as "the user".
    """
    section = values.get("informativeness")
    if not isinstance(section, dict):
        return
    changed = [name for name in THRESHOLDS if name in names]
    everything = len(changed) == len(THRESHOLDS)
    if "thresholds_for" not in names and (everything or "thresholds_from" in names):
        section["thresholds_for"] = ""
    if not changed or "thresholds_from" in names:
        return
    others = section.get("thresholds_from") or "defaults"
    section["thresholds_from"] = who if everything else f"{others}; {', '.join(changed)}: {who}"


def disown_strange(settings: Settings) -> Settings:
    """The same settings, with an empty `thresholds_from` if the thresholds were found for another comparison."""
    if not settings.has_strange_thresholds:
        return settings
    section = settings.informativeness.model_copy(update={"thresholds_from": ""})
    return settings.model_copy(update={"informativeness": section})
