"""What tells one model from another of the same name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ameli_build.models.sources import _identity, identity


def test_a_bundled_model_has_its_package_s_version() -> None:
    assert identity("bundled:minilm") == "bundled:minilm 0.1.0"


def test_a_name_on_a_hub_that_was_not_fetched_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path))
    assert identity("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2 not fetched"
    assert identity("open_clip:ViT-L-14/openai") == "open_clip:ViT-L-14/openai not fetched"


def test_a_replaced_checkpoint_is_another_model(tmp_path: Path) -> None:
    for form in ("open_clip:ViT-B-32/{}", "{}", "groundingdino:config.py,{},bert"):
        path = tmp_path / "weights.pt"
        path.write_bytes(b"one")
        before = _identity.__wrapped__(form.format(path), tmp_path)
        path.write_bytes(b"two")
        assert _identity.__wrapped__(form.format(path), tmp_path) != before
