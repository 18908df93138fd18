"""The small CLIP of this package, for the demo and the tests. It was trained only on renderings."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image

NAME = "ameli-tiny-clip"
_FOLDER = Path(__file__).parent / "bundled" / "tiny_clip"

Preprocess = Callable[[Image.Image], torch.Tensor]
Tokenizer = Callable[[list[str]], torch.Tensor]


def checkpoint() -> Path:
    """The weights file, in half precision."""
    return _FOLDER / "tiny_clip.safetensors"


def merges() -> Path:
    """The byte-pair merges of the tokenizer: the first 1,500 of open_clip's file."""
    return _FOLDER / "merges.txt.gz"


@cache
def register() -> str:
    """Register the architecture with open_clip; returns its name there."""
    import open_clip

    open_clip.add_model_config(_FOLDER / f"{NAME}.json")
    return NAME


def tokenizer() -> Tokenizer:
    """A function from texts to a tensor of token numbers, shape (texts, 32)."""
    import open_clip

    # Not in the configuration, where the path would have to be absolute.
    function: Tokenizer = open_clip.get_tokenizer(register(), bpe_path=str(merges()))
    return function


def load() -> tuple[Any, Preprocess, Tokenizer]:
    """The model (eval mode, float32, CPU), its preprocessing of pictures, and its tokenizer."""
    import open_clip

    model, _, preprocess = open_clip.create_model_and_transforms(register(), pretrained=str(checkpoint()))
    return model.eval(), preprocess, tokenizer()
