"""Fixtures for tests that need a hub; the conftest of a folder imports them by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import huggingface_hub.file_download
import pytest
from hub.loopback import LoopbackHub
from hub.serve import write_hub


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repositories and downloads, written once per test session; no test may change them."""
    return write_hub(tmp_path_factory.getbasetemp() / "hub")


@pytest.fixture
def hub(hub_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub set as the endpoint of this process, and an empty folder of models."""
    with LoopbackHub(hub_folder) as opened:
        monkeypatch.setenv("AMELI_DOWNLOADS", str(opened.write_table(tmp_path / "downloads.toml")))
        monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
        ask(opened.address, monkeypatch)
        yield opened


def ask(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this address the endpoint of the hub's client in this process.

    The client reads HF_ENDPOINT at its import, which comes earlier in a test session.
    """
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    monkeypatch.setattr(huggingface_hub.file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template)
