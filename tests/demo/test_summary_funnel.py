"""The printed funnel: it counts every dropped review, at any stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from ameli_build.demo.summary import funnel
from ameli_build.pipeline import STAGES

DROPPING = tuple(stage.name for stage in STAGES if stage.dropped)


def stats(dropped: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """The part of `stats.json` that `funnel` reads, for 100 reviews."""
    gone = sum(sum(counts.values()) for counts in dropped.values())
    flow = {
        "products_in": 9,
        "products_out": 9,
        "products_dropped": {},
        "reviews_in": 100,
        "reviews_dropped": gone,
        "reviews_out": 100 - gone,
        "stages": {name: {"in": 100 - n, "dropped": dict(dropped.get(name, {}))} for n, name in enumerate(DROPPING)},
    }
    return {"funnel": flow, "links": {"links_in": 100, "links_removed": 0}}


@pytest.mark.parametrize(
    "dropped",
    [
        {"clean": {"no_image": 3, "profanity": 1}},
        {"splits": {"leak": 2}},
        {"mentions": {"no_mention": 1}, "informativeness": {"uninformative": 4}, "splits": {"leak": 5}},
    ],
)
def test_the_rows_of_the_funnel_add_up(dropped: Mapping[str, Mapping[str, int]]) -> None:
    text = funnel(stats(dropped))
    rows = {name: int(count) for name, count in re.findall(r"^  (\w+: \w+) +-(\d+)$", text, re.MULTILINE)}
    assert rows == {f"{stage}: {reason}": n for stage, counts in dropped.items() for reason, n in counts.items()}
    (total,) = re.findall(r"^reviews dropped +-(\d+)$", text, re.MULTILINE)
    assert sum(rows.values()) == int(total)
