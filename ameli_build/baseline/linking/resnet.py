"""V2VEL's image encoder: a torchvision ResNet without its classifier (section 5.2)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ameli_build.baseline.data import Data
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.models import Matrix, identity
from ameli_build.models.missing import unavailable
from ameli_build.models.pictures import open_picture
from ameli_build.models.precision import mixed
from ameli_build.settings import Settings
from ameli_build.snapshot import UnusableInput
from ameli_build.stages import Shard, Work

SHARED = ("ameli_build.models.pictures", "ameli_build.models.precision")


def embed_resnet(work: Work, settings: Settings, data: Data) -> tuple[Matrix, Matrix]:
    """Unit vectors of the first picture of each review and of each product.

    `models.resnet` is `torchvision:<architecture>` (weights are downloaded) or `torchvision:<architecture>,<file>`.
    Raises `UnusableInput` where the setting is empty or its weights cannot be had.
    """
    name, size = settings.models.resnet, settings.run.shard_rows
    if not name:
        raise UnusableInput("models.resnet is empty: no ResNet weights to run V2VEL with")
    load_resnet(name, settings.models.device)
    firsts = [paths[0] for paths in (*data.reviews.images, *data.kb.images)]
    distinct = sorted(set(firsts))
    code, root = module_fingerprint(*SHARED, __name__), str(data.root)
    parts = [distinct[start : start + size] for start in range(0, len(distinct), size)]
    common = (name, settings.models.device, settings.models.batch, settings.models.precision)
    shards = [
        Shard(fingerprint("resnet", part, identity(name), common[1:], code), (*common, root, part)) for part in parts
    ]
    vectors = np.concatenate([table["vector"].to_numpy() for table in work.map("embed by resnet", _encode, shards)])
    place = {path: n for n, path in enumerate(distinct)}
    rows = vectors[[place[path] for path in firsts]]
    return rows[: len(data.reviews)], rows[len(data.reviews) :]


@lru_cache(maxsize=1)
def load_resnet(name: str, device: str) -> tuple[Any, Any]:
    """The network without its classifier, and its preprocessing; raises `UnusableInput` when it cannot be had."""
    import torch
    from torchvision.models import get_model, get_model_weights

    try:
        kind, _, rest = name.partition(":")
        architecture, _, path = rest.partition(",")
        if kind != "torchvision" or not architecture.startswith("resnet"):
            raise ValueError("expected torchvision:<resnet architecture>[,<weights file>]")
        weights = get_model_weights(architecture).DEFAULT
        model = get_model(architecture, weights=None if path else weights)
        if path:
            model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # the libraries below raise whatever they like for a missing model
        raise unavailable("resnet", name, error) from error
    model.fc = torch.nn.Identity()
    return model.to(device).eval(), weights.transforms()


def _encode(payload: tuple[str, str, int, str, str, list[str]]) -> pl.DataFrame:
    import torch

    name, device, batch, precision, root, paths = payload
    model, transform = load_resnet(name, device)
    parts = []
    for start in range(0, len(paths), batch):
        pixels = torch.stack([transform(open_picture(Path(root) / path)) for path in paths[start : start + batch]])
        with torch.inference_mode(), mixed(device, precision):
            found = torch.nn.functional.normalize(model(pixels.to(device)).float(), dim=-1)
        parts.append(found.cpu().numpy())
    vectors = np.round(np.concatenate(parts), 6)
    return pl.DataFrame({"vector": vectors}, schema={"vector": pl.Array(pl.Float32, vectors.shape[1])})
