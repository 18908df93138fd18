"""Builds and scores AMELI, a benchmark for attribute-aware multimodal entity linking."""

import os
from importlib.metadata import PackageNotFoundError, version

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime reports its use to its makers otherwise

try:
    __version__ = version("ameli-build")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
