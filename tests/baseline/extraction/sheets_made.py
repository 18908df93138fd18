"""Knowledge bases that have only attributes."""

from ameli_build.core.records import Attribute
from ameli_build.datasets.data import KnowledgeBase

Rows = dict[str, str] | list[tuple[str, str]]


def base(*sheets: Rows) -> KnowledgeBase:
    """Products with these attributes."""
    skus = tuple(str(n) for n in range(len(sheets)))
    rows = [list(sheet.items()) if isinstance(sheet, dict) else sheet for sheet in sheets]
    attributes = tuple(tuple(Attribute("Specs", key, value) for key, value in sheet) for sheet in rows)
    return KnowledgeBase(skus, skus, (("Shop",),) * len(skus), ("",) * len(skus), attributes, (("a",),) * len(skus), {})
