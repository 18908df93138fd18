"""The pages of a made-up snapshot on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browse.browse_world import browsed_snapshot, served


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return browsed_snapshot(tmp_path_factory.mktemp("browse") / "snapshot").root


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    with served(root) as address:
        yield address
