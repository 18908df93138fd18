"""A sheet in parts that fit into mails: each part is answered in real Chromium, and all parts are imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ameli_build.annotation.sheets import export_sheets, import_answers
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from tests.made import released_snapshot
from tests.sheet_page import press, saved, show, snapshot_of

SETTINGS = load_settings("demo")


@pytest.mark.browser
@pytest.mark.parametrize(("megabytes", "parts"), [(0.001, [1, 1, 1, 1, 1]), (0.0, [3, 2]), (50.0, [5])])
def test_a_sheet_in_parts(
    browser: webdriver.Chrome,
    downloads: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    megabytes: float,
    parts: list[int],
) -> None:
    """Zero means the size of the whole sheet less one byte."""
    snapshot = snapshot_of(tmp_path / "snapshot", monkeypatch, [{}] * 3, "A laptop. " * 500, 5)
    (whole,) = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS)
    limit = megabytes or (whole.stat().st_size - 1) / 1e6
    pages = export_sheets(snapshot, "html", 1, 0, "clean-test", SETTINGS, split_megabytes=limit)
    assert sorted(whole.parent.iterdir()) == sorted(pages)
    names = ["sheet-01"] if len(parts) == 1 else [f"sheet-01-{n}" for n in range(1, len(parts) + 1)]
    assert [page.stem for page in pages] == names
    assert all(page.stat().st_size <= limit * 1e6 for page in pages if parts != [1] * 5)
    files = []
    for page, reviews in zip(pages, parts, strict=True):
        show(browser, page)
        assert len(browser.find_elements(By.CSS_SELECTOR, "#strip button")) == reviews
        press(browser, *("1", Keys.ENTER) * reviews)
        files.append(saved(browser, downloads, f"answers-{page.stem}.json"))
    report = import_answers(snapshot, files, SETTINGS)
    assert (report.tasks["clean-test"]["answers"], report.problems) == (5, ())
    assert list(report.tasks["clean-test"]["annotators"]) == ["annotator-01"]


@pytest.mark.parametrize(("form", "megabytes"), [("html", 0.0), ("html", -1.0), ("html", float("nan")), ("xlsx", 5.0)])
def test_impossible_sizes_and_formats_are_refused(tmp_path: Path, form: str, megabytes: float) -> None:
    with pytest.raises(UnusableInput, match="split-megabytes"):
        export_sheets(released_snapshot(tmp_path), form, 1, 0, "clean-test", SETTINGS, split_megabytes=megabytes)
