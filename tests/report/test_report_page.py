"""The page as a file: its sections, escaped texts, missing files."""

from __future__ import annotations

import json
import platform
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.provenance import write_run_record
from ameli_build.report.funnel import funnel_steps
from ameli_build.report.misses import differences
from ameli_build.report.run import make_report
from tests.made import HOSTILE
from tests.report.report_world import SETTINGS, made_scores, reported_snapshot, row, write_predictions


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return reported_snapshot(tmp_path / "snapshot")


def page(snapshot: Snapshot) -> str:
    return make_report(snapshot, SETTINGS).read_text(encoding="utf-8")


def part(text: str, name: str) -> str:
    """The text of a section, without its elements."""
    found = re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def test_every_section_has_its_numbers(snapshot: Snapshot) -> None:
    text = page(snapshot)
    assert "Generated world, not the paper's numbers." in text
    assert "no photograph no_image −1 5" in part(text, "funnel")
    assert "PC Laptops 4 100.0" in part(text, "data")
    assert "Pre-trained SBERT 50.0 50.0" in part(text, "retrieval")
    assert "P(e|m) not run: no &lt;model&gt; here" in part(text, "retrieval")
    assert "AMELINK (Ours) 50.0" in part(text, "linking")
    assert "human not run: no annotation sheet has been imported" in part(text, "linking")
    assert "the full model beats chance AMELINK (Ours) against Random Baseline" in part(text, "claims")
    assert "string match not run: not asked" in part(text, "attributes")
    assert f"ameli-build 0.1.0 on Python {platform.python_version()}" in part(text, "made")
    assert re.search(r"release \d+\.\d [\d,]+", part(text, "made"))


def test_the_paper_s_numbers_are_shown_and_marked_as_of_another_data_set(snapshot: Snapshot) -> None:
    """Tables 4 and 5 show them next to the scores on Clean-Test if it exists, otherwise on test."""
    text = page(snapshot)
    assert "test 2 2 1.00 3,794 6,941 1.83" in part(text, "data")
    assert "products 4 35,598" in part(text, "data")
    assert "P(e|m) not run: no &lt;model&gt; here 3.14 8.03 13.22 28.73 39.47" in part(text, "retrieval")
    assert "BM25 not run: no &lt;model&gt; here – – – – –" in part(text, "retrieval")
    assert "V2TEL not run: no &lt;model&gt; here 31.12 19.64" in part(text, "linking")
    assert "human not run: no annotation sheet has been imported – –" in part(text, "linking")
    assert "The paper's annotators chose the gold product for 79.73 %" in part(text, "linking")
    assert "PC Laptops 4 100.0 All Refrigerators 887 2.5 Action Figures (Toys) 730 2.0" in part(text, "data")
    assert part(text, "data").count("the paper: another data set (Best Buy), not comparable") == 3
    for name in ("retrieval", "linking"):
        assert "the paper&#39;s Clean-Test: another data set (Best Buy), not comparable" in part(text, name)
    scores = made_scores().as_json()
    for table in ("table4", "table5"):
        scores[table]["clean_test"] = scores[table]["test"]
    scores["notes"]["reviews"]["clean_test"] = 1
    write_json(snapshot.root / "baseline" / "scores.json", scores)
    for name in ("retrieval", "linking"):
        before, after = part(page(snapshot), name).split("Clean-Test, 1 reviews")
        assert "another data set" not in before
        assert "another data set" in after


def test_the_page_names_the_source_of_the_thresholds(snapshot: Snapshot) -> None:
    assert "Source: a calibration" in part(page(snapshot), "funnel")
    settings = load_settings("demo", ["informativeness.thresholds_from="])
    write_run_record(snapshot, settings, "build")
    funnel = part(page(snapshot), "funnel")
    assert "Nobody calibrated them for these models" in funnel
    assert "ameli calibrate SNAPSHOT LABELS" in funnel


def test_misses_are_sorted_by_the_confidence_of_the_linker(snapshot: Snapshot) -> None:
    text = part(page(snapshot), "misses")
    first, second = text.index("review r4"), text.index("review r5")
    assert first < second
    assert "another candidate scored higher" in text[:first]
    assert "dropped by the attribute filter" in text[first:second]
    assert "gold product at rank 3" in text[first:second]


def test_a_setting_limits_the_number_of_misses(snapshot: Snapshot) -> None:
    settings = SETTINGS.model_copy(update={"report": SETTINGS.report.model_copy(update={"misses": 1})})
    text = make_report(snapshot, settings).read_text(encoding="utf-8")
    assert text.count("<article") == 1
    assert "1 of 2 misses" in text


def test_texts_are_escaped_and_nothing_is_fetched(snapshot: Snapshot) -> None:
    text = page(snapshot)
    assert HOSTILE not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<script>") == 1
    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert sources
    assert all(source.startswith(("data:", "#", "report-tables/")) for source in sources)
    assert not re.search(r"<[^>]+\sstyle=", text)  # the page's own policy would refuse it


def test_the_same_snapshot_gives_the_same_bytes(snapshot: Snapshot) -> None:
    first = make_report(snapshot, SETTINGS).read_bytes()
    shutil.rmtree(snapshot.root / "cache", ignore_errors=True)
    assert make_report(snapshot, SETTINGS).read_bytes() == first
    assert str(snapshot.root).encode() not in first


def test_steps_that_have_not_run_are_named(snapshot: Snapshot) -> None:
    shutil.rmtree(snapshot.root / "baseline")
    text = page(snapshot)
    for name in ("retrieval", "linking", "claims", "attributes", "misses"):
        assert "Baseline not run yet: ameli baseline SNAPSHOT" in part(text, name)
    assert "no_image" in part(text, "funnel")
    shutil.rmtree(snapshot.dataset)
    (snapshot.root / "run.json").unlink()
    text = page(snapshot)
    for name in ("funnel", "data"):
        assert "Data set not released yet: ameli build SNAPSHOT" in part(text, name)
    assert "No run.json: " in part(text, "made")


def test_a_baseline_of_another_build_is_not_shown(snapshot: Snapshot) -> None:
    write_predictions(snapshot, [row("gone", ["p1", "p4"], ["p1", "p4"], 0.8)])
    assert "another build of dataset/" in part(page(snapshot), "misses")


def test_unreadable_and_old_files_are_named(snapshot: Snapshot) -> None:
    before = make_report(snapshot, SETTINGS).read_bytes()
    stats = snapshot.dataset / "stats.json"
    good = stats.read_bytes()
    stats.write_bytes(good[:40])
    with pytest.raises(UnusableInput, match=r"stats\.json: unreadable"):
        make_report(snapshot, SETTINGS)
    stats.write_bytes(good)
    predictions = snapshot.root / "baseline" / "predictions.parquet"
    pl.read_parquet(predictions).drop("run").write_parquet(predictions)
    with pytest.raises(UnusableInput, match="no run"):
        make_report(snapshot, SETTINGS)
    assert (snapshot.root / "report.html").read_bytes() == before


def test_losses_are_in_the_order_in_which_reasons_count(snapshot: Snapshot) -> None:
    funnel = json.loads((snapshot.dataset / "stats.json").read_text())["funnel"]
    funnel["stages"]["clean"]["dropped"] = {"duplicate": 2, "no_image": 1, "too_long": 1}
    funnel["stages"]["mentions"]["dropped"] = {"no_mention": 1}
    found = funnel_steps({**funnel, "reviews_in": 10})
    assert [(fall.name, fall.remaining) for fall in found] == [
        ("no_image", 9), ("too_long", 8), ("duplicate", 6), ("no_mention", 5),
    ]  # fmt: skip


def test_stated_attributes_come_first_and_equal_attributes_are_omitted() -> None:
    gold = [{"name": name, "value": value} for name, value in (("A", "1"), ("B", "1"), ("C", "1"), ("D", "1"))]
    wrong = [{"name": name, "value": value} for name, value in (("A", "2"), ("C", "1"), ("D", "2"), ("E", "2"))]
    found = differences(gold, wrong, {"D": "one", "C": "one"})
    assert [(shown.name, shown.said, shown.gold, shown.predicted) for shown in found] == [
        ("D", "one", "1", "2"), ("A", "", "1", "2"), ("B", "", "1", ""), ("E", "", "", "2"),
    ]  # fmt: skip
