"""Prior probabilities of a product and of a category given a mention (section 4.2).

The names of a product, from the noun chunks of its title and leaf category, are counted over the knowledge base under
every inflected form, so that a mention meets them by surface and by lemma. P(e|m) is the product's share of the
occurrences of a form, P(c|m) the share of its category.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ameli_build.baseline.data import KnowledgeBase
from ameli_build.baseline.metrics import Integers
from ameli_build.mentions.stage import name_table
from ameli_build.mentions.words import WORD
from ameli_build.settings import Settings
from ameli_build.stages import Work

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Prior:
    """Form of a name -> rows of the products that have it, and the category's number of each product."""

    forms: Mapping[str, tuple[int, ...]]
    category: Integers

    def entities(self, mention: str) -> npt.NDArray[np.float64]:
        """P(e|m) for each product, shape (products,); all zero for a name that no product has."""
        counts = np.bincount(
            np.array(self.forms.get(form_of(mention), ()), dtype=np.int64), minlength=len(self.category)
        )
        return np.asarray(counts / max(counts.sum(), 1), dtype=np.float64)

    def categories(self, mention: str) -> npt.NDArray[np.float64]:
        """P(c|m) of each product's category, shape (products,)."""
        shares = np.bincount(self.category, weights=self.entities(mention))
        return np.asarray(shares[self.category], dtype=np.float64)

    def allowed(self, mention: str) -> Mask:
        """Products whose P(e|m) and P(c|m) are above zero; all of them when there is none."""
        mask = np.zeros(len(self.category), dtype=np.bool_)
        mask[list(self.forms.get(form_of(mention), ()))] = True  # what P(e|m) is of, P(c|m) is of too
        return mask if mask.any() else np.ones(len(self.category), dtype=np.bool_)


def form_of(mention: str) -> str:
    """The letters and digits of a mention in lower case: hyphens, spaces and apostrophes do not tell names apart."""
    return "".join(WORD.findall(mention.lower()))


def count_forms(names: Sequence[Sequence[str]], categories: Sequence[tuple[str, ...]]) -> Prior:
    """The prior from the forms of each product's names and its category, the whole path."""
    forms: dict[str, list[int]] = defaultdict(list)
    for row, some in enumerate(names):
        for form in some:
            forms[form].append(row)
    number = {path: n for n, path in enumerate(sorted(set(categories)))}
    return Prior(
        {form: tuple(rows) for form, rows in forms.items()},
        np.array([number[path] for path in categories], dtype=np.int64),
    )


def make_prior(work: Work, settings: Settings, kb: KnowledgeBase) -> Prior:
    """The prior of a knowledge base, its titles and categories parsed a shard at a time."""
    names = name_table(work, settings, kb.titles())
    return count_forms([sorted(set(keys)) for keys in names["keys"].to_list()], kb.categories)


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
