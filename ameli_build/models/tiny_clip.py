"""The small CLIP that comes with this package, for the demo and the tests; it has seen renderings only."""

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
    """The file of weights, half precision."""
    return _FOLDER / "tiny_clip.safetensors"


def merges() -> Path:
    """The byte-pair merges of its tokenizer: the first 1,500 of the file that open_clip carries."""
    return _FOLDER / "merges.txt.gz"


@cache
def register() -> str:
    """Makes the architecture known to open_clip; the name to ask it for."""
    import open_clip

    open_clip.add_model_config(_FOLDER / f"{NAME}.json")
    return NAME


def tokenizer() -> Tokenizer:
    """Texts to a tensor of token numbers, shape (texts, 32)."""
    import open_clip

    # The path is given here, not in the configuration, where it could only be absolute.
    made: Tokenizer = open_clip.get_tokenizer(register(), bpe_path=str(merges()))
    return made


def load() -> tuple[Any, Preprocess, Tokenizer]:
    """The model (eval mode, float32, CPU), what makes a tensor of a picture, and the tokenizer."""
    import open_clip

    model, _, preprocess = open_clip.create_model_and_transforms(register(), pretrained=str(checkpoint()))
    return model.eval(), preprocess, tokenizer()
