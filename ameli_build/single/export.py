"""Encoders as ONNX files, which load in a fraction of the import time of PyTorch and Transformers.

An export is used only if it gives the vectors of its model on a few test inputs. Other models run in PyTorch, which is
slower.
"""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from ameli_build.baseline.linking.head import Head
from ameli_build.core.arrays import Floats
from ameli_build.core.snapshot import whole_file, write_bytes, write_json
from ameli_build.models import ImageEncoder, TextEncoder
from ameli_build.models.pairs import PairEncoder
from ameli_build.models.vision import OpenClipEncoder, PlainEncoder
from ameli_build.single.encoders import CONFIG, MODEL, TOKENIZER, ExportedPairs, ExportedPictures, ExportedTexts

OPSET = 17
CLOSE = 1e-3
"""Largest difference between numbers of an export and of its model, whose rounding of colours may differ."""

TEXTS = (
    "A short one.",
    'This LAPTOP is great: 16 GB of memory, a 15.6" screen, “silent” fans. ' * 3,
    "word " * 700,
)
PAIRS = ((TEXTS[1], TEXTS[0]), (TEXTS[0], TEXTS[1]), (TEXTS[2], TEXTS[0]))


def export_backbone(folder: Path, encoder: PairEncoder) -> bool:
    """Write a Transformers encoder and its tokenizer to `folder`; returns whether it could be exported."""
    tokenizer, model = encoder.tokenizer, encoder.model
    sample = tokenizer(["one text"], ["and another"], return_tensors="pt")
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in sample]

    class States(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: torch.Tensor) -> Any:
            return self.model(**dict(zip(names, inputs, strict=True))).last_hidden_state

    axes = {name: {0: "texts", 1: "tokens"} for name in (*names, "states")}
    try:
        text = tokenizer.backend_tokenizer.to_str()
        export_network(folder / MODEL, States(), [sample[name] for name in names], names, "states", axes)
    except Exception:  # exporters raise many kinds of errors
        return False
    write_bytes(folder / TOKENIZER, text.encode())
    write_json(folder / CONFIG, {"pad_id": tokenizer.pad_token_id, "pad_token": tokenizer.pad_token})
    return True


def text_options(folder: Path, encoder: TextEncoder) -> dict[str, Any] | None:
    """Options of `ExportedTexts` that reproduce a Sentence Transformers model; None if there are none."""
    limit = getattr(getattr(encoder, "model", None), "max_seq_length", None)
    if not limit:
        return None
    wanted = encoder.encode(TEXTS)
    for pooling in ("mean", "first"):
        options: dict[str, Any] = {"max_tokens": int(limit), "pooling": pooling}
        with contextlib.suppress(Exception):
            if _close(ExportedTexts.load(folder, **options).encode(TEXTS), wanted):
                return options
    return None


def pair_options(folder: Path, encoder: PairEncoder) -> dict[str, Any] | None:
    """Options of `ExportedPairs` that reproduce an encoder of pairs; None if there are none."""
    options = {"max_tokens": encoder.max_tokens, "batch": encoder.batch}
    with contextlib.suppress(Exception):
        if _close(ExportedPairs.load(folder, **options).encode(PAIRS), encoder.encode(PAIRS)):
            return options
    return None


def export_pictures(folder: Path, encoder: ImageEncoder) -> bool:
    """Write the image tower of an open_clip model, or an image network, to `folder`; returns whether it could."""
    if isinstance(encoder, OpenClipEncoder):
        encode = encoder.model.encode_image
    elif isinstance(encoder, PlainEncoder):
        encode = encoder.model
    else:
        return False
    model = encoder.model

    class Tower(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pixels: torch.Tensor) -> Any:
            return encode(pixels)

    try:
        config = _preprocessing(encoder.preprocess)
        sample = torch.zeros(1, 3, config["side"], config["side"])
        axes = {"pixels": {0: "images"}, "vectors": {0: "images"}}
        export_network(folder / MODEL, Tower(), [sample], ["pixels"], "vectors", axes)
        write_json(folder / CONFIG, config)
        images = [_picture(180, 120), _picture(90, 301)]
        return _close(ExportedPictures.load(folder).encode(images), encoder.encode(images))
    except Exception:  # another exporter, another preprocessing
        return False


def export_adapter(path: Path, adapter: torch.nn.Module) -> None:
    """Write an adapter of pictures, which takes vectors of shape (pictures, dimension)."""
    width = next(adapter.parameters()).shape[1]
    axes = {"vectors": {0: "pictures"}, "adapted": {0: "pictures"}}
    export_network(path, adapter, [torch.zeros(2, width)], ["vectors"], "adapted", axes)


def export_head(path: Path, head: Head) -> None:
    """Write the text module's head; its inputs are those of `Head.forward`."""
    slots, width, _, _ = head.shape
    sample = [torch.zeros(1, 3, slots, width), torch.zeros(1, 3, slots), torch.ones(1, 3, dtype=torch.bool)]
    names = ["encodings", "signals", "real"]
    axes = {name: {0: "reviews", 1: "candidates"} for name in (*names, "scores")}
    export_network(path, head.cpu(), sample, names, "scores", axes)


def _preprocessing(preprocess: Any) -> dict[str, Any]:
    """The parameters of resize, crop and normalise for `ExportedPictures`."""
    steps = {type(step).__name__: step for step in preprocess.transforms}
    resize, side = steps["Resize"], int(steps["CenterCrop"].size[0])
    numbers = {"mean": steps["Normalize"].mean, "deviation": steps["Normalize"].std}
    parameters = {"side": side, "squeezed": resize.size == (side, side), "scaling": resize.interpolation.value}
    return parameters | {name: [float(value) for value in values] for name, values in numbers.items()}


def _picture(width: int, height: int) -> Image.Image:
    """Test pictures with soft colours and hard edges, to compare scaling and cropping."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    colours = np.stack([across, down, (across * 7 + down * 5) % 1], axis=-1)
    return Image.fromarray((colours * 255).astype(np.uint8))


def export_network(
    path: Path,
    network: torch.nn.Module,
    sample: Sequence[torch.Tensor],
    inputs: Sequence[str],
    output: str,
    axes: dict[str, dict[int, str]],
) -> None:
    """Write a network as ONNX, atomically. `axes` names the axes of variable length. Errors of PyTorch pass through."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as handle, _quiet(), torch.inference_mode():
        torch.onnx.export(
            network.eval(),
            tuple(sample),
            handle,  # type: ignore[arg-type]
            input_names=list(inputs),
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the exporter's messages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _close(exported: Floats, original: Floats) -> bool:
    return exported.shape == original.shape and bool(np.abs(exported - original).max(initial=0) <= CLOSE)
