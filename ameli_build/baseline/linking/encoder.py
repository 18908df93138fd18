"""An encoder of pairs that learns together with the text module's head: its upper layers, or all of it."""

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
    """A copy of an encoder of which the `layers` top layers learn; -1 for all, embeddings too."""

    def __init__(self, pairs: PairEncoder, name: str, layers: int) -> None:
        super().__init__()
        self.model = copy.deepcopy(pairs.model)  # the loaded one is shared, and stays frozen
        self.pairs = replace(pairs, model=self.model)
        self.name, self.layers = name, layers
        free_layers(self.model, layers, name)

    @classmethod
    def of(cls, texts: PairTexts, layers: int) -> LearningEncoder:
        """The encoder that is to read these pairs."""
        loaded = load_pair_encoder(texts.name, texts.device, texts.batch, texts.max_tokens)
        return cls(loaded, texts.name, layers)

    def told(self) -> dict[str, Any]:
        """The parameters for `again`."""
        known = {"name": self.name, "identity": identity(self.name), "layers": self.layers}
        return {**known, "max_tokens": self.pairs.max_tokens}

    @classmethod
    def again(cls, told: Mapping[str, Any], device: str, batch: int) -> LearningEncoder:
        """The untrained encoder of these parameters; raises `UnusableInput` if the model of that name has changed."""
        name = str(told["name"])
        loaded = load_pair_encoder(name, device, batch, told["max_tokens"])
        if identity(name) != told["identity"]:
            raise UnusableInput(f"the model {name!r} is not the one that the text module was trained with")
        return cls(loaded, name, told["layers"])

    def forward(self, texts: PairTexts, slots: Integers) -> torch.Tensor:
        """Representations of the pairs with these numbers, shape (*slots, dimension); 0 for the number -1."""
        numbers, place = np.unique(slots, return_inverse=True)
        wanted = [texts.texts[n] for n in numbers if n >= 0]
        rows: list[torch.Tensor] = []
        order: list[int] = []
        for some in self.pairs.batches(wanted):
            rows.append(self.pairs.represent([wanted[n] for n in some]))
            order += some
        missing = torch.zeros(1, self.pairs.width, device=self.pairs.device)
        sorted_rows = torch.cat([missing, *rows])
        back = np.zeros(len(numbers), dtype=np.int64)  # the row of each number; 0, the zeros, for -1
        back[np.flatnonzero(numbers >= 0)[order]] = np.arange(1, len(order) + 1)
        return sorted_rows[torch.from_numpy(back[place].reshape(slots.shape)).to(sorted_rows.device)]

    def encode(self, texts: PairTexts, numbers: Integers) -> Matrix:
        """Representations of the pairs with these numbers as the encoder is now; 0 for all others."""
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
