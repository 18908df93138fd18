"""Fixtures and hooks of all tests."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

CAPTURES = Path(os.environ.get("AMELI_CAPTURES", Path(__file__).parents[2] / "shared" / "captures"))
"""Recorded responses of the real shop; present where the project is developed, absent in a user's clone."""


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of recorded responses; skips the test where it is absent."""
    if not CAPTURES.is_dir():
        pytest.skip("no recorded responses here (set AMELI_CAPTURES)")
    return CAPTURES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with slow tests first, so that no long file starts last."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replace half characters in captured texts: a report between processes must be UTF-8."""
    report = yield
    report.sections = [(name, text.encode(errors="replace").decode()) for name, text in report.sections]
    return report
