"""The plan of a build, and its text: tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ameli_build.core.not_run import NotRun
from ameli_build.core.progress import duration
from ameli_build.core.text import columns, gigabytes
from ameli_build.dry_run.loads import Load, Speed

MIB = 1 << 20
HEAD = ("work", "items", "in the cache", "each", "time")


@dataclass(frozen=True, slots=True)
class Timed:
    """A load, its speed (`NotRun` without a measurement) and the number of processes that share it.

    `memory` is the MiB of a process: measured, or estimated from the model's files.
    """

    load: Load
    speed: Speed | NotRun
    processes: int
    memory: int

    @property
    def seconds(self) -> float | None:
        """Time for the items that are not in the cache; None if the speed is unknown."""
        if not self.load.todo:
            return 0.0
        return self.load.todo * self.speed.seconds / self.processes if isinstance(self.speed, Speed) else None

    @property
    def size(self) -> float:
        """Bytes that the load adds to the disk."""
        return self.load.todo * self.speed.size if isinstance(self.speed, Speed) else 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A stage, the reason why it has to run ("" if it is done), and its loads."""

    name: str
    why: str
    loads: tuple[Timed, ...] = ()

    @property
    def memory(self) -> int:
        """Memory of all processes together in MiB, for the load that needs most."""
        return max((timed.memory * timed.processes for timed in self.loads), default=0)


@dataclass(frozen=True, slots=True)
class BuildEstimate:
    """The steps of a build and its needs.

    `missing` are models by role. `free` (on the snapshot's disk), `tables`, `ram` and `pictures` (of the release, at
    most) are in bytes.
    """

    steps: tuple[Step, ...]
    missing: Mapping[str, str]
    note: str
    tables: int
    free: int
    ram: int
    pictures: int = 0

    @property
    def seconds(self) -> float:
        """The sum of all known times."""
        return sum(timed.seconds or 0.0 for step in self.steps for timed in step.loads)

    @property
    def size(self) -> float:
        """Bytes on the disk: all known sizes, the tables and the pictures."""
        return sum(timed.size for step in self.steps for timed in step.loads) + self.tables + self.pictures

    def __str__(self) -> str:
        return show(self)


def show(estimate: BuildEstimate) -> str:
    """The work of each stage, the sums, and the obstacles."""
    cells = [_cells(timed) for step in estimate.steps for timed in step.loads]
    rows = columns([HEAD, *cells]).splitlines()
    lines, following = [f"  {rows[0]}"] if cells else [], iter(rows[1:])
    for step in estimate.steps:
        lines.append(f"{step.name}: {f'to do ({step.why})' if step.why else 'done'}")
        lines += [f"  {next(following)}" for _ in step.loads]
    return "\n".join([*lines, "", show_sums(estimate)])


def show_sums(estimate: BuildEstimate) -> str:
    """The cost of each stage and in all, and the obstacles."""
    sums: list[tuple[str, ...]] = [("stage", "time", "disk", "memory", "most of it")]
    sums += [_sum(step) for step in estimate.steps if step.loads]
    return "\n".join([columns(sums) if len(sums) > 1 else "nothing to do", "", *_total(estimate)])


def _cells(timed: Timed) -> tuple[str, ...]:
    load, seconds = timed.load, timed.seconds
    items = f"{'at most ' if load.at_most else ''}{load.items:,}"
    each = each_text(timed.speed.seconds) if isinstance(timed.speed, Speed) else str(timed.speed) if load.todo else ""
    cached = f"{load.cached:,}" if load.cached else ""
    return load.name, items, cached, each, "?" if seconds is None else duration(seconds)


def _sum(step: Step) -> tuple[str, ...]:
    unknown = " + ?" if any(timed.seconds is None for timed in step.loads) else ""
    seconds = sum(timed.seconds or 0.0 for timed in step.loads)
    memory = gigabytes(step.memory * MIB) if step.memory else "?"
    size = gigabytes(sum(timed.size for timed in step.loads))
    longest = max(step.loads, key=lambda timed: (timed.seconds is None, timed.seconds or timed.load.todo))
    return step.name, duration(seconds) + unknown, size, memory, f"{longest.load.todo:,} {longest.load.name}"


def _total(estimate: BuildEstimate) -> Iterator[str]:
    if estimate.note:
        yield estimate.note
    timed = [timed for step in estimate.steps for timed in step.loads]
    at_most = "at most " if any(load.load.at_most for load in timed) else ""
    unknown = ", without the unknown times" if any(load.seconds is None for load in timed) else ""
    pictures = f" and at most {gigabytes(estimate.pictures)} for pictures of the release" if estimate.pictures else ""
    yield (
        f"in all {at_most}{duration(estimate.seconds)}{unknown}; disk {gigabytes(estimate.size)}, of which "
        f"{gigabytes(estimate.tables)} for tables{pictures}; {gigabytes(estimate.free)} are free"
    )
    if estimate.size > estimate.free:
        yield "warning: the disk is too small"
    if any(step.memory * MIB > estimate.ram for step in estimate.steps):
        yield f"warning: this machine has {gigabytes(estimate.ram)} of memory; fewer --workers need less"
    if estimate.missing:
        named = ", ".join(f"{role} {name}" for role, name in estimate.missing.items())
        yield f"not here: {named}; to know their time, run `ameli models fetch` first"
    yield "not counted: reading, row rules, sorting and writing tables"


def each_text(seconds: float) -> str:
    """The time for an item, as text.

    >>> each_text(0.00123), each_text(0.0123), each_text(40.25)
    ('1.23 ms', '12.3 ms', '40.2 s')
    """
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
