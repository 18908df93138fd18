"""The text of a product for text retrieval: title, description, or both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from baseline_world import write_dataset

from ameli_build.baseline.encode import encode_all
from ameli_build.core.cache import Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.datasets.data import load_data
from ameli_build.models.embed import embed_texts


def test_fields_are_in_the_requested_order(tmp_path: Path) -> None:
    kb = load_data(write_dataset(tmp_path, {"train": 0, "dev": 1, "test": 1}, limit=2) / "dataset").kb
    kb = replace(kb, descriptions=(kb.descriptions[0], ""))
    title, description = kb.names[0], kb.descriptions[0]
    assert kb.texts(("title", "description")) == [f"{title}. {description}", kb.names[1]]
    assert kb.texts(("description", "title")) == [f"{description}. {title}", kb.names[1]]
    assert kb.texts(("description",)) == [description, kb.names[1]]
    assert kb.texts(("title",)) == list(kb.names)


def test_the_setting_applies_to_the_embeddings(tmp_path: Path) -> None:
    data = load_data(write_dataset(tmp_path, {"train": 1, "dev": 1, "test": 1}, limit=4) / "dataset")
    work = Work(Snapshot(tmp_path))
    for override, texts in (("title", data.kb.names), ("description", data.kb.descriptions)):
        settings = load_settings("demo", [f'baseline.entity_text=["{override}"]'])
        assert np.array_equal(encode_all(work, settings, data).entities, embed_texts(work, settings, texts))


def test_an_empty_list_of_fields_is_refused() -> None:
    with pytest.raises(UnusableInput, match=r"baseline\.entity_text"):
        load_settings("demo", ["baseline.entity_text=[]"])
