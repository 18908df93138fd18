"""The device that models run on."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import metadata


@cache
def best_device() -> str:
    """`cuda` if there is a GPU and PyTorch can use it, else `cpu`. Does not import PyTorch."""
    try:
        if metadata.version("torch").endswith("+cpu"):
            return "cpu"
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        works = driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0
    except (OSError, AttributeError, metadata.PackageNotFoundError):
        return "cpu"
    return "cuda" if works and count.value else "cpu"
