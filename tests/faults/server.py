"""A server that misbehaves on purpose, for tests of whatever reads from one."""

from __future__ import annotations

from collections.abc import Mapping

from ameli_build.demo.answers import Answer
from ameli_build.demo.faults import Fault, FaultPlan, Rule
from ameli_build.demo.server import LoopbackServer

MISSING = Answer(b"not here", "text/plain; charset=utf-8", 404)


def misbehaving(
    pages: Mapping[str, Answer | bytes], *rules: Rule, host_name: str = "127.0.0.1", port: int = 0
) -> LoopbackServer:
    """A server of `pages` (target to answer, or to an HTML page) with the faults of `rules`; a context manager."""

    def respond(target: str) -> Answer:
        answer = pages.get(target, MISSING)
        return answer if isinstance(answer, Answer) else Answer(answer)

    return LoopbackServer(respond, FaultPlan(rules), port, host_name)


def always(fault: Fault, pattern: str = "", times: int | None = None) -> Rule:
    """The fault at every URL that matches `pattern`, `times` times each (None: always)."""
    return Rule(pattern, fault, times)
