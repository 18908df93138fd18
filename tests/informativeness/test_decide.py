"""The verdict: any, all, or a number of features are strictly above their thresholds."""

import polars as pl
import pytest

from ameli_build.core.settings import InformativenessSettings
from ameli_build.informativeness.decide import decide
from ameli_build.informativeness.features import FEATURES

ROWS = [
    ("a", 4, 0.1, 0.1, 0.1),  # attributes only
    ("b", 3, 0.7, 0.6, 0.6),  # exactly at every threshold
    ("c", 0, 0.71, 0.1, 0.61),  # two
    ("d", 9, 0.9, 0.9, 0.9),  # all
]
TABLE = pl.DataFrame([(key, count, [], *rest) for key, count, *rest in ROWS], schema=FEATURES, orient="row")
SKUS = pl.DataFrame({"review_id": [row[0] for row in ROWS], "sku": ["s"] * len(ROWS)})


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"rule": "any"}, ["a", "c", "d"]),
        ({"rule": "all"}, ["d"]),
        ({"rule": "count", "min_features": 2}, ["c", "d"]),
    ],
)
def test_each_rule_keeps_its_reviews(rule: dict[str, object], kept: list[str]) -> None:
    stay, leave = decide(TABLE, SKUS, InformativenessSettings.model_validate(rule))
    assert stay["review_id"].to_list() == kept
    assert sorted([*kept, *leave["review_id"]]) == ["a", "b", "c", "d"]


def test_a_dropped_review_has_reason_value_and_threshold() -> None:
    row = decide(TABLE, SKUS, InformativenessSettings())[1].row(0, named=True)
    assert row["reason"] == "uninformative"
    assert row["value"] == "n_attributes=3; image_similarity=0.7; description_similarity=0.6; title_similarity=0.6"
    assert row["threshold"].startswith("n_attributes=3")
