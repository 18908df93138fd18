"""Whether the baseline of a data set is there, of the same data, settings, models and code; no model is loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ameli_build.baseline.card import template_text
from ameli_build.baseline.sources import Source
from ameli_build.baseline.tables import Scores
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models.sources import identity
from ameli_build.settings import Settings
from ameli_build.snapshot import Snapshot, UnusableInput
from ameli_build.stages import stage_record
from ameli_build.standing import digest

MODULES = (
    "ameli_build.baseline",
    "ameli_build.models",
    "ameli_build.records",
    "ameli_build.release.official",
    "ameli_build.mentions",
    "ameli_build.informativeness.attributes",
    "ameli_build.informativeness.answers",
    "ameli_build.informativeness.asides",
    "ameli_build.informativeness.spelling",
    "ameli_build.informativeness.units",
    "ameli_build.informativeness.picture",
    "ameli_build.informativeness.search",
)
ENCODERS = ("text_encoder", "image_encoder", "cross_encoder", "nli_encoder", "resnet")
ROLES = (*ENCODERS, "ocr", "generator", "implied", "language")


def finished(snapshot: Snapshot, mine: str) -> Scores | None:
    """The scores of a finished run with this fingerprint, None where there is none or a file of it changed."""
    record = whole_record(snapshot)
    if not record or record["fingerprint"] != mine:
        return None
    return read_scores(snapshot.root / "baseline" / "scores.json")


def whole_record(snapshot: Snapshot) -> dict[str, Any]:
    """What the last run noted, empty where it did not finish or a file of it changed: all files are of that run."""
    folder, record = snapshot.root / "baseline", stage_record(snapshot, "baseline")
    outputs = record.get("outputs", {}).items()
    whole = all((folder / name).is_file() and digest(folder / name) == noted for name, noted in outputs)
    return record if whole else {}


def read_scores(path: Path) -> Scores:
    """Scores as `run_baseline` wrote them; raises `UnusableInput` where there are none, or damaged ones."""
    if not path.is_file():
        raise UnusableInput(f"{path}: missing; run ameli baseline first")
    try:
        return Scores(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UnusableInput(f"{path}: unreadable ({error}); run ameli baseline again") from None


def fingerprint_of(source: Source, settings: Settings) -> str:
    """What the scores of a data set depend on."""
    chosen = [
        template_text(),
        settings.baseline.model_dump(mode="json"),
        settings.run.model_dump(mode="json"),
        settings.mentions.max_words,
        settings.models.model_dump(mode="json", exclude={"detector"}),
        models_of(settings),
    ]
    return fingerprint("baseline", source.content(), chosen, module_fingerprint(*MODULES))


def models_of(settings: Settings) -> dict[str, str]:
    """The models that the settings name, each with what tells it from another of the same name."""
    return {role: identity(name) for role in ROLES if (name := getattr(settings.models, role))}
