"""Networks of pictures alone, by timm's and torchvision's names, without their classifiers (section 5.2)."""

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
    """The network of `timm:<name>[@<revision>]`, which gives pooled features, and its preprocessing.

    Raises what timm raises, and `FileNotFoundError` where its weights are not there.
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
        if place.name == LITE2.pattern:  # the same tensors in the same order, under the names of another program
            stored = dict(zip(model.state_dict(), stored.values(), strict=True))
        model.load_state_dict(stored)
        model.reset_classifier(0)
    return model, _whole_picture(model)


def _whole_picture(model: Any) -> Preprocess:
    """The network's own size and colours, the whole picture squeezed into its square.

    A classifier's own transform cuts off the rim and the ends of a tall photograph, where the product may be.
    """
    import timm

    data: Any = timm.data
    config = data.resolve_model_data_config(model) | {"crop_pct": 1.0, "crop_mode": "squash"}
    transform: Preprocess = data.create_transform(**config, is_training=False)
    return transform


def load_torchvision(name: str, setting: str) -> tuple[Any, Preprocess]:
    """The network of `torchvision:<resnet>[,<file>]`, and its preprocessing; raises what PyTorch raises."""
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
