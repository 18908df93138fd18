"""The build as a list of stages, and the release that follows new answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from made import released_snapshot

from ameli_build.core.execution import settings_as_run
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot, write_json
from ameli_build.core.stage import Stage
from ameli_build.core.standing import mark_of, stage_record, stage_records
from ameli_build.pipeline import STAGES, build, release_again, stages_until, warn_of_settings


def test_new_answers_do_not_change_the_settings_of_the_release(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path, load_settings("demo", ["release.name=Mine", "splits.policy=review"]))
    before = stage_record(snapshot, "release")
    release_again(snapshot, load_settings("demo"))
    assert stage_record(snapshot, "release") == before
    used = settings_as_run(snapshot, load_settings("demo"), "release")
    assert (used.release.name, used.splits.policy) == ("Mine", "review")


@pytest.mark.parametrize("ran", [STAGES, STAGES[::-1], STAGES[:3], ()])
def test_records_are_in_the_order_of_the_build(tmp_path: Path, ran: Sequence[Stage]) -> None:
    for stage in ran:
        write_json(mark_of(Snapshot(tmp_path), stage.name), {"inputs": dict.fromkeys(stage.inputs, "digest")})
    write_json(mark_of(Snapshot(tmp_path), "baseline"), {"seconds": 1})
    build_order = [stage.name for stage in STAGES if stage in ran]
    assert list(stage_records(Snapshot(tmp_path))) == [*build_order, "baseline"]


CALIBRATE, WORDS = "ameli calibrate", "clean.profanity_list"


@pytest.mark.parametrize(
    ("profile", "overrides", "until", "said"),
    [
        ("demo", (), None, ()),
        ("small", (), None, (CALIBRATE,)),
        ("local", (), None, (CALIBRATE,)),
        ("paper", (), None, (WORDS, CALIBRATE)),
        ("authors", (), None, (WORDS,)),
        ("paper", ("clean.profanity_list=words.txt", "informativeness.title_similarity=0.5"), None, ()),
        ("paper", (), "mentions", (WORDS,)),
        ("demo", ("models.text_encoder=other",), None, (CALIBRATE,)),
        ("paper", (), "catalog", ()),
    ],
)
def test_a_build_warns_about_its_settings(
    capsys: pytest.CaptureFixture[str], profile: str, overrides: tuple[str, ...], until: str | None, said: tuple[str]
) -> None:
    warn_of_settings(load_settings(profile, overrides), stages_until(until))
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("warning: ") for line in lines)
    assert [word for line in lines for word in (CALIBRATE, WORDS) if word in line] == list(said)


def test_a_build_prints_its_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings("demo", ["informativeness.thresholds_from="])
    build(Snapshot(tmp_path), settings, run=lambda *_: False)
    assert CALIBRATE in capsys.readouterr().err
