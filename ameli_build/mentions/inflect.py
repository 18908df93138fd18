"""Inflected forms of nouns, by spaCy's lemmatization rules.

A word of a review equals the head of a name if both have the same noun lemma. Expanding the few heads into their forms
gives the same results as lemmatizing every word of every review, at a fraction of the cost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ameli_build.mentions.tables import name_table
from ameli_build.mentions.words import word_set

if TYPE_CHECKING:
    from spacy.language import Language

UNCHANGED = word_set("canvas gas glasses goggles gps lens nas series ups xbox")
_SINGULAR_ENDS = ("ss", "us", "is")
"""Singular nouns that end like plurals, or plurals whose singular is another thing; endings of other singulars."""

_VOWEL = re.compile("[aeiouy]")
_SIBILANTS = ("ches", "shes", "sses", "xes", "zzes")


@lru_cache(maxsize=1 << 16)
def noun_lemma(word: str, language: Language) -> str:
    """The lemma of a lower-case word as a noun. No tagger is used, which a shop's capitals would mislead."""
    if word in UNCHANGED or word.endswith(_SINGULAR_ENDS) or not word.isalpha():
        return word  # a model number has no plural
    listed = dictionary(language)
    if not word.endswith(("s", "men")) and word not in listed.singulars:
        return word
    if not _VOWEL.search(word):
        return word.removesuffix("s") if word.removesuffix("s") in name_table().things else word  # not "gmrs"
    cut = [word.removesuffix(end) + new for end, new in listed.rules if word.endswith(end)]
    known = [form for form in cut if form in listed.nouns]
    known += [form for form in listed.singulars.get(word, ()) if form not in known]
    lemma = (known[-1:] or cut or [word])[0]
    if word.endswith(_SIBILANTS) and lemma == word[:-1] and lemma not in listed.nouns:
        return word[:-2]  # from unknown words, spaCy cuts only the "s": "smartwatche"
    return lemma


@lru_cache(maxsize=1 << 14)
def noun_forms(lemma: str, language: Language) -> frozenset[str]:
    """The lemma and its plurals: all regular and irregular forms that have this lemma."""
    listed = dictionary(language)
    forms = {lemma.removesuffix(new) + end for end, new in listed.rules if lemma.endswith(new)}
    forms |= listed.plurals.get(lemma, set())
    return frozenset({lemma} | {form for form in forms if noun_lemma(form, language) == lemma})


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words in spaCy's tables, by part of speech; empty if the pipeline has no tables.

    spaCy's lemmatizer gives the same lemmas, but searches a list of 57,528 nouns for every form of every word.
    """

    nouns: frozenset[str]
    verbs: frozenset[str]
    adjectives: frozenset[str]
    listed: frozenset[str]
    """All words, adverbs too."""
    things: frozenset[str]
    """Words that are only nouns, with their regular plurals; without `stops` and verb forms ("works", "gaming")."""
    acts: frozenset[str]
    """Words that are only nouns and verbs ("belt", "jar"), without `stops`."""
    stops: frozenset[str]
    """Function words."""
    rules: tuple[tuple[str, str], ...]
    """Endings of regular plurals and of their singulars."""
    singulars: Mapping[str, Sequence[str]]
    """Singulars by irregular plural."""
    plurals: Mapping[str, set[str]]
    """Irregular plurals by singular."""


@lru_cache(maxsize=2)
def dictionary(language: Language) -> Dictionary:
    """The dictionary of a pipeline."""
    index = _table("lemma_index", language)
    nouns, verbs, adjectives, adverbs = (frozenset(index.get(kind, ())) for kind in ("noun", "verb", "adj", "adv"))
    stops, irregular = frozenset(language.Defaults.stop_words), _table("lemma_exc", language).get("verb", {}).keys()
    forms = {form for verb in verbs for form in (verb + "s", verb + "es", verb[:-1] + "ies")}
    others = verbs | adjectives | adverbs | irregular | forms
    things = {word for word in nouns - others if len(word) > 2 and not word.endswith("ing")}
    things |= {word + "s" for word in things} - others
    acts = (nouns & verbs) - adjectives - adverbs - irregular
    listed = nouns | verbs | adjectives | adverbs
    rules = tuple((end, new) for end, new in _table("lemma_rules", language).get("noun", ()))
    singulars = _table("lemma_exc", language).get("noun", {})
    plurals: dict[str, set[str]] = defaultdict(set)
    for form, lemmas in singulars.items():
        for lemma in lemmas:
            plurals[lemma].add(form)
    words = (nouns, verbs, adjectives, listed, frozenset(things - stops), acts - stops, stops)
    return Dictionary(*words, rules, singulars, dict(plurals))


def _table(name: str, language: Language) -> Mapping[str, Any]:
    """A table of the lemmatizer by part of speech; empty if the pipeline has none."""
    tables = getattr(language.get_pipe("lemmatizer"), "lookups", None)
    return tables.get_table(name) if tables is not None and tables.has_table(name) else {}
