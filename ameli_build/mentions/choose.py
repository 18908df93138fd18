"""Which of a review's candidate mentions is the mention (section 3.3): the SBERT-nearest to the product's title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ameli_build.mentions.match import Occurrence


@dataclass(frozen=True, slots=True)
class Mention:
    """The words that name the product, with offsets in code points, and their similarity to the title if compared."""

    text: str
    start: int
    end: int
    score: float | None


def places_of_names(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """One occurrence of each name, whatever its number and hyphens: one after "this", else the first.

    Where a noun of the title is said, names that end in others are none: with "earbuds", "headphones" are others.
    """
    chosen: dict[str, Occurrence] = {}
    naming = [place for place in occurrences if not place.refusal]
    for place in [place for place in naming if place.titled] or naming:
        known = chosen.setdefault(place.key, place)
        if place.this and not known.this:
            chosen[place.key] = place
    return [chosen[key] for key in sorted(chosen)]


def choose_mention(text: str, occurrences: Sequence[Occurrence], scores: Mapping[str, float]) -> Mention | None:
    """The name whose words in lower case have the highest of `scores`; ties go to the longer words.

    A name that is the only one needs no score; where it stands is told by `places_of_names`.
    """
    places = places_of_names(occurrences)
    if not places:
        return None
    best = places[0]
    if len(places) > 1:
        best = max(places, key=lambda place: (scores[wording(text, place)], len(wording(text, place)), place.key))
    return Mention(text[best.start : best.end], best.start, best.end, scores.get(wording(text, best)))


def wording(text: str, place: Occurrence) -> str:
    """The words of an occurrence as they are compared with the title: in lower case."""
    return text[place.start : place.end].lower()
