"""The identity that distinguishes models of the same name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ameli_build.models.sources import _identity, identity
from ameli_build.models.store import write_record


def test_a_bundled_model_has_the_version_of_its_package() -> None:
    assert identity("bundled:minilm") == "bundled:minilm 0.1.0"


def test_the_identity_of_an_unfetched_model_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path))
    assert identity("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2 not fetched"
    assert identity("open_clip:ViT-L-14/openai") == "open_clip:ViT-L-14/openai not fetched"


def test_a_fetch_by_another_process_changes_the_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    name = "owner/name@0123"
    fetched = tmp_path / "elsewhere" / "hub" / "owner--name--0123"
    fetched.mkdir(parents=True)
    (fetched / "weights.bin").write_bytes(b"weights")
    record = write_record(fetched, "owner/name", "0123", "mit")
    assert identity(name) == f"{name} not fetched"
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "models")
    assert identity(name) == f"{name} 0123 {record.digest[:16]}"
    (tmp_path / "models" / "hub" / "owner--name--0123.json").unlink()
    assert identity(name) == f"{name} not fetched"


def test_a_replaced_checkpoint_changes_the_identity(tmp_path: Path) -> None:
    for form in ("open_clip:ViT-B-32/{}", "{}", "groundingdino:config.py,{},bert"):
        path = tmp_path / "weights.pt"
        path.write_bytes(b"one")
        before = _identity.__wrapped__(form.format(path), tmp_path)
        path.write_bytes(b"two")
        assert _identity.__wrapped__(form.format(path), tmp_path) != before
