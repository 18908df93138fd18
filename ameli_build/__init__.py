"""Builds and scores AMELI, a benchmark for attribute-aware multimodal entity linking."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("ameli-build")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["__version__"]
