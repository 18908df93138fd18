"""The union of the attributes by several extractors (section 4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ameli_build.baseline.extraction.attributes import Found, Sheet
from ameli_build.informativeness.attributes import Tokens

_LIST = re.compile(r"[,;]\s")


def listed_names(sheets: Sequence[Sheet]) -> frozenset[str]:
    """Attributes that can have several values at once: in two rows of a sheet, or in a row with a comma (ports)."""
    several: set[str] = set()
    for sheet in sheets:
        names = [key for key, _ in sheet.rows]
        several.update(key for key in names if names.count(key) > 1)
        several.update(key for key, value in sheet.rows if _LIST.search(value))
    return frozenset(several)


def fuse(found: Sequence[Found], listed: frozenset[str]) -> Found:
    """The union of what extractors state of one review, given from the most trusted to the least.

    Of an attribute with one value, those that follow count only where they agree with the first that states it.
    """
    values: dict[str, frozenset[Tokens]] = {}
    for one in found:
        for key, stated in one.values.items():
            known = values.get(key, frozenset())
            if not known or key in listed or known & stated:
                values[key] = known | stated
    return Found(dict(sorted(values.items())))
