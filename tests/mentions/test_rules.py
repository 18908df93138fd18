"""The rules for names of the paper and of its authors, compared with ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_mentions_stage import snapshot_of

from ameli_build.core.execution import run_stage
from ameli_build.core.settings import load_settings
from ameli_build.mentions.rules import AUTHORS, CAREFUL, PAPER, names_by
from ameli_build.mentions.stage import STAGE
from ameli_build.models.language import load_language

LANGUAGE = load_language("bundled:en")
TITLE, CATEGORY = "Brand - Cordless Stick Vacuum - Blue", "Stick Vacuums"


def names(rule: str) -> set[str]:
    return {name.text for name in names_by(rule, TITLE, CATEGORY, LANGUAGE)}


def test_the_rule_of_the_paper_finds_root_and_chunk_and_that_of_the_authors_every_suffix() -> None:
    assert {"vacuum", "stick vacuum"} <= names(PAPER)
    assert {"vacuum", "stick vacuum", "cordless stick vacuum"} <= names(AUTHORS)
    assert {"vac", "vacuum cleaner", "cordless vacuum"} <= names(CAREFUL)
    assert not {"vac", "vacuum cleaner", "cordless vacuum"} & (names(PAPER) | names(AUTHORS))


def test_names_have_at_most_the_given_number_of_words() -> None:
    assert all(len(name.words) == 1 for name in names_by(AUTHORS, TITLE, CATEGORY, LANGUAGE, 1))


@pytest.mark.parametrize("rule", [PAPER, AUTHORS])
@pytest.mark.parametrize("title", ["", " - ", "12345", "!!!", "電子レンジ"])
def test_any_title_can_be_read(rule: str, title: str) -> None:
    assert all(name.text for name in names_by(rule, title, "", LANGUAGE))


def test_only_the_careful_rule_considers_the_surrounding_words(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [(TITLE, CATEGORY, "Far better than my old vacuum", "")])
    run_stage(STAGE, snapshot, load_settings("demo"))
    assert snapshot.read("mentions/dropped")["detail"].to_list() == ['"my old vacuum": speaks of another one']
    for rule in (PAPER, AUTHORS):
        assert run_stage(STAGE, snapshot, load_settings("demo", [f"mentions.rule={rule}"]))
        assert snapshot.read("mentions/mentions")["mention"].to_list() == ["vacuum"]
