"""What products a mention can denote, in the authors' layout: a table by surface and one by lemma (section 4.2)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.baseline.retrieval.prior import form_of
from ameli_build.fingerprints import fingerprint, module_fingerprint
from ameli_build.mentions.names import product_names
from ameli_build.models.language import load_language
from ameli_build.models.sources import identity
from ameli_build.release.official import layout
from ameli_build.release.official.ids import Ids
from ameli_build.settings import Settings
from ameli_build.stages import Shard, Work

Holders = Mapping[str, Sequence[int]]
"""Alias -> integer ids of the products that have it, ascending."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names of products by lower-cased surface, by lemma, and by their letters, as the prior compares them."""

    surface: Holders
    lemma: Holders
    letters: Holders
    category: Mapping[int, str]

    def products(self, mention: str) -> list[int]:
        """Products whose P(e|m) is above 0, by id: each has a name once, so all are as probable."""
        return list(self.letters.get(form_of(mention), ()))

    def categories(self, numbers: Sequence[int]) -> list[str]:
        """The categories of some products, the most frequent first, ties by path."""
        counts = Counter(self.category[number] for number in numbers)
        return sorted(counts, key=lambda path: (-counts[path], path))

    def write(self, folder: Path) -> None:
        """Both tables as JSON (alias -> categories and products) and as CSV with counts."""
        for name, holders in (("surface", self.surface), ("lemma", self.lemma)):
            tables = {
                alias: {"category": self.categories(holders[alias]), "product_id": list(holders[alias])}
                for alias in sorted(holders)
            }
            layout.write_object(folder / f"mention_to_entity_by_{name}.json", tables)
            rows = self._counted(holders)
            layout.write_csv(folder / f"mention_to_entity_by_{name}.csv", ("alias", "kind", "value", "count"), rows)

    def _counted(self, holders: Holders) -> Iterator[tuple[Any, ...]]:
        for alias in sorted(holders):
            numbers = holders[alias]
            counts = Counter(self.category[number] for number in numbers)
            yield from ((alias, "category", path, counts[path]) for path in self.categories(numbers))
            yield from ((alias, "product_id", number, 1) for number in numbers)


def find_aliases(work: Work, settings: Settings, products: pl.DataFrame, ids: Ids) -> Aliases:
    """The names of all products, their titles and leaf categories parsed a shard at a time."""
    language, words, size = settings.models.language, settings.mentions.max_words, settings.run.shard_rows
    rows = products.select("name", leaf=pl.col("categories").list.last().fill_null("")).rows()
    code = module_fingerprint("ameli_build.mentions", __name__)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    shards = [
        Shard(fingerprint("aliases", part, identity(language), words, code), (language, words, part)) for part in parts
    ]
    names = [one for table in work.map("parse aliases", _parse, shards) for one in table.rows()]
    surface, lemma, letters = (defaultdict[str, list[int]](list) for _ in range(3))
    category = {}
    for (sku, path), columns in zip(products.select("sku", "categories").rows(), names, strict=True):
        category[ids.products[sku]] = layout.category_path(path)
        for holders, aliases in zip((surface, lemma, letters), columns, strict=True):
            for alias in aliases:
                holders[alias].append(ids.products[sku])
    return Aliases(surface, lemma, letters, category)


def _parse(payload: tuple[str, int, list[tuple[str, str]]]) -> pl.DataFrame:
    name, words, items = payload
    language = load_language(name)
    columns: dict[str, list[list[str]]] = {"surface": [], "lemma": [], "letters": []}
    for title, leaf in items:
        names = product_names(title, leaf, language, words)
        columns["surface"].append(sorted({" ".join((*one.words[:-1], head)) for one in names for head in one.heads}))
        columns["lemma"].append(sorted({one.text for one in names}))
        columns["letters"].append(sorted({key for one in names for key in one.keys}))
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.List(pl.String)))
