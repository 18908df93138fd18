"""The sections of `ameli diff` as lines for a terminal: first numbers, then examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ameli_build.core.not_run import NotRun
from ameli_build.core.text import columns, figures
from ameli_build.diff.scores import SplitScores
from ameli_build.diff.settings import Runs
from ameli_build.diff.tables import Changes, Sample
from ameli_build.diff.verdicts import Verdicts

T = TypeVar("T")
SHORT, LONG = 60, 240
"""Most characters of a value and of a reason."""
FLIPS = {
    "dropped_in_b": "released in A, dropped in B",
    "released_in_b": "dropped in A, released in B",
    "other_reason": "dropped in both, for another reason",
    "other_split": "released in both, in another split",
    "only_in_a": "released in A, not in the catalogue of B",
    "only_in_b": "released in B, not in the catalogue of A",
}
SEVERAL = 3
"""Most items of a list that are shown as removed or added."""


def section(title: str, found: T | NotRun, lines: Callable[[T], Iterator[str]]) -> Iterator[str]:
    """A section with its title; the first of `lines` follows the title on its line."""
    if isinstance(found, NotRun):
        yield printed(f"{title}: not compared: {found.reason}")
        return
    first, *rest = [*lines(found)] or ["no difference"]
    yield f"{title}: {first}"
    yield from (f"  {printed(line)}" for line in rest)


def runs(found: Runs) -> Iterator[str]:
    """Settings, models and versions that differ, with both values."""
    kinds = (found.settings, found.models, found.versions)
    rows = [(value(name), value(a), value(b)) for pairs in kinds for name, (a, b) in pairs.items()]
    if rows:
        yield f"{len(rows)} differ"
        yield from columns([("", "A", "B"), *rows]).splitlines()


def stages(found: Mapping[str, str]) -> Iterator[str]:
    """Stages that differ between the two runs."""
    if found:
        yield f"{len(found)} differ"
        yield from columns((value(name), value(why, 2 * SHORT)) for name, why in found.items()).splitlines()


def changes(found: Changes) -> Iterator[str]:
    """Rows that appeared, vanished or changed."""
    groups = {"only in A": found.vanished, "new in B": found.appeared, "changed": found.changed}
    counts = [f"{group.count:,} {name}" for name, group in groups.items() if group.count]
    yield f"{found.rows[0]:,} in A, {found.rows[1]:,} in B; {', '.join(counts) or 'no difference'}"
    if found.uncompared:
        yield f"columns of one side only, or of another type: {', '.join(found.uncompared)}"
    for name in ("only in A", "new in B"):
        if groups[name].examples:
            yield f"{name}:"
            yield from _examples(groups[name], lambda row: iter(["  ".join(map(value, row.values()))]))
    yield from _changed(found.changed, found.columns)


def _changed(found: Sample, counted: Mapping[str, int]) -> Iterator[str]:
    """Changed rows: their number by column, then examples with both values."""
    if found.count:
        most = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        yield f"changed: {', '.join(f'{name} {count:,}' for name, count in most)}"
        yield from _examples(found, _row)


def _examples(found: Sample, lines: Callable[[dict[str, Any]], Iterator[str]]) -> Iterator[str]:
    for example in found.examples:
        yield from (f"  {line}" for line in lines(example))
    if found.examples and (rest := found.count - len(found.examples)):
        yield f"  and {rest:,} more (--all)"


def _row(example: Mapping[str, Any]) -> Iterator[str]:
    yield "  ".join(value(part) for name, part in example.items() if name != "columns")
    yield from (f"  {name}: {_step(a, b)}" for name, (a, b) in example["columns"].items())


def _step(a: Any, b: Any) -> str:
    """Two values of a column: lists without their common items, long texts from their first difference."""
    if isinstance(a, list) and isinstance(b, list):
        return "  ".join([*_items("-", a, b), *_items("+", b, a)]) or "another order"
    if isinstance(a, str) and isinstance(b, str):
        alike = next((n for n, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))
        start = max(alike - SHORT // 3, 0)
        a, b = ("…" * (start > 0) + text[start:] for text in (a, b))
    return f"{value(a)} -> {value(b)}"


def _items(sign: str, items: Sequence[Any], others: Sequence[Any]) -> Iterator[str]:
    alone = [item for item in items if item not in others]
    yield from (f"{sign} {_item(item)}" for item in alone[:SEVERAL])
    if len(alone) > SEVERAL:
        yield f"{sign} {len(alone) - SEVERAL} more"


def _item(item: Any) -> str:
    is_pair = isinstance(item, dict) and {"name", "value"} <= item.keys()
    return value(f"{item['name']}: {item['value']}" if is_pair else item)


def verdicts(found: Verdicts) -> Iterator[str]:
    """Reviews whose fate differs, by kind, with the rule's reason, measure and threshold."""
    differ = found.changed.changed.count + sum(flips.found.count for flips in found.flips.values())
    released = f"{found.released[0]:,} reviews released in A, {found.released[1]:,} in B"
    yield released if differ else f"{released}; no difference"
    for kind, flips in found.flips.items():
        if flips.found.count:
            yield f"{flips.found.count:,} {FLIPS[kind]}:"
            fates = ((_fate(a, b), f"{count:,}") for (a, b), count in flips.fates.most_common())
            yield from (f"  {line}" for line in columns(fates).splitlines())
            yield from _examples(flips.found, _flip)
    if found.changed.changed.count:
        yield f"{found.changed.changed.count:,} released in both, with other values:"
        yield from (f"  {line}" for line in _changed(found.changed.changed, found.changed.columns))


def _fate(a: str, b: str) -> str:
    return " -> ".join(value(fate) for fate in (a, b) if fate)


def _flip(example: Mapping[str, str | None]) -> Iterator[str]:
    detail, measure, threshold = (value(example[name] or "", LONG) for name in ("detail", "value", "threshold"))
    parts = [detail, measure, threshold and f"(threshold: {threshold})"]
    line = f"{value(example['review_id'])}  {_fate(example['a'] or '', example['b'] or '')}"
    yield f"{line}: {'  '.join(filter(None, parts))}" if any(parts) else line


def scores(found: Sequence[SplitScores]) -> Iterator[str]:
    """The scores of both sides for each split, with the paired difference on their common reviews."""
    yield "in percent; B - A on the reviews in both, with its paired bootstrap interval, where single reviews are known"
    for split in found:
        of_a, of_b, both = split.reviews
        numbers = f"{split.split}: {of_a:,} reviews in A, {of_b:,} in B, {f'{both:,}' if both else 'no review'} in both"
        alike = of_a == of_b == both and all(score.alike for score in split.scores)
        yield f"{numbers}; no difference in {len(split.scores)} scores" if alike else numbers
        yield from () if alike else (f"  {line}" for line in figures(_table(split)))


def _table(split: SplitScores) -> Iterator[tuple[str, ...]]:
    """The scores as rows of equal length, with a line above each metric."""
    same = split.reviews[0] == split.reviews[1] == split.reviews[2]
    head = ("A", "B", *(() if same else ("A, in both", "B, in both")), "B - A", "95 %")
    metric = ""
    for score in split.scores:
        if metric != (metric := f"{score.table}, {score.metric}"):
            yield (metric, *head)
        cells = (score.a, score.b, *(() if same else score.shared or (None, None)))
        difference = "" if score.difference is None else f"{score.difference:+.2f}"
        interval = "[{:+.2f}, {:+.2f}]".format(*score.interval) if score.interval else ""
        yield (value(score.row), *("-" if cell is None else f"{cell:.2f}" for cell in cells), difference, interval)


def value(item: Any, most: int = SHORT) -> str:
    """A value as JSON, a text without quotation marks, on one line of at most `most` characters."""
    shown = printed(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def printed(text: str) -> str:
    """A text on one line; unprintable characters, such as commands for a terminal, are escaped."""
    return text if text.isprintable() else repr(text)[1:-1]
