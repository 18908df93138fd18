"""Encoders from the ONNX files of `export.py`. They avoid PyTorch and Transformers, whose imports take seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from ameli_build.core.arrays import Floats, Matrix

MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"


def open_session(path: Path) -> Any:
    """An ONNX Runtime session on the processor."""
    import onnxruntime  # type: ignore[import-untyped]

    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def open_tokenizer(folder: Path, max_tokens: int) -> Any:
    """A tokenizer that truncates the longer text first, at `max_tokens`, and pads to the longest text of a batch."""
    from tokenizers import Tokenizer  # type: ignore[import-untyped]

    config = read_config(folder)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_truncation(max_length=max_tokens, strategy="longest_first")
    tokenizer.enable_padding(pad_id=config["pad_id"], pad_token=config["pad_token"])
    return tokenizer


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of an export."""
    config: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return config


@dataclass(frozen=True, slots=True)
class Backbone:
    """A Transformers encoder: from texts or pairs of texts to the states of the last layer."""

    session: Any
    tokenizer: Any

    def states(self, texts: Sequence[Any]) -> tuple[Floats, list[Any]]:
        """States of shape (texts, tokens, dimension), and the tokenizer's encodings."""
        encodings = self.tokenizer.encode_batch(list(texts))
        columns = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        wanted = [network_input.name for network_input in self.session.get_inputs()]
        (states,) = self.session.run(None, {name: np.array(columns[name], dtype=np.int64) for name in wanted})
        return np.asarray(states, dtype=np.float32), encodings


@dataclass(frozen=True, slots=True)
class ExportedTexts:
    """A `TextEncoder`: the mean over a text's tokens, or its first token (`pooling`: "mean" or "first")."""

    backbone: Backbone
    pooling: str

    @classmethod
    def load(cls, folder: Path, max_tokens: int, pooling: str) -> ExportedTexts:
        """The export in `folder`."""
        return cls(Backbone(open_session(folder / MODEL), open_tokenizer(folder, max_tokens)), pooling)

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of shape (texts, dimension)."""
        states, encodings = self.backbone.states(texts)
        if self.pooling == "first":
            return unit(states[:, 0])
        return unit(_means(states, [encoding.attention_mask for encoding in encodings]))


@dataclass(frozen=True, slots=True)
class ExportedPairs:
    """An encoder of pairs, as `models.pairs`: the mean over the second text's tokens."""

    backbone: Backbone
    batch: int

    @classmethod
    def load(cls, folder: Path, max_tokens: int, batch: int) -> ExportedPairs:
        """The export in `folder`."""
        return cls(Backbone(open_session(folder / MODEL), open_tokenizer(folder, max_tokens)), batch)

    def encode(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        """A matrix of shape (pairs, dimension), rows not normalised."""
        parts = [self._encode_batch(pairs[start : start + self.batch]) for start in range(0, len(pairs), self.batch)]
        return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    def _encode_batch(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        states, encodings = self.backbone.states(pairs)
        return _means(states, [[int(place == 1) for place in encoding.sequence_ids] for encoding in encodings])


@dataclass(frozen=True, slots=True)
class ExportedPictures:
    """An image network, with its preprocessing."""

    session: Any
    side: int
    """Side of the square input, in pixels."""
    squeezed: bool
    """Whether the whole picture is squeezed into the square; if not, its middle is cropped."""
    scaling: Image.Resampling
    mean: tuple[float, ...]
    """Mean of each colour, 0 to 1."""
    deviation: tuple[float, ...]
    """Standard deviation of each colour."""

    @classmethod
    def load(cls, folder: Path) -> ExportedPictures:
        """The export in `folder`."""
        config, session = read_config(folder), open_session(folder / MODEL)
        scaling = Image.Resampling[config["scaling"].upper()]
        mean, deviation = tuple(config["mean"]), tuple(config["deviation"])
        return cls(session, config["side"], config["squeezed"], scaling, mean, deviation)

    def encode(self, images: Sequence[Image.Image]) -> Matrix:
        """Unit vectors of shape (images, dimension)."""
        pixels = np.stack([self._pixels(image) for image in images])
        (vectors,) = self.session.run(None, {self.session.get_inputs()[0].name: pixels})
        return unit(np.asarray(vectors, dtype=np.float32))

    def _pixels(self, image: Image.Image) -> Floats:
        """The preprocessed picture, shape (3, side, side)."""
        square = self._square(image.convert("RGB"))
        colours = (np.asarray(square, dtype=np.float32) / 255 - self.mean) / self.deviation
        return np.ascontiguousarray(colours.transpose(2, 0, 1), dtype=np.float32)

    def _square(self, image: Image.Image) -> Image.Image:
        if self.squeezed:
            return image.resize((self.side, self.side), self.scaling)
        shorter = min(image.size)
        size = tuple(max(self.side, int(self.side * length / shorter)) for length in image.size)
        resized = image.resize((size[0], size[1]), self.scaling)
        left, top = (round((length - self.side) / 2) for length in resized.size)
        return resized.crop((left, top, left + self.side, top + self.side))


@dataclass(frozen=True, slots=True)
class Exported:
    """A trained network, from arrays to a single array."""

    session: Any

    @classmethod
    def load(cls, path: Path) -> Exported:
        """The export at `path`."""
        return cls(open_session(path))

    def __call__(self, *inputs: npt.NDArray[Any]) -> Floats:
        """The network's output."""
        names = [network_input.name for network_input in self.session.get_inputs()]
        (output,) = self.session.run(None, dict(zip(names, inputs, strict=True)))
        return np.asarray(output, dtype=np.float32)


def unit(vectors: Floats) -> Matrix:
    """Rows of unit length."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _means(states: Floats, masks: Sequence[Sequence[int]]) -> Matrix:
    weights = np.array(masks, dtype=np.float32)[:, :, None]
    return np.asarray((states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1), dtype=np.float32)
