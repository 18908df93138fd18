"""Inflected forms of nouns, as spaCy's rules lemmatise them.

A review's word equals a name's head when both have the same lemma as nouns. Expanding the few heads into their forms
gives the same verdicts as lemmatising every word of every review, at a fraction of the cost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ameli_build.mentions.tables import name_table
from ameli_build.mentions.words import word_set

if TYPE_CHECKING:
    from spacy.language import Language

UNCHANGED = word_set("canvas gas gps lens nas series ups xbox")
_SINGULAR_ENDS = ("ss", "us", "is")
"""Singular nouns that end like plurals, which rules would cut, and the ends of others."""

SINGULAR_DIFFERS = word_set("glasses goggles")
"""Plurals whose singular names something else."""

_VOWEL = re.compile("[aeiouy]")
_NOUN = "NOUN"
_SIBILANTS = ("ches", "shes", "sses", "xes", "zzes")


@lru_cache(maxsize=1 << 16)
def noun_lemma(word: str, language: Language) -> str:
    """The lemma of a lower-case word read as a noun, whatever a tagger would make of a shop's capitals."""
    from spacy.tokens import Doc

    if word in UNCHANGED or word in SINGULAR_DIFFERS or word.endswith(_SINGULAR_ENDS) or not word.isalpha():
        return word  # a model number has no plural
    if not word.endswith(("s", "men")) and word not in _irregular_nouns(language):
        return word
    if not _VOWEL.search(word):
        return word.removesuffix("s") if word.removesuffix("s") in name_table().things else word  # not "gmrs"
    token = Doc(language.vocab, words=[word], pos=[_NOUN])[0]
    lemmatize = getattr(language.get_pipe("lemmatizer"), "rule_lemmatize", None)
    lemmas = lemmatize(token) if lemmatize is not None else [word]
    lemma = str(lemmas[0]).lower() if lemmas else word
    if word.endswith(_SIBILANTS) and lemma == word[:-1] and not is_noun(lemma, language):
        return word[:-2]  # for a word that it does not know, spaCy only cuts the "s": "smartwatche"
    return lemma


@lru_cache(maxsize=1 << 14)
def noun_forms(lemma: str, language: Language) -> frozenset[str]:
    """The lemma and its plurals: those regular and irregular spellings that lemmatise to it."""
    if lemma in SINGULAR_DIFFERS:
        return frozenset((lemma,))
    forms = {form for form in _plurals(lemma, language) if noun_lemma(form, language) == lemma}
    return frozenset(forms | {lemma})


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The words that spaCy's tables list, by what they can be; empty where the pipeline has no tables.

    `things` are nouns that are nothing else, with their regular plurals; `acts` are nouns that are verbs as well and
    nothing else ("belt", "jar"); both without function words (`stops`) and forms of other verbs ("works", "gaming").
    """

    nouns: frozenset[str]
    verbs: frozenset[str]
    adjectives: frozenset[str]
    listed: frozenset[str]
    things: frozenset[str]
    acts: frozenset[str]
    stops: frozenset[str]


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
    return Dictionary(nouns, verbs, adjectives, listed, frozenset(things - stops), acts - stops, stops)


def is_verb(lemma: str, language: Language) -> bool:
    """Whether the word is also listed as a verb ("to watch", "to vacuum")."""
    return lemma in dictionary(language).verbs


def is_noun(lemma: str, language: Language) -> bool:
    """Whether the word is listed as a noun."""
    return lemma in dictionary(language).nouns


def listed_nouns(language: Language) -> frozenset[str]:
    """All words that are listed as nouns."""
    return dictionary(language).nouns


def is_listed(word: str, language: Language) -> bool:
    """Whether the word is in the dictionary at all, unlike most names."""
    return word in dictionary(language).listed


def _plurals(lemma: str, language: Language) -> set[str]:
    forms = {lemma + "s", lemma + "es"}
    if lemma.endswith("y"):
        forms.add(lemma[:-1] + "ies")
    if lemma.endswith(("f", "fe")):
        forms.add(lemma.removesuffix("e")[:-1] + "ves")
    return forms | _irregular_plurals(language).get(lemma, set())


@lru_cache(maxsize=2)
def _irregular_plurals(language: Language) -> Mapping[str, set[str]]:
    plurals: dict[str, set[str]] = {}
    for form, lemmas in _irregular_nouns(language).items():
        for lemma in lemmas:
            plurals.setdefault(lemma, set()).add(form)
    return plurals


@lru_cache(maxsize=2)
def _irregular_nouns(language: Language) -> Mapping[str, Collection[str]]:
    """The irregular plurals that spaCy's tables list, with their lemmas."""
    forms: Mapping[str, Collection[str]] = _table("lemma_exc", language).get("noun", {})
    return forms


def _table(name: str, language: Language) -> Mapping[str, Any]:
    """A table of the lemmatizer by kinds of words; empty where the pipeline has none."""
    tables = getattr(language.get_pipe("lemmatizer"), "lookups", None)
    return tables.get_table(name) if tables is not None and tables.has_table(name) else {}
