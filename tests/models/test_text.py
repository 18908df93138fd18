"""Text encoders: the bundled model, and unusable names."""

from pathlib import Path

import numpy as np
import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.models.text import load_text_encoder


def test_the_bundled_encoder_gives_unit_vectors_nearer_for_similar_texts() -> None:
    encoder = load_text_encoder("bundled:minilm")
    vectors = encoder.encode(["a grey laptop", "a gray notebook computer", "a red toaster oven"])
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_nothing_to_encode_keeps_the_dimension() -> None:
    encoder = load_text_encoder("bundled:minilm")
    assert encoder.encode([]).shape == (0, encoder.encode(["a"]).shape[1])


def test_a_model_is_loaded_once() -> None:
    assert load_text_encoder("bundled:minilm") is load_text_encoder("bundled:minilm")


def test_the_error_of_a_folder_without_a_model_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{not json")
    with pytest.raises(UnusableInput, match=r"^setting models\.nli_encoder: the model '.*' cannot be loaded \(.+\)$"):
        load_text_encoder(str(tmp_path), setting="nli_encoder")
