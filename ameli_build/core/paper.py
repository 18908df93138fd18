"""The paper's numbers (Tables 2 to 5), which card, report and `ameli baseline` show beside a snapshot's."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

RECALLS = (1, 10, 20, 50, 100)
"""K of the columns of Table 4."""
MEASURED_ON = "clean_test"
"""The paper's split of Tables 4 and 5."""

Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Paper:
    """Numbers by row and column, in percent except for counts."""

    table2: Mapping[str, Numbers]
    """Counts by split and for `knowledge_base`, with the columns of `stats.json`."""
    table3: Sequence[Mapping[str, str | float]]
    """`leaf`, `products` and `percent` of each category, the most frequent first."""
    table4: Mapping[str, Numbers]
    """`recall@K` by row."""
    table5: Mapping[str, Numbers]
    """`disambiguation_f1` and `end_to_end_f1` by row."""
    human: float
    """Accuracy of the annotators on the test split."""
    shop: str
    """The shop that the paper's data are from."""

    @property
    def mark(self) -> str:
        """The words beside the paper's numbers."""
        return f"another data set ({self.shop}), not comparable"


@cache
def paper() -> Paper:
    """The numbers of `paper.toml`."""
    tables = tomllib.loads(files(__package__).joinpath("paper.toml").read_text(encoding="utf-8"))
    columns = [f"recall@{k}" for k in RECALLS]
    table4 = {row: dict(zip(columns, values, strict=True)) for row, values in tables["table4"].items()}
    table5 = {row: {f"{kind}_f1": value for kind, value in values.items()} for row, values in tables["table5"].items()}
    table3 = [{"leaf": leaf, "products": n, "percent": share} for leaf, (n, share) in tables["table3"].items()]
    return Paper(tables["table2"], table3, table4, table5, tables["human"], tables["shop"])


def stands_beside(splits: Collection[str]) -> str:
    """The split of a snapshot that is compared with the paper's Tables 4 and 5: Clean-Test, else test.

    >>> stands_beside(["test", "clean_test"]), stands_beside(["test"])
    ('clean_test', 'test')
    """
    return MEASURED_ON if MEASURED_ON in splits else "test"
