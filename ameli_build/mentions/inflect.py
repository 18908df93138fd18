"""Inflected forms of nouns, as spaCy's rules lemmatise them.

A review's word equals a name's head when both have the same lemma as nouns. Expanding the few heads into their forms
gives the same verdicts as lemmatising every word of every review, at a fraction of the cost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

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
_KINDS = ("noun", "verb", "adj", "adv")
_SIBILANTS = ("ches", "shes", "sses", "xes", "zzes")


@lru_cache(maxsize=1 << 16)
def noun_lemma(word: str, language: Language) -> str:
    """The lemma of a lower-case word read as a noun, whatever a tagger would make of a shop's capitals."""
    from spacy.tokens import Doc

    if word in UNCHANGED or word in SINGULAR_DIFFERS or word.endswith(_SINGULAR_ENDS) or not word.isalpha():
        return word  # a model number has no plural
    if not word.endswith(("s", "men")) and word not in _exceptions("noun", language):
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


def is_verb(lemma: str, language: Language) -> bool:
    """Whether the word is also listed as a verb ("to watch", "to vacuum")."""
    return lemma in _listed("verb", language)


def is_noun(lemma: str, language: Language) -> bool:
    """Whether the word is listed as a noun."""
    return lemma in listed_nouns(language)


def listed_nouns(language: Language) -> frozenset[str]:
    """All words that are listed as nouns."""
    return _listed("noun", language)


def is_listed(word: str, language: Language) -> bool:
    """Whether the word is in the dictionary at all, unlike most names."""
    return word in dictionary(language)


@lru_cache(maxsize=2)
def plain_nouns(language: Language) -> frozenset[str]:
    """Words listed as nouns and not as adjectives: before another noun they say of what kind it is."""
    return _listed("noun", language) - _listed("adj", language)


@lru_cache(maxsize=2)
def only_nouns(language: Language) -> frozenset[str]:
    """Nouns that are nothing else, and their regular plurals; no function words, no verb forms ("works", "gaming")."""
    verbs = _listed("verb", language)
    others = verbs | _qualifiers(language) | frozenset(_exceptions("verb", language))
    others |= {form for verb in verbs for form in (verb + "s", verb + "es", verb[:-1] + "ies")}
    found = {word for word in _listed("noun", language) - others if len(word) > 2 and not word.endswith("ing")}
    found |= {word + "s" for word in found} - others
    return frozenset(found - language.Defaults.stop_words)


@lru_cache(maxsize=2)
def verbal_nouns(language: Language) -> frozenset[str]:
    """Nouns that are verbs as well and nothing else ("belt", "jar"); no function words, no forms of another verb."""
    found = (_listed("noun", language) & _listed("verb", language)) - _qualifiers(language)
    return frozenset(found - _exceptions("verb", language).keys() - language.Defaults.stop_words)


def _qualifiers(language: Language) -> frozenset[str]:
    return _listed("adj", language) | _listed("adv", language)


@lru_cache(maxsize=2)
def dictionary(language: Language) -> frozenset[str]:
    """All listed words."""
    return frozenset().union(*(_listed(kind, language) for kind in _KINDS))


@lru_cache(maxsize=16)
def _listed(kind: str, language: Language) -> frozenset[str]:
    """The lemmas of a kind that spaCy's tables list; none where the pipeline has no tables."""
    tables = getattr(language.get_pipe("lemmatizer"), "lookups", None)
    if tables is None or not tables.has_table("lemma_index"):
        return frozenset()
    return frozenset(tables.get_table("lemma_index").get(kind, ()))


def _plurals(lemma: str, language: Language) -> set[str]:
    forms = {lemma + "s", lemma + "es"}
    if lemma.endswith("y"):
        forms.add(lemma[:-1] + "ies")
    if lemma.endswith("f"):
        forms.add(lemma[:-1] + "ves")
    if lemma.endswith("fe"):
        forms.add(lemma[:-2] + "ves")
    forms |= {form for form, lemmas in _exceptions("noun", language).items() if lemma in lemmas}
    return forms


@lru_cache(maxsize=16)
def _exceptions(kind: str, language: Language) -> Mapping[str, Collection[str]]:
    """The irregular forms of a kind that spaCy's tables list, with their lemmas."""
    tables = getattr(language.get_pipe("lemmatizer"), "lookups", None)
    if tables is None or not tables.has_table("lemma_exc"):
        return {}
    exceptions: Mapping[str, Collection[str]] = tables.get_table("lemma_exc").get(kind, {})
    return exceptions
