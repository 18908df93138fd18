"""Mixed precision where there is a GPU: bfloat16, or float16 with scaled losses on older ones."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Precision:
    """What forward passes run in (None: as the weights are), and the scaler of the losses."""

    half: torch.dtype | None
    scaler: torch.amp.GradScaler

    @classmethod
    def of(cls, device: str) -> Precision:
        """Mixed on CUDA; full precision elsewhere."""
        if not device.startswith("cuda"):
            return cls(None, torch.amp.GradScaler("cpu", enabled=False))
        half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return cls(half, torch.amp.GradScaler("cuda", enabled=half == torch.float16))

    def context(self) -> AbstractContextManager[Any]:
        """What the forward pass runs in."""
        return nullcontext() if self.half is None else torch.autocast("cuda", self.half)
