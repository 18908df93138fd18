"""Real weights: these tests are skipped, with the reason, if a model of the profile `local` is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ameli_build.core.settings import Settings, load_settings
from ameli_build.models.needs import needs_of

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `world_files`


@pytest.fixture(scope="session")
def local() -> Settings:
    """The profile's settings, on the processor."""
    settings = load_settings("local", ["models.device=cpu"])
    missing = [f"{need.name}: {problem}" for need in needs_of(settings) for problem in need.problems()]
    if missing:
        pytest.skip(f"`make test-real` fetches missing models: {'; '.join(missing)}")
    return settings
