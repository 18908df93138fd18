"""`ameli models list`: the columns, and whether a model can be used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.text import gigabytes
from ameli_build.models.hub import Hub
from ameli_build.models.needs import ROLES, needs_of
from ameli_build.models.show import HEAD, list_models
from ameli_build.models.store import write_record

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "owner/text"


pytestmark = pytest.mark.usefixtures("folder")


def rows(settings: Settings, roles: tuple[str, ...] = ROLES) -> dict[str, dict[str, str]]:
    """The printed table: cells under the columns of the header, by role and model."""
    head, *lines = list_models(settings, roles).split("\n\n")[0].split("\n")
    starts = [head.index(name) for name in HEAD]
    assert starts == sorted(starts)
    found = {}
    for line in lines:
        cells = [line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True)]
        found[f"{cells[0]} {cells[1]}"] = dict(zip(HEAD[2:], cells[2:], strict=True))
    return found


def last(settings: Settings, roles: tuple[str, ...] = ROLES) -> str:
    return list_models(settings, roles).split("\n\n")[1]


def fetched(folder: Path, revision: str, size: int = 3_000_000) -> Path:
    """A repository in the folder of models, with its record."""
    made = folder / "hub" / f"owner--text--{revision or 'main'}"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(bytes(size))
    write_record(made, REPO, COMMIT, "cc-by-4.0")
    return made


def test_the_row_of_a_pinned_repository_before_and_after_a_fetch(folder: Path) -> None:
    settings = load_settings("demo", [f"models.text_encoder={REPO}@{COMMIT}"])
    before = {"revision": "0123456789ab", "licence": "unknown", "size": "?", "here": "not fetched"}
    assert rows(settings)[f"text_encoder {REPO}"] == before
    made = fetched(folder, COMMIT)
    after = {"revision": "0123456789ab", "licence": "cc-by-4.0", "size": "3 MB", "here": "yes"}
    assert rows(settings)[f"text_encoder {REPO}"] == after
    (made / "model.safetensors").unlink()
    assert rows(settings)[f"text_encoder {REPO}"]["here"] == "model.safetensors is missing"


def test_a_repository_without_a_revision_shows_the_fetched_revision(folder: Path) -> None:
    settings = load_settings("demo", [f"models.text_encoder={REPO}"])
    assert rows(settings)[f"text_encoder {REPO}"]["revision"] == "newest"
    fetched(folder, "")
    assert rows(settings)[f"text_encoder {REPO}"]["revision"] == COMMIT[:12]


@pytest.mark.parametrize("profile", ["small", "paper", "authors"])
def test_every_model_of_a_profile_has_a_line_with_revision_licence_and_size(profile: str) -> None:
    settings = load_settings(profile)
    shown = rows(settings)
    assert {name.split(" ")[0] for name in shown} == {need.role for need in needs_of(settings)}
    for need in needs_of(settings):
        row = shown[f"{need.role} {need.name.partition('@')[0]}"]
        source = need.sources[0]
        if isinstance(source, Hub):
            assert row["revision"] == source.revision[:12] != ""
            assert row["here"] == "not fetched"
        assert row["licence"] not in ("", "unknown")
        if source.label != "easyocr":  # the program; its weights have their own line
            assert row["size"] == gigabytes(source.facts.size)


def test_each_further_source_of_a_model_has_its_own_line() -> None:
    shown = rows(load_settings("small"), ("detector",))
    assert list(shown) == ["detector groundingdino:SwinT", "detector google-bert/bert-base-uncased"]
    assert [row["revision"] for row in shown.values()] == ["a94c9b567a2a", "86b5e0934494"]


def test_bundled_models_are_here_and_packages_show_their_version() -> None:
    shown = rows(load_settings("demo"))
    assert shown["detector saliency"] == {"revision": "", "licence": "", "size": "", "here": "yes"}
    mini = shown["text_encoder bundled:minilm"]
    assert mini == {"revision": "0.1.0", "licence": "apache-2.0", "size": "91 MB", "here": "yes"}


def test_only_the_requested_roles_are_listed() -> None:
    assert [name.split(" ")[0] for name in rows(load_settings("small"), ("ocr", "language"))] == ["ocr", "language"]


def test_the_last_line_has_sums_and_folder(folder: Path) -> None:
    settings = load_settings("demo", [f"models.text_encoder={REPO}@{COMMIT}", "models.device=cpu"])
    roles = ("text_encoder", "detector")
    assert last(settings, roles).endswith(f"; 1 missing; folder {folder}")
    fetched(folder, COMMIT)
    assert last(settings, roles).startswith("3 MB of files, about 1.2 GB of memory ")
    assert last(settings, roles).endswith(f"; all here; folder {folder}")
    shutil.rmtree(folder)
    assert "1 missing" in last(settings, roles)
