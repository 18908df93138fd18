"""Responses of the demo's servers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before compression and transfer."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def page(text: str, status: int = 200) -> Answer:
    """An HTML page."""
    return Answer(text.encode(), "text/html; charset=utf-8", status)


def as_json(value: Any) -> Answer:
    """A JSON document."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), "application/json;charset=UTF-8")


def moved(location: str) -> Answer:
    """A permanent redirect."""
    return Answer(b"", status=301, headers=(("Location", location),))
