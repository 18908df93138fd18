"""The products that a mention can denote, in the authors' layout: tables by surface and by lemma (section 4.2).

As in the prior, a name counts once for each noun chunk of a product's title and category.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from ameli_build.baseline.retrieval.prior import form_of
from ameli_build.core.cache import Shard, Work
from ameli_build.core.fingerprints import fingerprint
from ameli_build.core.settings import Settings
from ameli_build.export.official.ids import Ids
from ameli_build.mentions.rules import names_by
from ameli_build.models.language import load_language
from ameli_build.models.sources import identity
from ameli_build.release import official_layout as layout

Key = TypeVar("Key", int, str)
Counts = Mapping[int, int]
"""Counts of a name by integer id of the product."""
Holders = Mapping[str, Counts]
"""Counts of products by alias."""

_ALIASES = pl.List(pl.Struct({"alias": pl.String(), "count": pl.Int64()}))


@dataclass(frozen=True, slots=True)
class Aliases:
    """Names of products by lower-case surface, by lemma, and by their letters, which the prior compares."""

    surface: Holders
    lemma: Holders
    letters: Holders
    category: Mapping[int, str]

    def products(self, mention: str) -> Counts:
        """Products with P(e|m) > 0 and their counts, the most probable first; ties by id."""
        return _most_frequent_first(self.letters.get(form_of(mention), {}))

    def categories(self, products: Counts) -> Mapping[str, int]:
        """Categories of products with their counts, the most frequent first; ties by path."""
        counts: Counter[str] = Counter()
        for number, count in products.items():
            counts[self.category[number]] += count
        return _most_frequent_first(counts)

    def write(self, folder: Path) -> None:
        """Write both tables as JSON (alias -> categories and products) and as CSV with counts."""
        for name, holders in (("surface", self.surface), ("lemma", self.lemma)):
            tables = {
                alias: {
                    "category": list(self.categories(holders[alias])),
                    "product_id": list(_most_frequent_first(holders[alias])),
                }
                for alias in sorted(holders)
            }
            layout.write_object(folder / f"mention_to_entity_by_{name}.json", tables)
            rows = self._counted(holders)
            layout.write_csv(folder / f"mention_to_entity_by_{name}.csv", ("alias", "kind", "value", "count"), rows)

    def _counted(self, holders: Holders) -> Iterator[tuple[Any, ...]]:
        for alias in sorted(holders):
            products = _most_frequent_first(holders[alias])
            yield from ((alias, "category", path, count) for path, count in self.categories(products).items())
            yield from ((alias, "product_id", number, count) for number, count in products.items())


def _most_frequent_first(counts: Mapping[Key, int]) -> Mapping[Key, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def find_aliases(work: Work, settings: Settings, products: pl.DataFrame, ids: Ids) -> Aliases:
    """The names of all products, their titles and leaf categories parsed a shard at a time."""
    common = (settings.mentions.rule, settings.models.language, settings.mentions.max_words, settings.crawl.shop)
    size = settings.run.shard_rows
    rows = products.select("name", leaf=pl.col("categories").list.last().fill_null("")).rows()
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    shards = [
        Shard(fingerprint("aliases", part, common, identity(settings.models.language)), (*common, part), len(part))
        for part in parts
    ]
    names = [row for table in work.map("parse aliases", _parse, shards, unit="titles") for row in table.rows()]
    surface, lemma, letters = (defaultdict[str, dict[int, int]](dict) for _ in range(3))
    category = {}
    for (sku, path), columns in zip(products.select("sku", "categories").rows(), names, strict=True):
        category[ids.products[sku]] = layout.category_path(path)
        for holders, aliases in zip((surface, lemma, letters), columns, strict=True):
            for alias in aliases:
                holders[alias["alias"]][ids.products[sku]] = alias["count"]
    return Aliases(surface, lemma, letters, category)


def _parse(payload: tuple[str, str, int, str, list[tuple[str, str]]]) -> pl.DataFrame:
    rule, pipeline, words, shop, items = payload
    language = load_language(pipeline)
    columns: dict[str, list[list[dict[str, Any]]]] = {"surface": [], "lemma": [], "letters": []}
    for title, leaf in items:
        names = names_by(rule, title, leaf, language, words, shop)
        surfaces = ((" ".join((*name.words[:-1], head)), name.count) for name in names for head in name.heads)
        columns["surface"].append(_counted(surfaces))
        columns["lemma"].append(_counted((name.text, name.count) for name in names))
        columns["letters"].append(_counted((key, name.count) for name in names for key in name.keys))
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, _ALIASES))


def _counted(aliases: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Distinct aliases in alphabetical order; counts of names with the same alias are added up."""
    total: Counter[str] = Counter()
    for alias, count in aliases:
        total[alias] += count
    return [{"alias": alias, "count": total[alias]} for alias in sorted(total)]
