"""The stage `informativeness` (section 3.4): four features of each review, then a rule on their thresholds."""

from __future__ import annotations

from ameli_build.core.cache import Work
from ameli_build.core.records import joined_text_expr
from ameli_build.core.settings import Settings
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.informativeness.decide import decide
from ameli_build.informativeness.features import feature_table
from ameli_build.models.sources import identity


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    """Features of all reviews with a mention, and the kept and dropped reviews."""
    products = tables["clean/products"].select("sku", "name", "description", "attributes", "images").collect()
    reviews = (
        tables["clean/reviews"]
        .join(tables["mentions/mentions"].select("review_id"), on="review_id", how="semi")
        .select("review_id", "sku", joined_text_expr().alias("joined"), "cleaned_images")
        .collect()
    )
    features = feature_table(work, settings, reviews, products)
    kept, dropped = decide(features, reviews.select("review_id", "sku"), settings.informativeness)
    return Result(
        {"informativeness/features": features, "informativeness/kept": kept, "informativeness/dropped": dropped}
    )


def _scorer(settings: Settings) -> tuple[str, ...]:
    return ("cross_encoder",) if settings.informativeness.similarity == "cross-encoder" else ()


STAGE = Stage(
    name="informativeness",
    compute=compute,
    inputs=("clean/products", "clean/reviews", "mentions/mentions"),
    outputs=("informativeness/features", "informativeness/kept", "informativeness/dropped"),
    sections=("informativeness",),
    models=("text_encoder", "image_encoder"),
    more_models=_scorer,
    identity=identity,
    conserved=(Conserved("mentions/mentions", "informativeness/kept", "informativeness/dropped"),),
)
