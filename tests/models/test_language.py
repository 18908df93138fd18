"""spaCy pipelines by name."""

import pytest

from ameli_build.core.errors import UnusableInput
from ameli_build.models.language import load_language


def test_bundled_pipeline_finds_heads_and_lemmas() -> None:
    doc = load_language("bundled:en")("Stainless steel refrigerators")
    assert [token.lemma_ for token in doc if token.dep_ == "ROOT"] == ["refrigerator"]
    assert doc.has_annotation("DEP")


def test_the_error_of_an_unknown_pipeline_names_the_setting() -> None:
    with pytest.raises(UnusableInput, match=r"^setting models\.language: the model 'xx_no_such' cannot be loaded"):
        load_language("xx_no_such")
