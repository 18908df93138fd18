"""Image networks without a text tower, by timm's and torchvision's names, without their classifiers (section 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from ameli_build.models.sources import LITE2, place_of

if TYPE_CHECKING:
    import torch

Preprocess = Callable[[Image.Image], "torch.Tensor"]


def load_timm(name: str, setting: str) -> tuple[Any, Preprocess]:
    """The network of `timm:<name>[@<revision>]` with pooled features as output, and its preprocessing.

    Raises:
        FileNotFoundError: The weights are missing. Errors of timm pass through.
    """
    import timm
    import torch

    place = Path(place_of(setting, name))
    model: Any
    if place.is_dir():
        model = timm.create_model(f"local-dir:{place}", pretrained=True, num_classes=0)
    else:
        model = timm.create_model(name.removeprefix("timm:"), num_classes=1000)
        stored = torch.load(place, map_location="cpu", weights_only=True)
        if place.name == LITE2.pattern:  # the same tensors in the same order, with other names
            stored = dict(zip(model.state_dict(), stored.values(), strict=True))
        model.load_state_dict(stored)
        model.reset_classifier(0)
    return model, _whole_picture(model)


def _whole_picture(model: Any) -> Preprocess:
    """Preprocessing with the network's size and colours that squeezes the whole picture into a square.

    A classifier's usual transform crops the margins, and with them the ends of a product in a tall photograph.
    """
    import timm

    data: Any = timm.data
    config = data.resolve_model_data_config(model) | {"crop_pct": 1.0, "crop_mode": "squash"}
    transform: Preprocess = data.create_transform(**config, is_training=False)
    return transform


def load_torchvision(name: str, setting: str) -> tuple[Any, Preprocess]:
    """The network of `torchvision:<resnet>[,<file>]`, and its preprocessing; errors of PyTorch pass through."""
    import torch
    from torchvision.models import get_model, get_model_weights

    architecture, _, path = name.partition(":")[2].partition(",")
    if not architecture.startswith("resnet"):
        raise ValueError("expected torchvision:<resnet architecture>[,<weights file>]")
    if not path:
        path = str(next(Path(place_of(setting, name)).glob("*.pth")))
    model = get_model(architecture, weights=None)
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    model.fc = torch.nn.Identity()
    transform: Preprocess = get_model_weights(architecture).DEFAULT.transforms()
    return model, transform
