"""What all benchmarks print: the machine, and how far an aim was reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BUSY = 0.5
"""Load from which on a machine is called busy."""


def machine_lines(on: Mapping[str, Any], versions: Mapping[str, str] | None = None) -> Iterator[str]:
    """The machine as `machine.machine` describes it, versions of what ran on it, a warning where it was busy."""
    yield f"{on['processor']}, {on['processors']} processors, {on['memory_gib']} GiB, {on['system']}"
    if versions is not None:
        yield f"Python {on['python']}, " + ", ".join(f"{name} {which}" for name, which in versions.items())
    if on["load"] > BUSY:
        yield f"The machine was busy before this began (load {on['load']}): compare processor seconds, not rates."


def reached(value: float, aim: float, *, least: bool) -> str:
    """Whether a value is at least (or at most) what was aimed at, or by how much not."""
    if value >= aim if least else value <= aim:
        return "reached"
    return f"missed by {abs(value - aim) / aim:.0%}"
