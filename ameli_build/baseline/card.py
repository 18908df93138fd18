"""The model card, `baseline/MODEL_CARD.md`: models, training data, results and limits."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from ameli_build.core.markdown import as_code, as_text
from ameli_build.core.settings import Settings
from ameli_build.models.sources import identity
from ameli_build.scores.claims import claims
from ameli_build.scores.tables import OURS, Scores, in_order
from ameli_build.scores.verdicts import RULE


def model_card(scores: Scores, settings: Settings) -> str:
    """The card as Markdown; all its results are in `scores`."""
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {
        "value": _value,
        "spread": _spread,
        "interval": _interval,
        "in_order": in_order,
        "text": as_text,
        "code": as_code,
    }
    template = environment.from_string(template_text())
    used = {role: _public(name) for role, name in scores.notes["models"].items() if name}
    return template.render(
        scores=scores,
        notes=scores.notes,
        options=settings.baseline.model_dump(mode="json"),
        models=used,
        missing=sorted(role for role, name in scores.notes["models"].items() if not name and role != "nli_encoder"),
        generated=settings.release.generated or settings.profile == "demo",
        claims=claims(scores),
        rule=RULE,
        ours=OURS,
    )


def template_text() -> str:
    """The card's template."""
    return files("ameli_build.baseline").joinpath("model_card.md.jinja").read_text("utf-8")


def _public(name: str) -> str:
    """A model's identity for readers elsewhere: a local folder is shown by its name only."""
    shown = Path(name).name if Path(name).exists() else name
    return identity(name).replace(name, shown)


def _value(value: Any) -> str:
    """A percentage, or n/a for None."""
    return "n/a" if value is None else f"{value:.2f}"


def _spread(value: Any) -> str:
    return "" if value is None else f" ± {value:.2f}"


def _interval(value: Any) -> str:
    return "" if value is None else f" [{value[0]:.1f}, {value[1]:.1f}]"
