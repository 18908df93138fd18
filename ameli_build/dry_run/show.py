"""The plan of a build, and its text: tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ameli_build.core.not_run import NotRun
from ameli_build.core.text import columns, gigabytes
from ameli_build.crawl.progress_view import duration
from ameli_build.dry_run.loads import Load, Speed

MIB = 1 << 20
HEAD = ("work", "items", "in the cache", "each", "time")


@dataclass(frozen=True, slots=True)
class Timed:
    """A load, its speed (`NotRun` without a measurement) and the number of processes that share it.

    `memory` is the MiB of one process: measured, or estimated from the model's files.
    """

    load: Load
    speed: Speed | NotRun
    processes: int
    memory: int

    @property
    def seconds(self) -> float | None:
        """Time for the items that are not in the cache; None if the speed is unknown."""
        if not self.load.left:
            return 0.0
        return self.load.left * self.speed.seconds / self.processes if isinstance(self.speed, Speed) else None

    @property
    def size(self) -> float:
        """Bytes that the load adds to the disk."""
        return self.load.left * self.speed.size if isinstance(self.speed, Speed) else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A stage, the reason why it has to run ("" if it is done), and its loads."""

    name: str
    why: str
    loads: tuple[Timed, ...] = ()

    @property
    def memory(self) -> int:
        """Memory of all processes together in MiB, for the load that needs most."""
        return max((one.memory * one.processes for one in self.loads), default=0)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a build and its needs.

    `missing` are models by role. `free` (on the snapshot's disk), `tables` and `ram` are in bytes.
    """

    steps: tuple[Step, ...]
    missing: Mapping[str, str]
    note: str
    tables: int
    free: int
    ram: int

    @property
    def seconds(self) -> float:
        """The sum of all known times."""
        return sum(one.seconds or 0.0 for step in self.steps for one in step.loads)

    @property
    def size(self) -> float:
        """Bytes on the disk: all known sizes and the tables."""
        return sum(one.size for step in self.steps for one in step.loads) + self.tables

    def __str__(self) -> str:
        return show(self)


def show(plan: Plan) -> str:
    """The work of each stage, the sums, and the obstacles."""
    cells = [_cells(one) for step in plan.steps for one in step.loads]
    rows = columns([HEAD, *cells]).splitlines()
    lines, following = [f"  {rows[0]}"] if cells else [], iter(rows[1:])
    for step in plan.steps:
        lines.append(f"{step.name}: {f'to do ({step.why})' if step.why else 'done'}")
        lines += [f"  {next(following)}" for _ in step.loads]
    return "\n".join([*lines, "", show_sums(plan)])


def show_sums(plan: Plan) -> str:
    """The cost of each stage and in all, and the obstacles."""
    sums: list[tuple[str, ...]] = [("stage", "time", "disk", "memory", "most of it")]
    sums += [_sum(step) for step in plan.steps if step.loads]
    return "\n".join([columns(sums) if len(sums) > 1 else "nothing to do", "", *_total(plan)])


def _cells(one: Timed) -> tuple[str, ...]:
    load, seconds = one.load, one.seconds
    items = f"{'at most ' if load.at_most else ''}{load.items:,}"
    each = each_text(one.speed.seconds) if isinstance(one.speed, Speed) else str(one.speed) if load.left else ""
    return load.what, items, f"{load.kept:,}" if load.kept else "", each, "?" if seconds is None else duration(seconds)


def _sum(step: Step) -> tuple[str, ...]:
    unknown = " + ?" if any(one.seconds is None for one in step.loads) else ""
    seconds = sum(one.seconds or 0.0 for one in step.loads)
    memory = gigabytes(step.memory * MIB) if step.memory else "?"
    size = gigabytes(sum(one.size for one in step.loads))
    longest = max(step.loads, key=lambda one: (one.seconds is None, one.seconds or one.load.left))
    return step.name, duration(seconds) + unknown, size, memory, f"{longest.load.left:,} {longest.load.what}"


def _total(plan: Plan) -> Iterator[str]:
    if plan.note:
        yield plan.note
    at_most = "at most " if any(one.load.at_most for step in plan.steps for one in step.loads) else ""
    unknown = any(one.seconds is None for step in plan.steps for one in step.loads)
    yield (
        f"in all {at_most}{duration(plan.seconds)}{', without what is not known' if unknown else ''}; disk "
        f"{gigabytes(plan.size)}, of which {gigabytes(plan.tables)} for tables; {gigabytes(plan.free)} are free"
    )
    if plan.size > plan.free:
        yield "warning: the disk is too small for that"
    if any(step.memory * MIB > plan.ram for step in plan.steps):
        yield f"warning: this machine has {gigabytes(plan.ram)} of memory; fewer --workers need less"
    if plan.missing:
        named = ", ".join(f"{role} {name}" for role, name in plan.missing.items())
        yield f"not here: {named}; `ameli models fetch` brings models, then this tells their time"
    yield "not counted: reading, row rules, sorting and writing tables"


def each_text(seconds: float) -> str:
    """The time for an item, for people.

    >>> each_text(0.00123), each_text(0.0123), each_text(40.25)
    ('1.23 ms', '12.3 ms', '40.2 s')
    """
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
