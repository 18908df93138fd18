"""Work of a known length for `cluster.py`; workers import this module by its name."""

from __future__ import annotations

import time

import polars as pl


def nap(payload: tuple[int, float]) -> pl.DataFrame:
    """Sleep, and return a row."""
    number, seconds = payload
    time.sleep(seconds)
    return pl.DataFrame({"n": [number]})
