"""Networks for pictures only: a tiny random network runs the code of the real networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from ameli_build.core.errors import UnusableInput
from ameli_build.models import networks
from ameli_build.models.sources import LITE2, Hub
from ameli_build.models.vision import PlainEncoder, load_image_encoder
from ameli_build.single.encoders import ExportedPictures
from ameli_build.single.export import export_pictures

SIDE = 64
MEAN, DEVIATION = (0.4, 0.5, 0.6), (0.2, 0.2, 0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A timm model in the hub's form: config.json and model.safetensors."""
    made = tmp_path_factory.mktemp("timm")
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=10)
    model.pretrained_cfg |= {"input_size": (3, SIDE, SIDE), "mean": MEAN, "std": DEVIATION, "crop_pct": 0.8}
    timm.models.save_for_hf(model, made, safe_serialization=True)
    return made


@pytest.fixture(scope="module")
def encoder(folder: Path) -> PlainEncoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "place_of", lambda *_: str(folder))
        made = load_image_encoder("timm:test_resnet.tiny", batch=2)
    assert isinstance(made, PlainEncoder)
    return made


def stripes(size: tuple[int, int]) -> Image.Image:
    width, height = size
    rows = np.linspace(0, 255, height, dtype=np.uint8)[:, None, None]
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).copy())


def test_pictures_become_the_same_unit_vectors_in_any_batch(encoder: PlainEncoder) -> None:
    pictures = [Image.new("RGB", (80, 40), colour) for colour in ("red", "green", "blue")]
    vectors = encoder.encode(pictures)
    assert vectors.shape == (3, encoder.model.num_features)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(encoder.encode(pictures[2:]), vectors[2:], atol=1e-5)
    assert encoder.encode([]).shape == (0, 0)
    assert encoder.encode([Image.new("L", (9, 9)), Image.new("RGBA", (9, 9))]).shape[0] == 2


def test_the_whole_of_a_tall_picture_is_seen(encoder: PlainEncoder) -> None:
    tall, ends = stripes((60, 300)), stripes((60, 300))
    ends.paste("red", (0, 0, 60, 40))  # outside the middle square
    seen = [encoder.preprocess(picture) for picture in (tall, ends)]
    assert seen[0].shape == (3, SIDE, SIDE)
    assert not torch.allclose(seen[0], seen[1])
    lightest = (1 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    assert torch.allclose(seen[0].amax(dim=(1, 2)), lightest, atol=0.2)


def test_texts_are_refused_and_the_model_is_named(encoder: PlainEncoder) -> None:
    with pytest.raises(UnusableInput, match=r"models\.image_encoder.*timm:test_resnet\.tiny.*no text tower"):
        encoder.encode_texts(["a laptop"])


def test_the_export_gives_the_networks_own_vectors(encoder: PlainEncoder, tmp_path: Path) -> None:
    assert export_pictures(tmp_path, encoder)
    pictures = [stripes((50, 90)), Image.new("RGB", (130, 70), "orange")]
    assert np.allclose(ExportedPictures.load(tmp_path).encode(pictures), encoder.encode(pictures), atol=1e-4)


def test_a_name_is_a_repository_of_timm_unless_a_package_provides_it() -> None:
    from ameli_build.models.sources import sources_of

    assert sources_of("image_encoder", "timm:resnet50.a1_in1k@0123") == (Hub("timm/resnet50.a1_in1k", "0123", "timm"),)
    assert sources_of("image_encoder", "timm:tf_efficientnet_lite2") == (LITE2,)


def test_missing_weights_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path))
    with pytest.raises(UnusableInput, match=r"models\.image_encoder.*timm:no_such_network.*ameli models fetch"):
        load_image_encoder("timm:no_such_network")
    with pytest.raises(UnusableInput, match=r"models\.resnet.*expected torchvision:<resnet"):
        load_image_encoder("torchvision:vgg16", setting="resnet")
