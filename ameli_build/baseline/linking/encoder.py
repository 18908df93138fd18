"""An encoder of pairs that is trained together with the text module's head: its top layers, or all of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from ameli_build.baseline.linking.pairs import PairTexts
from ameli_build.core.arrays import Integers, Matrix
from ameli_build.core.errors import UnusableInput
from ameli_build.models.pairs import PairEncoder, load_pair_encoder
from ameli_build.models.sources import identity


class LearningEncoder(nn.Module):
    """A copy of an encoder whose `layers` top layers are trained; -1 for all layers and the embeddings."""

    def __init__(self, pairs: PairEncoder, name: str, layers: int) -> None:
        super().__init__()
        self.model = copy.deepcopy(pairs.model)  # the loaded encoder is shared, and stays frozen
        self.pairs = replace(pairs, model=self.model)
        self.name, self.layers = name, layers
        free_layers(self.model, layers, name)

    @classmethod
    def of(cls, texts: PairTexts, layers: int) -> LearningEncoder:
        """The untrained encoder for these pairs."""
        return cls(load_pair_encoder(texts.name, texts.device, texts.batch, texts.max_tokens), texts.name, layers)

    def description(self) -> dict[str, Any]:
        """The parameters for `described`."""
        model = {"name": self.name, "identity": identity(self.name)}
        return {**model, "layers": self.layers, "max_tokens": self.pairs.max_tokens}

    @classmethod
    def described(cls, values: Mapping[str, Any], device: str, batch: int) -> LearningEncoder:
        """The untrained encoder of a `description`; raises `UnusableInput` if the model of that name has changed."""
        name = str(values["name"])
        loaded = load_pair_encoder(name, device, batch, values["max_tokens"])
        if identity(name) != values["identity"]:
            raise UnusableInput(f"the model {name!r} is not the one that the text module was trained with")
        return cls(loaded, name, values["layers"])

    def forward(self, texts: PairTexts, slots: Integers) -> torch.Tensor:
        """Representations of the pairs with these numbers, shape (*slots, dimension); 0 for the number -1."""
        numbers, place = np.unique(slots, return_inverse=True)
        wanted = [texts.texts[n] for n in numbers if n >= 0]
        rows: list[torch.Tensor] = [torch.zeros(1, self.pairs.width, device=self.pairs.device)]
        order: list[int] = []
        for some in self.pairs.batches(wanted):
            rows.append(self.pairs.represent([wanted[n] for n in some]))
            order += some
        back = np.zeros(len(numbers), dtype=np.int64)  # the row of each number; 0, the zeros, for -1
        back[np.flatnonzero(numbers >= 0)[order]] = np.arange(1, len(order) + 1)
        encodings = torch.cat(rows)
        return encodings[torch.from_numpy(back[place].reshape(slots.shape)).to(encodings.device)]

    def encode(self, texts: PairTexts, numbers: Integers) -> Matrix:
        """Representations of the pairs with these numbers by the present weights; 0 for all other pairs."""
        self.eval()
        vectors = np.zeros((len(texts), self.pairs.width), dtype=np.float32)
        if len(numbers):
            vectors[numbers] = self.pairs.encode([texts.texts[n] for n in numbers])
        return vectors


def free_layers(model: nn.Module, layers: int, name: str) -> None:
    """Make the top `layers` layers trainable and freeze the rest; raises `UnusableInput` if there are fewer layers."""
    model.requires_grad_(layers < 0)
    if layers <= 0:
        return
    stack = getattr(getattr(model, "encoder", None), "layer", None)
    if not isinstance(stack, nn.ModuleList):
        raise UnusableInput(
            f"setting baseline.text_layers: {name} has no list of layers at encoder.layer; use 0 (none) or -1 (all)"
        )
    if layers > len(stack):
        raise UnusableInput(f"setting baseline.text_layers: {layers} of the {len(stack)} layers of {name}")
    for layer in stack[-layers:]:
        layer.requires_grad_(True)
