"""The loopback hub for the tests of models, and an empty folder for fetched models."""

from pathlib import Path

import pytest
from hub.fixtures import hub, hub_folder

__all__ = ["folder", "hub", "hub_folder"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("AMELI_DOWNLOADS", raising=False)
    return tmp_path / "models"
