"""Mixed precision: half precision on a GPU."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def mixed(device: str, precision: str = "auto") -> AbstractContextManager[Any]:
    """Context of mixed precision on a GPU; full precision on a CPU, whose results must be repeatable.

    `precision` is "auto", or "full" for full precision everywhere.
    """
    import torch

    kind = device.partition(":")[0]
    if kind != "cuda" or precision == "full":
        return torch.autocast("cpu", enabled=False)
    return torch.autocast("cuda", dtype=torch.bfloat16 if bears_bfloat16() else torch.float16)


def bears_bfloat16() -> bool:
    """Whether the GPU supports bfloat16, whose losses need no scaling; older GPUs use float16."""
    import torch

    return bool(torch.cuda.is_bf16_supported())
