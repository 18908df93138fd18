"""Reader of `labelled.txt`: products, and reviews with all places that name the product."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BRACKETED = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A review: its product's number (from 1), title and category path, its hard case, the places of mentions."""

    product: int
    title: str
    path: tuple[str, ...]
    case: str
    text: str
    places: frozenset[tuple[int, int]]

    @property
    def development(self) -> bool:
        """Whether rules may be made with the review in view (odd products); see the head of the file."""
        return self.product % 2 == 1


def read_labelled(file: str = "labelled.txt") -> list[Labelled]:
    """All labelled reviews in the order of the file."""
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if not line)  # the head ends at the first blank line
    found: list[Labelled] = []
    product, title, path = 0, "", ()
    for line in lines[start:]:
        if line.startswith("# "):
            path = tuple(line[2:].split(" > "))
        elif line.startswith("= "):
            product, title = product + 1, line[2:]
        elif line:
            case, _, bracketed = line.partition(": ")
            text, places = _unbracketed(bracketed)
            found.append(Labelled(product, title, path, case, text, places))
    return found


def _unbracketed(bracketed: str) -> tuple[str, frozenset[tuple[int, int]]]:
    """The text without brackets, and the places of the brackets."""
    places = {
        (match.start() - 2 * number, match.end() - 2 * (number + 1))
        for number, match in enumerate(_BRACKETED.finditer(bracketed))
    }
    return _BRACKETED.sub(r"\1", bracketed), frozenset(places)
