"""What pages that stand alone are made of: styles and scripts of a package, named by hash for the page's policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files


@cache
def asset(package: str, name: str) -> str:
    """The text of a file in the folder `page` of a package."""
    return (files(package) / "page" / name).read_text(encoding="utf-8")


def tokens() -> str:
    """Colours and type, light and dark, that all pages of the house share."""
    return asset("ameli_build.annotation", "tokens.css")


def source_hash(source: str) -> str:
    """A style or script as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode("ascii")
