"""Mixed precision on GPUs: bfloat16, or float16 with scaled losses on older GPUs."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch

from ameli_build.models.precision import bears_bfloat16, mixed


@dataclass(frozen=True, slots=True)
class Precision:
    """The device, which decides the precision of forward passes, and the scaler of the losses."""

    device: str
    scaler: torch.amp.GradScaler

    @classmethod
    def of(cls, device: str) -> Precision:
        """Mixed on CUDA; full precision elsewhere."""
        if not device.startswith("cuda"):
            return cls(device, torch.amp.GradScaler("cpu", enabled=False))
        return cls(device, torch.amp.GradScaler("cuda", enabled=not bears_bfloat16()))

    def context(self) -> AbstractContextManager[Any]:
        """The context of a forward pass."""
        return mixed(self.device)
