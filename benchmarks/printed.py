"""Lines that all benchmarks print: the machine, and the distance to an aim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BUSY = 0.5
"""The load above which a machine is busy."""


def machine_lines(host: Mapping[str, Any], versions: Mapping[str, str] | None = None) -> Iterator[str]:
    """The machine as in `machine.machine`, the versions of packages, and a warning if the machine was busy."""
    yield f"{host['processor']}, {host['processors']} processors, {host['memory_gib']} GiB, {host['system']}"
    if versions is not None:
        yield f"Python {host['python']}, " + ", ".join(f"{name} {version}" for name, version in versions.items())
    if host["load"] > BUSY:
        yield f"The machine was busy before this began (load {host['load']}): compare processor seconds, not rates."


def reached(value: float, aim: float, *, least: bool) -> str:
    """State whether a value is at least (or at most) the aim, or by which share it misses the aim."""
    if value >= aim if least else value <= aim:
        return "reached"
    return f"missed by {abs(value - aim) / aim:.0%}"
