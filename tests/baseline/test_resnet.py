"""The encoder of V2VEL: a random checkpoint of a small ResNet runs the code of the paper's checkpoint."""

from pathlib import Path

import numpy as np
import pytest
import torch
from baseline_world import write_dataset
from torchvision.models import resnet18

from ameli_build.baseline.encode import embed_resnet
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import load_data


def test_the_first_pictures_become_unit_vectors(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(resnet18().state_dict(), tmp_path / "weights.pth")
    snapshot = Snapshot(write_dataset(tmp_path / "small", {"train": 2, "dev": 1, "test": 1}, limit=3))
    settings = load_settings("demo", [f"models.resnet=torchvision:resnet18,{tmp_path / 'weights.pth'}"])
    reviews, products = embed_resnet(Work(snapshot), settings, load_data(snapshot.dataset))
    assert (reviews.shape, products.shape) == ((4, 512), (3, 512))
    assert np.linalg.norm(products, axis=1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "why"), [("", "models.resnet is empty"), ("torchvision:vgg11,weights.pth", "expected torchvision:<resnet")]
)
def test_missing_weights_are_refused(tmp_path: Path, name: str, why: str) -> None:
    snapshot = Snapshot(write_dataset(tmp_path / "small", {"train": 1, "dev": 0, "test": 0}, limit=2))
    settings = load_settings("demo", [f"models.resnet={name}"])
    with pytest.raises(UnusableInput, match=why):
        embed_resnet(Work(snapshot), settings, load_data(snapshot.dataset))
