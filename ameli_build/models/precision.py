"""Mixed precision: half where a processor is fast at it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any


def mixed(device: str, precision: str = "auto") -> AbstractContextManager[Any]:
    """Half precision for what bears it on a GPU; full precision on a CPU, whose results are kept and compared.

    `precision` is "auto", or "full" for full precision everywhere.
    """
    import torch

    kind = device.partition(":")[0]
    if kind != "cuda" or precision == "full":
        return torch.autocast("cpu", enabled=False)
    return torch.autocast("cuda", dtype=torch.bfloat16 if bears_bfloat16() else torch.float16)


def bears_bfloat16() -> bool:
    """Whether the GPU computes in bfloat16, whose losses need no scaling; older ones have float16."""
    import torch

    return bool(torch.cuda.is_bf16_supported())
