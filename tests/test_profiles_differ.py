"""`paper` and `authors` have different values where the paper and its authors' code differ."""

from __future__ import annotations

import pytest

from ameli_build.core.settings import PROFILES, Settings, load_settings
from ameli_build.models.needs import needs_of

VALUES: dict[str, tuple[object, object]] = {
    "models.nli_encoder": (
        "microsoft/deberta-v3-base@8ccc9b6f36199bec6961081d44eb72fb3f7353f3",
        "cross-encoder/nli-deberta-base@f375a3f8bdba5a9ea9489179fe2f7b7d69c00b76",
    ),
    "clean.max_tokens": (500, 512),
    "clean.relink": (True, False),
    "mentions.rule": ("paper", "authors"),
    "informativeness.similarity": ("cosine", "cross-encoder"),
    "informativeness.description_similarity": (0.6, 0.0),
    "informativeness.title_similarity": (0.6, 2.5),
    "informativeness.thresholds_from": ("", "the authors' own, on their data"),
    "informativeness.thresholds_for": ("", load_settings("authors").compared),
    "candidates.within_category": (False, True),
    "splits.policy": ("product", "greedy"),
    "splits.train": (0.75, 0.688),
    "splits.dev": (0.10, 0.104),
    "splits.test": (0.15, 0.208),
    "baseline.entity_text": (("description",), ("title",)),
    "baseline.cross_channel": (True, False),
    "baseline.images": ("first", "maximum"),
    "baseline.ocr_rotations": ((), (90, 180, 270)),
    "baseline.attribute_values": ("knowledge_base", "retrieved"),
    "baseline.text_layers": (-1, 0),
    "baseline.text_accumulate": (16, 1),
    "baseline.text_learning_rate": (1e-3, 1e-5),
    "baseline.adapters": ("separate", "shared"),
}
"""Settings that differ: the value in `paper`, and the value in `authors`."""

SHARED: dict[str, object] = {
    "clean.tokenizer": "google-bert/bert-base-cased@cd5ef92a9fb2f889e972770a36d4ed042daf221e",
    "informativeness.match": "exact",
    "informativeness.confidence": 0.5,
    "informativeness.n_attributes": 3,
    "informativeness.image_similarity": 0.7,
    "informativeness.images": "maximum",
    "informativeness.rule": "any",
    "baseline.prior": "before",
    "baseline.attribute_filter": True,
    "baseline.ocr_photos": "all",
    "baseline.attributes_per_candidate": 4,
    "baseline.text_signals": False,
    "baseline.batch": 16,
    "baseline.text_epochs": 10,
    "baseline.adapter_epochs": 10,
    "baseline.adapter_learning_rate": 1e-5,
    "baseline.adapter_scale": 1.0,
    "baseline.image_scale": 1.0,
    "baseline.max_tokens": 512,
}
"""Settings with the same value in both, which differs from the default or from other profiles."""


def value(settings: Settings, key: str) -> object:
    section, name = key.split(".")
    return getattr(getattr(settings, section), name)


def flat(settings: Settings) -> dict[str, object]:
    dumped = settings.model_dump(exclude={"profile"})
    return {f"{section}.{name}": entry for section, values in dumped.items() for name, entry in values.items()}


@pytest.mark.parametrize("key", VALUES)
def test_each_profile_has_its_own_value(key: str) -> None:
    assert (value(load_settings("paper"), key), value(load_settings("authors"), key)) == VALUES[key]


@pytest.mark.parametrize("key", SHARED)
def test_both_profiles_have_the_same_value(key: str) -> None:
    assert value(load_settings("paper"), key) == value(load_settings("authors"), key) == SHARED[key]


def test_no_other_setting_differs() -> None:
    paper, authors = flat(load_settings("paper")), flat(load_settings("authors"))
    assert {key for key in paper if paper[key] != authors[key]} == set(VALUES)


@pytest.mark.parametrize("profile", PROFILES)
def test_licence_and_size_of_every_model_are_known(profile: str) -> None:
    for need in needs_of(load_settings(profile)):
        for source in need.sources:
            assert source.facts.licence != "unknown", source.label
            assert source.facts.size > 0 or source.label == "easyocr", source.label
