"""Styles and scripts for self-contained pages, with hashes for the Content-Security-Policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def asset(package: str, name: str) -> str:
    """The text of a file in a package's folder `page`."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def tokens() -> str:
    """Colours and type, light and dark, that all pages of the house share."""
    return asset("ameli_build.annotation", "tokens.css")


def source_hash(source: str) -> str:
    """The hash of a style or script for a Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")
