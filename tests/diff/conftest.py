"""The snapshots that all tests of this folder compare."""

from __future__ import annotations

import pytest

from tests.diff.diff_worlds import Worlds, make_worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return make_worlds(tmp_path_factory.mktemp("diff"))
