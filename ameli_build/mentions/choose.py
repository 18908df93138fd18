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


def choose_mention(text: str, occurrences: Sequence[Occurrence], scores: Mapping[str, float]) -> Mention | None:
    """The occurrence whose words in lower case have the highest of `scores`; ties go to the longer words.

    Words that are the only ones need no score.
    Words that occur more than once are taken where they stand after "this", else where they stand first.
    """
    if not occurrences:
        return None
    words = sorted({wording(text, place) for place in occurrences})
    best = words[0] if len(words) == 1 else max(words, key=lambda word: (scores[word], len(word), word))
    places = [place for place in occurrences if wording(text, place) == best]
    chosen = next((place for place in places if place.this), places[0])
    return Mention(text[chosen.start : chosen.end], chosen.start, chosen.end, scores.get(best))


def wording(text: str, place: Occurrence) -> str:
    """The words of an occurrence as they are compared with the title: in lower case."""
    return text[place.start : place.end].lower()
