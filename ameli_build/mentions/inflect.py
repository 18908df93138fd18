"""Inflected forms of nouns, as spaCy's rules lemmatise them.

A review's word equals a name's head when both have the same lemma as nouns. Expanding the few heads into their forms
gives the same verdicts as lemmatising every word of every review, at a fraction of the cost.
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
"""Singular nouns that end like plurals, or plurals whose singular names something else; the ends of other singulars."""

_VOWEL = re.compile("[aeiouy]")
_SIBILANTS = ("ches", "shes", "sses", "xes", "zzes")


@lru_cache(maxsize=1 << 16)
def noun_lemma(word: str, language: Language) -> str:
    """The lemma of a lower-case word read as a noun, whatever a tagger would make of a shop's capitals."""
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
        return word[:-2]  # for a word that it does not know, spaCy only cuts the "s": "smartwatche"
    return lemma


@lru_cache(maxsize=1 << 14)
def noun_forms(lemma: str, language: Language) -> frozenset[str]:
    """The lemma and its plurals: those regular and irregular spellings that lemmatise to it."""
    listed = dictionary(language)
    forms = {lemma.removesuffix(new) + end for end, new in listed.rules if lemma.endswith(new)}
    forms |= listed.plurals.get(lemma, set())
    return frozenset({lemma} | {form for form in forms if noun_lemma(form, language) == lemma})


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words that spaCy's tables list, by what they can be; empty where the pipeline has no tables.

    `things` are nouns that are nothing else, with their regular plurals; `acts` are nouns that are verbs as well and
    nothing else ("belt", "jar"); both without function words (`stops`) and forms of other verbs ("works", "gaming").
    `rules` are ends of regular plurals and of their singulars; `singulars` and `plurals` those of irregular nouns: by
    them spaCy gives the same lemmas, but searches a list of 57,528 nouns for every form of every word.
    """

    nouns: frozenset[str]
    verbs: frozenset[str]
    adjectives: frozenset[str]
    listed: frozenset[str]
    things: frozenset[str]
    acts: frozenset[str]
    stops: frozenset[str]
    rules: tuple[tuple[str, str], ...]
    singulars: Mapping[str, Sequence[str]]
    plurals: Mapping[str, set[str]]


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
    """A table of the lemmatizer by kinds of words; empty where the pipeline has none."""
    tables = getattr(language.get_pipe("lemmatizer"), "lookups", None)
    return tables.get_table(name) if tables is not None and tables.has_table(name) else {}
