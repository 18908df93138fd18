"""Prior probabilities of a product and of a category given a mention (section 4.2).

The names of a product are the noun chunks of its title and its leaf category. They are counted over the whole knowledge
base under every inflected form, so that a mention matches by surface and by lemma. A name in both title and category
counts twice. P(e|m) is the product's share of the occurrences of a form, P(c|m) the share of its category.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ameli_build.core.arrays import Integers, Mask, Values
from ameli_build.core.cache import Work
from ameli_build.core.settings import Settings
from ameli_build.datasets.data import KnowledgeBase
from ameli_build.mentions.stage import name_table
from ameli_build.mentions.words import WORD

Holders = tuple[tuple[int, ...], tuple[int, ...]]
"""Rows of the products with a name, and the count of the name in each."""
NOBODY: Holders = ((), ())


@dataclass(frozen=True, slots=True)
class Prior:
    """Form of a name -> products with their counts; and the number of each product's category."""

    forms: Mapping[str, Holders]
    category: Integers

    def entities(self, mention: str) -> Values:
        """P(e|m) for each product, shape (products,); all zero for an unknown name."""
        rows, counts = self.forms.get(form_of(mention), NOBODY)
        shares = np.zeros(len(self.category), dtype=np.float64)
        shares[list(rows)] = np.array(counts, dtype=np.float64) / max(sum(counts), 1)
        return shares

    def categories(self, mention: str) -> Values:
        """P(c|m) of each product's category, shape (products,)."""
        shares = np.bincount(self.category, weights=self.entities(mention))
        return np.asarray(shares[self.category], dtype=np.float64)

    def allowed(self, mention: str) -> Mask:
        """Products with P(e|m) and P(c|m) above zero; all products if there are none."""
        mask = np.zeros(len(self.category), dtype=np.bool_)
        mask[list(self.forms.get(form_of(mention), NOBODY)[0])] = True  # P(c|m) is above zero wherever P(e|m) is
        return mask if mask.any() else np.ones(len(self.category), dtype=np.bool_)


def form_of(mention: str) -> str:
    """The letters and digits of a mention in lower case, without hyphens, spaces and apostrophes."""
    return "".join(WORD.findall(mention.lower()))


def count_forms(names: Iterable[Mapping[str, int]], categories: Sequence[tuple[str, ...]]) -> Prior:
    """The prior from the counts of each product's name forms, and from its category, the whole path."""
    forms: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, counts in enumerate(names):
        for form, count in counts.items():
            forms[form].append((row, count))
    number = {path: n for n, path in enumerate(sorted(set(categories)))}
    return Prior(
        {form: (tuple(row for row, _ in held), tuple(count for _, count in held)) for form, held in forms.items()},
        np.array([number[path] for path in categories], dtype=np.int64),
    )


def make_prior(work: Work, settings: Settings, kb: KnowledgeBase) -> Prior:
    """The prior of a knowledge base; titles and categories are parsed in shards."""
    names = name_table(work, settings, kb.titles()).select("keys", "counts")
    return count_forms((_counted(keys, counts) for keys, counts in names.iter_rows()), kb.categories)


def _counted(keys: Sequence[str], counts: Sequence[int]) -> Mapping[str, int]:
    """The count of each key in a product; several names of a product can share a key."""
    total: Counter[str] = Counter()
    for key, count in zip(keys, counts, strict=True):
        total[key] += count
    return total


def rank_by_prior(prior: Prior, mentions: Sequence[str], depth: int) -> Integers:
    """The row P(e|m) of Table 4: products by P(e|m), then P(c|m), then SKU; shape (mentions, depth), padded with -1.

    Products of probability 0 are not retrieved.
    """
    ranked = np.full((len(mentions), depth), -1, dtype=np.int64)
    known: dict[str, Integers] = {}
    for n, mention in enumerate(mentions):
        if mention not in known:
            entities, shares = prior.entities(mention), prior.categories(mention)
            named = np.flatnonzero(entities)
            order = named[np.lexsort((named, -shares[named], -entities[named]))]
            known[mention] = order[:depth].astype(np.int64)
        ranked[n, : len(known[mention])] = known[mention]
    return ranked
