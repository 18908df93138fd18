"""Trained weights and tuned values of the first run of `ameli baseline`, copied into the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ameli_build.baseline.standing import whole_record
from ameli_build.core.arrays import Matrix
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot, file_digest
from ameli_build.models.pairs import PairEncoder
from ameli_build.scores.tables import OURS, read_scores
from ameli_build.single.index import model_folder

T = TypeVar("T")

NOT_RUN = "ameli baseline has not finished here: retrieval decides, with even weights of its channels"
NOT_SAVED = "ameli baseline has tuned weights, but no trained modules: retrieval decides"
OTHER_SETTINGS = "ameli baseline was run with other settings: retrieval decides, with even weights of its channels"
NOT_EXPORTED = "the fine-tuned encoder of the text module cannot be exported: retrieval decides"
NO_ONNX = "the trained modules of ameli baseline need the package onnx: retrieval decides"


@dataclass(frozen=True, slots=True)
class TrainedParts:
    """The part of a baseline that the index contains."""

    about: dict[str, Any]
    """For `index.json`: `weights` of retrieval's channels, `lambda`, whether there is an `adapter` and a `head`, and a
    `note` on missing parts."""
    adapt: Callable[[Matrix], Matrix] | None
    """Applies the adapter to vectors of product pictures."""
    encoder: PairEncoder | None
    """The encoder of pairs, if it was fine-tuned."""
    digest: str = ""
    """Digest of the encoder's file."""


def bring_trained(snapshot: Snapshot, settings: Settings, folder: Path) -> TrainedParts:
    """Write the trained networks to `folder` as ONNX files: `adapter.onnx` (for review pictures) and `head.onnx`.

    Nothing is written if the baseline did not finish, or ran with other models, signals or another number of attributes
    than these settings.
    """
    about: dict[str, Any] = {"weights": {}, "lambda": None, "adapter": False, "head": False, "note": NOT_RUN}
    record = whole_record(snapshot)
    if not record:  # after an interrupted run, scores and modules may belong to different runs
        return TrainedParts(about, None, None)
    scores = read_scores(snapshot.root / "baseline" / "scores.json")
    signals = record.get("settings", {}).get("text_signals", True)
    if signals != settings.baseline.text_signals or not _same_models(scores.notes.get("models", {}), settings):
        return TrainedParts(about | {"note": OTHER_SETTINGS}, None, None)
    about |= {"weights": dict(scores.tuned["weights"][scores.notes["candidates"]["from"]]), "note": NOT_SAVED}
    if find_spec("onnx") is None:
        return TrainedParts(about | {"note": NO_ONNX}, None, None)
    from ameli_build.baseline.linking.image_module import Adapters
    from ameli_build.baseline.linking.text_module import TextModule
    from ameli_build.single.export import export_adapter, export_head

    source = model_folder(snapshot)
    adapters, text = _there(lambda: Adapters.load(source)), _there(lambda: TextModule.load(source))
    if text is not None and text.head.shape[0] != settings.baseline.attributes_per_candidate + 2:
        return TrainedParts(about | {"note": OTHER_SETTINGS}, None, None)
    if adapters is not None:
        export_adapter(folder / "adapter.onnx", adapters.review)
    if text is not None:
        export_head(folder / "head.onnx", text.head)
    about |= {"adapter": adapters is not None, "head": text is not None, "lambda": scores.tuned["lambda"].get(OURS)}
    if adapters is not None and text is not None:
        about["note"] = ""
    learning = None if text is None or text.encoder is None else text.encoder.pairs
    digest = file_digest(source / "text_module.safetensors") if learning else ""
    return TrainedParts(about, None if adapters is None else adapters.adapt_products, learning, digest)


def _same_models(used: Mapping[str, str], settings: Settings) -> bool:
    roles = ("text_encoder", "image_encoder", "nli_encoder")
    return all(used.get(role) == getattr(settings.models, role) for role in roles)


def _there(load: Callable[[], T]) -> T | None:
    try:
        return load()
    except UnusableInput:  # not trained, or removed from the cache
        return None


def adapted(trained: TrainedParts, vectors: Matrix) -> Matrix:
    """Vectors of product pictures after the adapter."""
    return vectors if trained.adapt is None else np.round(trained.adapt(vectors), 6)
