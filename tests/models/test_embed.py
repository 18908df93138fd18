"""Embeddings through the cache: rows in the caller's order, the same bytes for any order of requests."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ameli_build.core.cache import Work, in_process
from ameli_build.core.errors import RunFailed
from ameli_build.core.settings import Settings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.models.embed import embed_images, embed_texts

TEXTS = ["a laptop", "the refrigerator hums", "a laptop", "", "noise-cancelling headphones", "a range"]


def demo(*overrides: str) -> Settings:
    return load_settings("demo", overrides)


def test_rows_follow_the_texts(tmp_path: Path) -> None:
    work = Work(Snapshot(tmp_path))
    vectors = embed_texts(work, demo("run.shard_rows=2"), TEXTS)
    assert vectors.shape == (6, 384)
    assert np.array_equal(vectors[0], vectors[2])
    backwards = embed_texts(work, demo("run.shard_rows=2"), TEXTS[::-1])
    assert np.array_equal(backwards[::-1], vectors)
    assert np.array_equal(np.round(vectors, 6), vectors)


def test_a_second_call_encodes_nothing(tmp_path: Path) -> None:
    asked: list[int] = []

    def counting(function, items):  # type: ignore[no-untyped-def]
        asked.append(len(items))
        return in_process(function, items)

    work = Work(Snapshot(tmp_path), counting)
    first = embed_texts(work, demo("run.shard_rows=2"), TEXTS)
    assert sum(asked) == 3
    assert np.array_equal(embed_texts(work, demo("run.shard_rows=2"), TEXTS), first)
    assert sum(asked) == 3


def test_empty_lists_have_no_vectors(tmp_path: Path) -> None:
    work = Work(Snapshot(tmp_path))
    assert len(embed_texts(work, demo(), [])) == 0
    assert len(embed_images(work, demo(), [])) == 0


def test_pictures_that_change_in_place_are_encoded_again(tmp_path: Path) -> None:
    work = Work(Snapshot(tmp_path))
    (tmp_path / "patches").mkdir()
    Image.new("RGB", (64, 64), "red").save(tmp_path / "patches" / "a.jpg")
    Image.new("RGB", (64, 64), "blue").save(tmp_path / "patches" / "b.jpg")
    first = embed_images(work, demo(), ["patches/b.jpg", "patches/a.jpg", "patches/b.jpg"])
    assert np.array_equal(first[0], first[2])
    Image.new("RGB", (64, 64), "green").save(tmp_path / "patches" / "a.jpg")
    second = embed_images(work, demo(), ["patches/a.jpg"])
    assert not np.allclose(first[1], second[0], atol=1e-3)


def test_an_undecodable_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"<html>")
    with pytest.raises(RunFailed, match=r"bad\.jpg: cannot be decoded"):
        embed_images(Work(Snapshot(tmp_path)), demo(), ["bad.jpg"])
