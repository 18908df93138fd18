"""Choice of a review's mention among the candidates (section 3.3): the SBERT-nearest to the product's title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ameli_build.mentions.match import Occurrence


@dataclass(frozen=True, slots=True)
class Mention:
    """The words that name the product, their offsets in code points, and their similarity to the title if computed."""

    text: str
    start: int
    end: int
    score: float | None


def places_of_names(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """An occurrence of each name, in any number and hyphenation: an occurrence after "this", else the first.

    If the review uses a noun of the title, names that end in other nouns do not count: in a review of "earbuds",
    "headphones" are another product.
    """
    chosen: dict[str, Occurrence] = {}
    accepted = [place for place in occurrences if not place.refusal]
    for place in [place for place in accepted if place.titled] or accepted:
        known = chosen.setdefault(place.key, place)
        if place.this and not known.this:
            chosen[place.key] = place
    return [chosen[key] for key in sorted(chosen)]


def choose_mention(text: str, occurrences: Sequence[Occurrence], scores: Mapping[str, float]) -> Mention | None:
    """The name with the highest score; ties go to the longer name. None if there is no name.

    Args:
        text: The review.
        occurrences: Places of names in it, of which `places_of_names` selects.
        scores: Similarity to the title by `wording`; a single name needs none.
    """
    places = places_of_names(occurrences)
    if not places:
        return None
    best = places[0]
    if len(places) > 1:
        best = max(places, key=lambda place: (scores[wording(text, place)], len(wording(text, place)), place.key))
    return Mention(text[best.start : best.end], best.start, best.end, scores.get(wording(text, best)))


def wording(text: str, place: Occurrence) -> str:
    """The words of an occurrence in lower case, which are compared with the title."""
    return text[place.start : place.end].lower()
