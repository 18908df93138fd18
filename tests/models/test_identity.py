"""What tells one model from another of the same name."""

from __future__ import annotations

from pathlib import Path

from ameli_build.models import identity


def test_a_bundled_model_has_its_package_s_version() -> None:
    assert identity("bundled:minilm") == "bundled:minilm 0.1.0"


def test_a_name_on_a_hub_is_its_own_identity() -> None:
    assert identity("sentence-transformers/all-MiniLM-L6-v2") == "sentence-transformers/all-MiniLM-L6-v2"
    assert identity("open_clip:ViT-L-14/openai") == "open_clip:ViT-L-14/openai"


def test_a_replaced_checkpoint_is_another_model(tmp_path: Path) -> None:
    for form in ("open_clip:ViT-B-32/{}", "{}", "groundingdino:config.py,{},bert"):
        path = tmp_path / "weights.pt"
        path.write_bytes(b"one")
        before = identity.__wrapped__(form.format(path))
        path.write_bytes(b"two")
        assert identity.__wrapped__(form.format(path)) != before
