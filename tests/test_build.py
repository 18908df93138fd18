"""The build as a list of stages, and the release that follows new answers."""

from __future__ import annotations

from pathlib import Path

from made import released_snapshot

from ameli_build.build import release_again
from ameli_build.settings import load_settings
from ameli_build.stages import settings_as_run, stage_record


def test_new_answers_do_not_change_the_settings_of_the_release(tmp_path: Path) -> None:
    snapshot = released_snapshot(tmp_path, load_settings("demo", ["release.name=Mine", "splits.policy=review"]))
    before = stage_record(snapshot, "release")
    release_again(snapshot, load_settings("demo"))
    assert stage_record(snapshot, "release") == before
    used = settings_as_run(snapshot, load_settings("demo"), "release")
    assert (used.release.name, used.splits.policy) == ("Mine", "review")
