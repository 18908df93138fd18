"""The benchmark of answering: a scripted annotator whose actions can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ameli_build.annotation.sheets import export_sheets
from ameli_build.core.settings import load_settings
from tests.sheet_page import snapshot_of
from tests.test_benchmarks import script

LAPTOPS = ["Best Buy", "PC Laptops"]
REVIEW = "Scrolling at 144 Hz spoiled me. Went with the 512gb drive."
SAID = ["Refresh Rate", "Solid State Drive Capacity"]


def laptop(number: int, drive: str, rate: str) -> dict[str, Any]:
    attributes = [("Solid State Drive Capacity", drive), ("Refresh Rate", rate), ("Color", "Silver")]
    return {"name": f"Laptop {'abcdefghijklmnopqrstuvwxyz'[number]}", "categories": LAPTOPS, "attributes": attributes}


TWO = [laptop(0, "512 gigabytes", "144 hertz"), laptop(1, "1000 gigabytes", "144 hertz")]
MANY = [TWO[0], *(laptop(n, "1000 gigabytes", "144 hertz") for n in range(1, 24))]
OTHERS = [TWO[0], *({"name": f"TV {n}", "categories": ["Best Buy", "TVs"]} for n in range(3))]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("products", "said", "actions"),
    [
        # one look at the chips, then 1 and Enter
        (TWO, SAID, {"look_through": (1, 2, 0), "filter_first": (1, 2, 0)}),
        # the names show that the others are not laptops
        (OTHERS, SAID, {"look_through": (1, 2, 0), "filter_first": (1, 2, 0)}),
        # f, "144", Enter; f, " 512", Enter; 1, Enter, with a look and a decision for each filter
        (MANY, SAID, {"filter_first": (5, 13, 0)}),
    ],
)
def test_the_actions_of_a_review(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    products: list[dict[str, Any]],
    said: list[str],
    actions: dict[str, tuple[int, int, int]],
) -> None:
    snapshot = snapshot_of(tmp_path / "snapshot", monkeypatch, products, REVIEW, 2)
    rows = [{"review_id": f"t{n}", "attributes_said": said, "photos": []} for n in range(2)]
    (snapshot.root / "truth").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (snapshot.root / "truth" / "reviews.jsonl").write_text(lines, encoding="utf-8")
    (sheet,) = export_sheets(snapshot, "html", 1, 0, "clean-test", load_settings("demo"))
    answering = script(monkeypatch, "answering")
    answering.main([str(snapshot.root), str(sheet), "--json", str(tmp_path / "actions.json")])
    results = json.loads((tmp_path / "actions.json").read_text(encoding="utf-8"))[str(sheet)]
    for way, (looks, keys, pointings) in actions.items():
        for row in results[way]:
            assert row["right"]
            assert (row["looks"], row["keys"], row["pointings"]) == (looks, keys, pointings)
            assert row["seconds"] == pytest.approx(1.35 * looks + 0.28 * keys)
    if len(products) > 20:
        looked = results["look_through"][0]
        assert looked["looks"] >= 3  # screens of products
        assert (looked["keys"], looked["pointings"]) == (looked["looks"] - 1 + 2, 1)
    assert "medians of 2 reviews" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "name", "stated"),
    [
        ("5.3 cubic feet", "Culina - 5.3 Cu. Ft. Range", True),
        ("5.3 cubic feet", "Culina - 15.3 Cu. Ft. Range", False),
        ("24 inches", 'Odin 24" Monitor', True),
        ("512 gigabytes", "Ion Plus 512GB - Gold", True),
        ("6 burners", "6.3 Cu. Ft. Range", False),
        ("gray", "Monitor - Gray", True),
        ("gas", "Gasket", False),
        ("yes", "Yes - 1", False),
        (None, "None", False),
    ],
)
def test_a_name_states_a_value_by_its_words_or_its_number(
    monkeypatch: pytest.MonkeyPatch, value: str | None, name: str, stated: bool
) -> None:
    assert script(monkeypatch, "answering")._is_stated(value, name) is stated
