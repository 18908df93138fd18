"""The stores to which snapshots travel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from travel.stores import Store, store_of


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with store_of(request.param, tmp_path, monkeypatch) as found:
        yield found
