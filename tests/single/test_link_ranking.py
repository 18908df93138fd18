"""The products of an answer: all products that the mention can denote, in the order of their scores."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from baseline_world import write_dataset
from PIL import Image, ImageDraw, ImageFont
from test_link_review import photograph, write_modules

from ameli_build.baseline.extraction.attributes import make_sheets
from ameli_build.core.cache import Work
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import load_data
from ameli_build.single.answer import Match
from ameli_build.single.attributes import find_stated, verdicts
from ameli_build.single.build import _name_keys
from ameli_build.single.linker import Linker
from ameli_build.single.ranking import JUDGED, ORDER, Retrieved, _to_read
from ameli_build.single.show import show

TEXTS = (
    "This laptop works. It has 1tb.",
    "Our microwave is blue, and I like it.",
    "The silver laptop by Norvex has a 1 year warranty.",
    "It is red and I love it.",
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    snapshot = Snapshot(write_dataset(tmp_path_factory.mktemp("ranked"), {"train": 2, "dev": 2, "test": 2}))
    write_modules(snapshot)
    return snapshot


@pytest.fixture(scope="module")
def linker(snapshot: Snapshot) -> Linker:
    return Linker.open(snapshot, load_settings("demo"))


@pytest.fixture(scope="module")
def untrained(linker: Linker) -> Linker:
    trained = linker.index.about["trained"] | {"head": False, "adapter": False}
    return replace(linker, index=replace(linker.index, about={**linker.index.about, "trained": trained}))


def in_order(matches: tuple[Match, ...]) -> bool:
    scores = [-2.0 if match.score is None else match.score for match in matches]
    return scores == sorted(scores, reverse=True) and scores[0] > -2


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("pictured", [True, False])
def test_rows_are_in_the_order_of_the_score(
    linker: Linker, untrained: Linker, tmp_path: Path, text: str, pictured: bool
) -> None:
    photos = [photograph(tmp_path / "blue.png", "Blue")] if pictured else []
    for tested in (linker, untrained):
        assert in_order(tested.link(text, photos, top=16, ocr=False).matches)


def test_a_product_without_a_score_is_contradicted_or_has_another_name(linker: Linker) -> None:
    for match in linker.link(TEXTS[0], top=16).matches:
        assert (match.score is None) == (bool(match.contradicts) or not match.prior)


def test_a_note_explains_products_without_a_score(linker: Linker) -> None:
    for text in TEXTS:
        for top in (1, 16):
            answer = linker.link(text, top=top)
            assert (ORDER in answer.notes) == (answer.matches[-1].score is None)


@pytest.mark.parametrize(
    ("written", "text", "photographed"),
    [
        ("1TB", "This laptop is red.", [("Storage Capacity", "1000gb")]),
        ("RED", "This laptop has 1tb.", [("Color", "red")]),
        ("1TB", "This laptop has 1tb.", []),
    ],
)
def test_attributes_that_only_a_photograph_states_are_marked(
    linker: Linker, tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, text: str, photographed: list[Any]
) -> None:
    canvas = Image.new("RGB", (480, 160), "white")
    ImageDraw.Draw(canvas).text((60, 20), written, "black", ImageFont.load_default(100))
    canvas.save(tmp_path / "label.png")
    answer = linker.link(text, [tmp_path / "label.png"])
    assert list(answer.photographed) == photographed
    show(answer)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("attributes")]
    assert line.count("(on the photograph)") == len(photographed)
    for name, value in photographed:
        assert f"{name}: {value} (on the photograph)" in line


def test_values_belong_to_agreeing_and_contradicting_attributes(linker: Linker) -> None:
    for match in linker.link("This red laptop has 1tb.", top=8).matches:
        assert {name for name, _ in match.values} == {*match.agrees, *match.contradicts}
        assert {"Color", "Storage Capacity"} <= {*match.agrees, *match.contradicts}
        values = dict(match.values)
        assert (values["Color"] == "Red") == ("Color" in match.agrees)


@pytest.mark.parametrize("worst", [0, 1, 2])
def test_a_product_with_matching_attributes_is_read_at_any_rank_of_retrieval(
    linker: Linker, monkeypatch: pytest.MonkeyPatch, worst: int
) -> None:
    """The modules read two of eight laptops; the filter is off, so only the attributes can support a laptop."""
    monkeypatch.setattr("ameli_build.single.ranking.JUDGED", 2)
    rows = [row for row, name in enumerate(linker.index.titles) if name.endswith(("Red", "Blue", "Silver"))]
    rows = [row for row in rows if "Laptop - 1000" in linker.index.titles[row]]
    colour = linker.index.titles[rows[worst]].rsplit(" ", 1)[1]
    texts = np.array(linker.index.vectors["texts"])
    texts[rows[worst]] = -texts[rows].mean(axis=0)
    turned = replace(linker, index=replace(linker.index, vectors={**linker.index.vectors, "texts": texts}))
    turned = replace(turned, settings=load_settings("demo", ["baseline.attribute_filter=false"]))
    answer = turned.link(f"This laptop is {colour.lower()} and has 1tb.", top=16)
    (found,) = [match for match in answer.matches if match.sku == linker.index.skus[rows[worst]]]
    assert found.score is not None
    assert found.retrieval == min(match.retrieval for match in answer.matches if match.prior)
    assert sum(match.score is not None for match in answer.matches) == 2
    assert sum(match.prior for match in answer.matches) == 8
    assert "the modules read 2 of 8 products; retrieval and attributes rank the others" in answer.notes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_modules_read_the_best_by_retrieval_and_the_best_by_attributes(seed: int) -> None:
    chance = random.Random(seed)
    scores = np.array([chance.random() for _ in range(400)], dtype=np.float32)
    support = np.array([chance.choice((0, 0, 0, 1, 1, 2, 3)) for _ in scores])
    ranked = np.array([chance.random() < 0.8 for _ in scores])
    retrieved = Retrieved(scores, scores, np.ones_like(ranked), ranked)
    read = set(_to_read(retrieved, ranked, support).tolist())
    rows = np.flatnonzero(ranked)
    by_scores = rows[np.argsort(-scores[rows])]
    by_support = rows[np.lexsort((-scores[rows], -support[rows]))]
    assert len(read) == JUDGED
    assert {*by_scores[: JUDGED // 2].tolist(), *by_support[: JUDGED // 2].tolist()} <= read
    few = np.zeros_like(ranked)
    few[rows[:5]] = True
    assert _to_read(retrieved, few, support).tolist() == rows[:5].tolist()


@pytest.mark.parametrize(
    "text", [*TEXTS, "Black or red? Mine is blue, with 256 gigs and a 1 year warranty.", "Nothing."]
)
def test_signals_of_the_index_equal_those_of_the_sheets(linker: Linker, snapshot: Snapshot, text: str) -> None:
    sheets = make_sheets(load_data(snapshot.dataset).kb)
    found, _ = find_stated(linker.index, text, ["1 YEAR", "", "BLUE"], np.ones(len(sheets), dtype=np.bool_))
    assert "Color" in found.values
    by_name = verdicts(linker.index, found)
    assert set(by_name) == set(found.values)
    for key, signals in by_name.items():
        assert signals.tolist() == [found.signal(sheet, key) for sheet in sheets], key


@pytest.mark.parametrize("rule", ["careful", "paper", "authors"])
def test_every_rule_knows_everyday_names(snapshot: Snapshot, rule: str) -> None:
    settings = load_settings("demo", [f"mentions.rule={rule}"])
    kb = load_data(snapshot.dataset).kb
    rows = dict(_name_keys(Work.of(snapshot, settings), settings, kb).select("key", "rows").iter_rows())
    for kind, names in (("Laptop", ("laptop", "notebook", "notebooks", "laptops")), ("Microwave", ("microwaveoven",))):
        for name in names:
            assert rows[name] == [row for row, title in enumerate(kb.names) if kind in title]
