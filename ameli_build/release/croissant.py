"""`croissant.json`: machine-readable metadata in the Croissant format (version 1.0)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import file_digest
from ameli_build.release.citation import BIBTEX
from ameli_build.release.tables import SCHEMAS

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {pl.String: "sc:Text", pl.Int64: "sc:Integer", pl.Float64: "sc:Float", pl.Boolean: "sc:Boolean"}


def croissant(folder: Path, names: list[str], stats: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The metadata of the tables `names` in `folder`."""
    table2 = stats["table2"]
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": settings.release.name,
        "description": (
            f"Attribute-aware multimodal entity linking: {stats['funnel']['reviews_out']} reviews with photographs, "
            f"each linked to one of {table2['knowledge_base']['products']} products."
        ),
        "license": settings.release.license,
        "citeAs": BIBTEX,
        "version": "1.0.0",
        "distribution": [_file(folder, name) for name in names] + [_images()],
        "recordSet": [_records(name) for name in names],
    }
    given = {"url": settings.release.homepage, "datePublished": settings.release.published}
    return found | {key: value for key, value in given.items() if value}


def _file(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.parquet"
    return {
        "@type": "cr:FileObject",
        "@id": f"{name}.parquet",
        "name": f"{name}.parquet",
        "contentUrl": f"{name}.parquet",
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file_digest(path),
    }


def _images() -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "images",
        "name": "images",
        "description": "pictures of products and reviews, each named by the SHA-256 of its content",
        "encodingFormat": "image/*",
        "includes": "images/*",
    }


def _records(name: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [_field(name, column, kind) for column, kind in SCHEMAS[name].items()],
    }


def _field(table: str, column: str, kind: pl.DataType) -> dict[str, Any]:
    many = isinstance(kind, pl.List)
    inner: Any = kind.inner if isinstance(kind, pl.List) else kind
    identity = f"{table}/{column}"
    found: dict[str, Any] = {"@type": "cr:Field", "@id": identity, "name": column}
    found |= {"repeated": True} if many else {}
    source = {"fileObject": {"@id": f"{table}.parquet"}, "extract": {"column": column}}
    if isinstance(inner, pl.Struct):
        parts = [
            {"@type": "cr:Field", "@id": f"{identity}/{part.name}", "name": part.name, "dataType": "sc:Text"}
            | {"source": source | {"transform": {"jsonPath": part.name}}}
            for part in inner.fields
        ]
        return found | {"subField": parts}
    base = inner if inner in _TYPES else type(inner)
    return found | {"dataType": _TYPES[base], "source": source}
