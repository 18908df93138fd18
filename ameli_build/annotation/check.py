"""Usable answers, and the reasons why others cannot be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ameli_build.annotation.answers import Given
from ameli_build.annotation.tasks import TASKS, Task

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """Usable answers, blank rows of other reviews, and a message for each file and kind of problem."""

    answers: tuple[Given, ...]
    blank: tuple[Given, ...]
    problems: tuple[str, ...]


def check(given: Iterable[Given], tasks: Mapping[str, Task]) -> Checked:
    """Sort answers by annotator and review, without unusable answers.

    If an annotator answered a review twice, equal answers count once. The later of different answers counts; none does
    if the time of one is unknown.
    """
    groups: dict[tuple[str, str, str], list[Given]] = defaultdict(list)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    blank: dict[tuple[str, str, str], Given] = {}
    for row in given:
        problem = _problem(row, tasks)
        if problem is not None:
            found[row.file, problem].append(_example(row))
        elif row.choice is None:
            blank[_key(row)] = row
        else:
            groups[_key(row)].append(row)
    answers = []
    for _, rows in sorted(groups.items()):
        last = _last(rows)
        choices = sorted({str(row.choice) for row in last})
        if len(choices) == 1:
            answers.append(last[0])
        else:
            kind = "two different answers of an annotator for the same review, both ignored"
            found[rows[-1].file, kind].append(f"{rows[0].review_id} ({' and '.join(choices)})")
    blanks = tuple(row for key, row in blank.items() if key not in groups)
    return Checked(tuple(answers), blanks, tuple(_line(*key, examples) for key, examples in sorted(found.items())))


def _key(row: Given) -> tuple[str, str, str]:
    return row.task, row.annotator, row.review_id


def _problem(row: Given, tasks: Mapping[str, Task]) -> str | None:
    if row.task not in TASKS:
        return f"of an unknown task ({row.task[:40]})"
    task = tasks[row.task]
    if row.fingerprint is not None and row.fingerprint != task.fingerprint:
        return "of another snapshot or an earlier build, ignored"
    if not row.review_id:
        return "without a review id"
    item = task.items.get(row.review_id)
    if item is None:
        return "with an unknown review id"
    if row.choice is None or row.choice in task.choices(item):
        return None
    if row.choice.startswith("="):
        return "with a formula instead of a choice"
    return "with a choice out of range"


def _last(rows: Sequence[Given]) -> Sequence[Given]:
    """The rows of the latest time; all rows if the time of one is unknown."""
    times = [row.moment for row in rows]
    if None in times:
        return rows
    latest = max(time for time in times if time is not None)
    return [row for row, time in zip(rows, times, strict=True) if time == latest]


def _example(row: Given) -> str:
    return f"{row.review_id[:60]!r} ({row.choice[:20]})" if row.choice else repr(row.review_id[:60])


def _line(file: str, kind: str, examples: Sequence[str]) -> str:
    shown = ", ".join(examples[:_EXAMPLES]) + (", ..." if len(examples) > _EXAMPLES else "")
    rows = "row" if len(examples) == 1 else "rows"
    return f"{file}: {len(examples)} {rows} {kind}: {shown}"
