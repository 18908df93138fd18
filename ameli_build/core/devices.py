"""Which processor models run on."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import metadata


@cache
def best_device() -> str:
    """`cuda` where there is a GPU and a PyTorch that can use it, else `cpu`; PyTorch is not imported for it."""
    try:
        if metadata.version("torch").endswith("+cpu"):
            return "cpu"
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        there = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError, metadata.PackageNotFoundError):
        return "cpu"
    return "cuda" if there and count.value else "cpu"
