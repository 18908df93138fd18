"""Image encoders: a random checkpoint of a small open_clip architecture runs the code of the real checkpoints."""

import json
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image

from ameli_build.core.errors import UnusableInput
from ameli_build.core.pictures import open_picture
from ameli_build.models.vision import load_image_encoder

TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint file of the architecture `tiny-test`, registered with open_clip."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / "tiny-test.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(folder / "tiny-test.json")
    torch.manual_seed(0)
    torch.save(open_clip.create_model("tiny-test").state_dict(), folder / "weights.pt")
    return folder / "weights.pt"


def test_open_clip_checkpoint_encodes_pictures_and_texts_into_one_space(checkpoint: Path) -> None:
    encoder = load_image_encoder(f"open_clip:tiny-test/{checkpoint}", batch=2)
    pictures = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue", "white")]
    vectors = encoder.encode(pictures)
    assert vectors.shape == (3, 16)
    assert encoder.encode_texts(["a red thing"]).shape == (1, 16)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert np.allclose(encoder.encode(pictures[2:]), vectors[2:], atol=1e-5)


def test_grey_and_transparent_pictures_are_encoded(checkpoint: Path) -> None:
    encoder = load_image_encoder(f"open_clip:tiny-test/{checkpoint}", batch=2)
    assert encoder.encode([Image.new("L", (8, 8)), Image.new("RGBA", (8, 8))]).shape == (2, 16)


@pytest.mark.parametrize("name", ["open_clip:ViT-B-32", "open_clip:ViT-B-32/no_such_tag", "open_clip:nothing/openai"])
def test_no_checkpoint_is_an_error_and_never_random_weights(name: str) -> None:
    with pytest.raises(UnusableInput, match=r"^setting models\.image_encoder: the model 'open_clip:"):
        load_image_encoder(name)


def test_pictures_are_rotated_by_their_exif_orientation(tmp_path: Path) -> None:
    image = Image.new("L", (30, 10))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    opened = open_picture(tmp_path / "turned.jpg")
    assert opened.size == (10, 30)
    assert opened.mode == "RGB"
