"""Stages of `ameli_build/stages`: their place, the tables of later stages, and their section of the settings."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from ameli_build.core.cache import Work
from ameli_build.core.declared import added_stages
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.execution import run_stage
from ameli_build.core.reasons import meanings
from ameli_build.core.settings import Section, Settings, all_settings, load_settings
from ameli_build.core.snapshot import Snapshot, write_table
from ameli_build.core.stage import Conserved, Result, Stage, Tables
from ameli_build.pipeline import PAPER, with_added

NAMES = [stage.name for stage in PAPER]


class SampleSettings(Section):
    """Two settings."""

    least: int = 2
    word: str = "a"


def compute(tables: Tables, settings: Settings, work: Work) -> Result:
    return Result({})


def stage(name: str, after: str, *, drops: bool = False, inputs: tuple[str, ...] = (), **more: Any) -> Stage:
    outputs = (f"{name}/{name}", *((f"{name}/dropped",) if drops else ()))
    return Stage(name, compute, inputs=inputs, outputs=outputs, after=after, **more)


def test_a_stage_runs_after_the_stage_that_it_names() -> None:
    found = with_added(PAPER, [stage("one", "clean"), stage("two", "splits"), stage("three", "one")])
    names = [each.name for each in found]
    assert names[1:4] == ["clean", "one", "three"]
    assert names[-3:] == ["splits", "two", "release"]
    assert [name for name in names if name in NAMES] == NAMES


@pytest.mark.parametrize(("name", "after"), [("one", "release"), ("one", "nowhere"), ("one", ""), ("clean", "clean")])
def test_a_stage_without_a_place_of_its_own_is_an_error(name: str, after: str) -> None:
    with pytest.raises(ValueError, match=f"ameli_build/stages: {name} "):
        with_added(PAPER, [stage(name, after)])


@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        ("catalog", "catalog/reviews"),
        ("clean", "clean/reviews"),
        ("mentions", "mentions/mentions"),
        ("candidates", "informativeness/kept"),
        ("splits", "splits/splits"),
    ],
)
def test_a_stage_drops_only_reviews_that_the_stages_before_it_kept(after: str, wanted: str) -> None:
    assert with_added(PAPER, [stage("one", after, drops=True, inputs=(wanted,))])
    for inputs in ((), tuple({"clean/reviews", "catalog/reviews"} - {wanted})):
        with pytest.raises(ValueError, match=f"one drops reviews, so it must judge those of {wanted}"):
            with_added(PAPER, [stage("one", after, drops=True, inputs=inputs)])


def checked_against(source: str) -> Stage:
    rule, inputs = Conserved(source, "one/one", "one/dropped"), ("mentions/mentions", "clean/reviews")
    return stage("one", "mentions", drops=True, inputs=inputs, conserved=(rule,))


def test_a_stage_is_refused_whose_check_counts_reviews_that_left_before() -> None:
    assert with_added(PAPER, [checked_against("mentions/mentions")])
    with pytest.raises(ValueError, match="one drops reviews, so it must judge those of mentions/mentions"):
        with_added(PAPER, [checked_against("clean/reviews")])


def test_only_later_stages_are_without_dropped_reviews() -> None:
    one = stage("one", "mentions", drops=True, inputs=("mentions/mentions",))
    found = {each.name: each for each in with_added(PAPER, [one, stage("two", "one")])}
    assert {name for name, each in found.items() if each.without} == {"two", "informativeness", "candidates", "splits"}
    assert all(each.without == ("one/dropped",) for each in found.values() if each.without)
    dropped = [name for name in found["release"].inputs if name.endswith("/dropped")]
    assert dropped == [f"{name}/dropped" for name in ("clean", "mentions", "one", "informativeness", "splits")]


def test_without_added_stages_the_build_has_only_the_paper_s_stages() -> None:
    assert with_added(PAPER, [])[:-1] == PAPER[:-1]
    assert set(with_added(PAPER, [])[-1].inputs) == set(PAPER[-1].inputs)


def keeps(tables: Tables, settings: Settings, work: Work) -> Result:
    rows = tables["clean/reviews"].collect()
    return Result({"later/later": rows, "later/dropped": rows.clear()})


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    found = Snapshot(tmp_path)
    write_table(found.table_path("clean/reviews"), pl.DataFrame({"review_id": ["a", "b", "c"], "sku": "1"}))
    write_table(found.table_path("clean/products"), pl.DataFrame({"sku": ["1", "2"]}))
    write_table(found.table_path("early/dropped"), pl.DataFrame({"review_id": ["b"], "sku": "1"}))
    return found


def later(function: Any, **more: Any) -> Stage:
    rule = Conserved("clean/reviews", "later/later", "later/dropped")
    inputs, outputs = ("clean/reviews", "clean/products", "early/dropped"), ("later/later", "later/dropped")
    return Stage("later", function, inputs=inputs, outputs=outputs, conserved=(rule,), **more)


def test_a_stage_does_not_see_dropped_reviews(snapshot: Snapshot) -> None:
    run_stage(later(keeps, without=("early/dropped",)), snapshot, load_settings("demo"))
    assert snapshot.read("later/later")["review_id"].to_list() == ["a", "c"]


def loses(tables: Tables, settings: Settings, work: Work) -> Result:
    rows = tables["clean/reviews"].collect()
    return Result({"later/later": rows.head(1), "later/dropped": rows.clear()})


def test_rows_lost_after_an_added_stage_are_noticed(snapshot: Snapshot) -> None:
    with pytest.raises(RunFailed, match="stage later: rows not conserved for review_id: 1 lost"):
        run_stage(later(loses, without=("early/dropped",)), snapshot, load_settings("demo"))


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """One added stage with settings and a reason."""
    reasons = {"too_few": "too few of them"}
    made = stage("sample", "clean", settings=SampleSettings, reasons=reasons)
    monkeypatch.setattr("ameli_build.stages.STAGES", (made,))
    added_stages.cache_clear()
    all_settings.cache_clear()
    yield reasons
    added_stages.cache_clear()
    all_settings.cache_clear()


@pytest.mark.usefixtures("sample")
def test_the_settings_have_the_section_of_an_added_stage() -> None:
    settings = load_settings("demo", ["sample.least=5"])
    assert settings.section(SampleSettings) == SampleSettings(least=5)
    assert settings.model_dump()["sample"] == {"least": 5, "word": "a"}
    assert isinstance(settings, Settings)
    assert Settings().section(SampleSettings) == SampleSettings()
    with pytest.raises(UnusableInput, match=r"sample\.most: there is no such setting"):
        load_settings("demo", ["sample.most=5"])
    with pytest.raises(UnusableInput, match=r"sample\.least"):
        load_settings("demo", ["sample.least=many"])


@pytest.mark.usefixtures("sample")
def test_settings_with_an_added_section_reach_another_process() -> None:
    settings = load_settings("demo", ["sample.least=5", "clean.max_tokens=7"])
    again = pickle.loads(pickle.dumps(settings))
    assert again == settings
    assert again.clean.max_tokens == 7


def test_the_reasons_of_an_added_stage_are_known(sample: Mapping[str, str]) -> None:
    assert list(meanings().items())[-1:] == list(sample.items())


def test_settings_of_a_stage_count_in_its_fingerprint() -> None:
    assert stage("sample", "clean", settings=SampleSettings).sections == ("sample",)
    assert stage("sample", "clean", settings=SampleSettings, sections=("run", "sample")).sections == ("run", "sample")
    assert stage("sample", "clean").sections == ()


def test_an_unknown_setting_of_a_room_is_named() -> None:
    with pytest.raises(ValidationError, match=r"clean\.max_token\b"):
        Settings.model_validate({"clean": {"max_token": 3}})
