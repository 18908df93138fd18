"""What is made of pictures while the check has them decoded is what later stages would make, and is not made again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pictures_made import bad_pictures, encoded, photograph

from ameli_build.clean import decoding
from ameli_build.clean.decoding import check_pictures
from ameli_build.clean.errands import Errand
from ameli_build.clean.objects import find_objects, first_prompts
from ameli_build.core.cache import Work, in_process
from ameli_build.core.pictures import content_key
from ameli_build.core.records import PICTURES
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.embed import embed_images, image_kind
from ameli_build.near_duplicates.pictures import hash_kind, hash_pictures

DEMO = load_settings("demo", ["models.batch=4"])


def pictures_of(snapshot: Snapshot, count: int) -> pl.DataFrame:
    bodies = [encoded(photograph(seed)) for seed in range(count)]
    rows = [(f"{n}.jpg", snapshot.store_image(body, "jpg"), None) for n, body in enumerate(bodies)]
    return pl.DataFrame(rows, schema=PICTURES, orient="row")


def errands_of(work: Work, settings: Settings, paths: Sequence[str]) -> list[Errand]:
    root = work.snapshot.root
    items = {content_key(root, path): path for path in paths}
    named = pl.DataFrame({"path": paths}).with_columns(name=pl.lit("Acme Fridge"))
    return [
        Errand(image_kind(settings, root), items),
        Errand(hash_kind(root), items),
        first_prompts(work, settings, named),
    ]


def later(work: Work, paths: Sequence[str]) -> list[Any]:
    """Vectors, hashes and patches as later stages ask for them."""
    asked = pl.DataFrame({"path": paths}).with_columns(name=pl.lit("Acme Fridge"), leaf=pl.lit("Fridges"))
    return [
        embed_images(work, DEMO, paths),
        hash_pictures(work, DEMO, paths).to_list(),
        find_objects(work, DEMO, asked).rows(),
    ]


@pytest.mark.parametrize("size", [3, 100])
def test_later_stages_open_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    snapshot = Snapshot(tmp_path)
    table = pictures_of(snapshot, 14)
    paths = table["path"].to_list()
    work = Work(snapshot)
    check_pictures(work, DEMO, table, errands_of(work, DEMO, paths), size)
    plain = later(Work(snapshot, cache=tmp_path / "other"), paths)
    for module in ("models.embed", "near.pictures", "clean.objects"):
        monkeypatch.setattr(f"ameli_build.{module}.open_picture", None)  # a call would fail
    found = later(work, paths)
    assert np.array_equal(found[0], plain[0])
    assert found[1:] == plain[1:]


def test_a_bad_picture_spoils_no_other(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    table = pictures_of(snapshot, 5)
    good = table["path"].to_list()
    bad = [snapshot.store_image(body, "jpg") for body, _ in bad_pictures().values() if body]
    more = pl.DataFrame([(f"bad {path}", path, None) for path in bad], schema=PICTURES, orient="row")
    work = Work(snapshot)
    both = pl.concat([table, more])
    checked = check_pictures(work, DEMO, both, errands_of(work, DEMO, both["path"].to_list()))
    assert checked.filter(pl.col("problem").is_null())["path"].to_list() == good
    plain = later(Work(snapshot, cache=tmp_path / "other"), good)
    found = later(work, good)
    assert np.array_equal(found[0], plain[0])
    assert found[1:] == plain[1:]


def test_a_model_that_cannot_be_had_is_not_missed_before_it_is_needed(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    table = pictures_of(snapshot, 3)
    given = load_settings("demo", ["models.image_encoder=open_clip:nothing/openai"])
    work = Work(snapshot)
    checked = check_pictures(work, given, table, errands_of(work, given, table["path"].to_list()))
    assert checked["problem"].null_count() == 3


def test_a_missing_file_that_comes_back_is_good_again(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path)
    table = pictures_of(snapshot, 1)
    path = tmp_path / table["path"][0]
    body = path.read_bytes()
    path.unlink()
    assert check_pictures(Work(snapshot), DEMO, table)["problem"].to_list() == ["missing (No such file or directory)"]
    path.write_bytes(body)
    assert check_pictures(Work(snapshot), DEMO, table)["problem"].to_list() == [None]


def test_each_picture_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Snapshot(tmp_path)
    table = pictures_of(snapshot, 6)
    opened: list[bytes] = []
    real = decoding.open_body
    monkeypatch.setattr(decoding, "open_body", lambda body: opened.append(body) or real(body))
    work = Work(snapshot, in_process)
    check_pictures(work, DEMO, table, errands_of(work, DEMO, table["path"].to_list()))
    assert len(opened) == 6
