"""A folder for the temporary files of browsers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder with a short name for temporary files: a browser replaces a folder with a long name."""
    with tempfile.TemporaryDirectory(prefix="scratch-") as name:
        yield Path(name)
