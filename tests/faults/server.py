"""A server with faults on demand."""

from __future__ import annotations

from collections.abc import Mapping

from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Fault, FaultPlan, Rule
from ameli_build.demo.server import LoopbackServer

MISSING = Answer(b"not here", "text/plain; charset=utf-8", 404)


def misbehaving(
    pages: Mapping[str, Answer | bytes], *rules: Rule, host_name: str = "127.0.0.1", port: int = 0
) -> LoopbackServer:
    """A server of `pages` (from target to response or HTML) with the faults of `rules`; a context manager."""

    def respond(target: str) -> Answer:
        answer = pages.get(target, MISSING)
        return answer if isinstance(answer, Answer) else Answer(answer)

    return LoopbackServer(respond, FaultPlan(rules), port, host_name)


def always(fault: Fault, pattern: str = "", times: int | None = None) -> Rule:
    """A rule for all URLs that match `pattern`: the first `times` requests of each have the fault, or all (None)."""
    return Rule(pattern, fault, times)
