"""State of a baseline: lookup of a finished run with the same data, settings, models and code."""

from __future__ import annotations

from typing import Any

from ameli_build.baseline.card import template_text
from ameli_build.baseline.sources import Source
from ameli_build.core.fingerprints import code_of, fingerprint
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.standing import digest, stage_record
from ameli_build.models.sources import identity
from ameli_build.scores.tables import Scores, read_scores

ENCODERS = ("text_encoder", "image_encoder", "cross_encoder", "nli_encoder", "resnet")
ROLES = (*ENCODERS, "ocr", "generator", "implied", "language")


def finished(snapshot: Snapshot, mine: str) -> Scores | None:
    """The scores of a finished run with this fingerprint; None without one, or if one of its files changed."""
    if whole_record(snapshot).get("fingerprint") != mine:
        return None
    return read_scores(snapshot.root / "baseline" / "scores.json")


def whole_record(snapshot: Snapshot) -> dict[str, Any]:
    """The record of the last run; empty if it did not finish or one of its files changed since."""
    folder, record = snapshot.root / "baseline", stage_record(snapshot, "baseline")
    outputs = record.get("outputs", {}).items()
    whole = all((folder / name).is_file() and digest(folder / name) == before for name, before in outputs)
    return record if whole else {}


def fingerprint_of(source: Source, settings: Settings) -> str:
    """The fingerprint of everything that the scores of a data set depend on."""
    chosen = [
        template_text(),
        settings.baseline.model_dump(mode="json"),
        settings.run.model_dump(mode="json"),
        settings.mentions.max_words,
        settings.models.model_dump(mode="json", exclude={"detector"}),
        models_of(settings),
    ]
    return fingerprint("baseline", source.content(), chosen, code_of("ameli_build.baseline.run"))


def models_of(settings: Settings) -> dict[str, str]:
    """The identities of the models in the settings, by role."""
    return {role: identity(name) for role in ROLES if (name := getattr(settings.models, role))}
