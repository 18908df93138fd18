"""Real reviews and titles from a folder next to the repository, which does not contain them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ameli_build.mentions.inflect import noun_lemma
from ameli_build.mentions.names import product_names
from ameli_build.mentions.tables import name_table
from ameli_build.models.language import load_language

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY.parent / "shared" / "real-reviews"
LANGUAGE = load_language("bundled:en")
_SIZE = re.compile(r"\d+(?:\.\d+)?(?:in|inch|cm|mm|gb|tb|mb|ft|g)?$")

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no real reviews next to this repository")


def rows(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()]


def alone(row: dict[str, Any]) -> set[str]:
    """Names of one word from a title and its category."""
    found = product_names(row["title"], row["category"], LANGUAGE)
    return {name.text for name in found if len(name.words) == 1 and not name.gapped}


def test_no_name_is_a_brand_a_colour_a_size_or_a_technology() -> None:
    wrong = []
    for row in rows("titles.jsonl"):
        brand = "".join(re.findall(r"[^\W_]+", row["title"].partition(" - ")[0].lower()))
        wrong += [
            (name, row["title"])
            for name in alone(row)
            if name in name_table().never or _SIZE.match(name) or name in (brand, brand.removesuffix("s"))
        ]
    assert wrong == []


def test_no_lemma_is_broken() -> None:
    names = {name for row in rows("titles.jsonl") for name in alone(row)}
    assert not {name for name in names if noun_lemma(name + "s", LANGUAGE) not in (name, name + "s")}
    assert not names & {"clas", "harnes", "bypas", "viru", "gp", "canva"}


def test_most_titles_have_names() -> None:
    titles = rows("titles.jsonl")
    assert sum(bool(alone(row)) for row in titles) >= 0.995 * len(titles)


def test_accuracy_of_mentions_on_real_reviews(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `benchmarks/mention_rules.py`: at least 96 % of reviews in reach and 97 % of found mentions are right."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    import mention_rules

    items = list(mention_rules._real(FOLDER / "mentions.jsonl"))
    found = mention_rules._mentions(items, "careful")
    verdicts = [
        (item.in_reach, bool(mention[0]), item.right(*mention)) for item, mention in zip(items, found, strict=True)
    ]
    in_reach = [right for reach, _, right in verdicts if reach]
    of_found = [right for _, said, right in verdicts if said]
    assert sum(in_reach) >= 0.96 * len(in_reach)
    assert sum(of_found) >= 0.97 * len(of_found)
