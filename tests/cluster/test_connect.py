"""URLs of clusters, and clusters that do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ameli_build.cluster.connect import runner_of, shard_mapper, shared
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot


@pytest.mark.parametrize(
    ("url", "runner"),
    [("dask://scheduler:8786", "dask"), ("ray://head.local:10001", "ray"), ("ray://auto", "ray")],
)
def test_a_url_names_its_runner(url: str, runner: str) -> None:
    assert runner_of(url) == (runner, url)


@pytest.mark.parametrize("url", ["", "dask://", "dask://scheduler", "tcp://scheduler:8786", "ray://head", "ray:10001"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UnusableInput, match=rf"^cluster {url}: expected dask://HOST:PORT, ray://HOST:PORT or ray://au"):
        runner_of(url)


@pytest.mark.parametrize("cache", ["", "shared", "/somewhere/shared", "s3://bucket/prefix"])
def test_paths_are_made_absolute_for_other_machines(
    cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot, settings = shared(Snapshot(Path("s")), load_settings("demo", [f"run.cache={cache}"]))
    assert snapshot.root == tmp_path / "s"
    assert settings.run.cache == (str(tmp_path / cache) if cache and "://" not in cache else cache)


def test_no_scheduler_is_a_plain_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dask = pytest.importorskip("ameli_build.cluster.dask")
    monkeypatch.setattr(dask, "WAIT", 0.2)
    url = "dask://127.0.0.1:1"
    with (
        pytest.raises(RunFailed, match=r"^dask tcp://127.0.0.1:1: no scheduler with a worker answers"),
        shard_mapper("dask", url, None, Snapshot(tmp_path), load_settings("demo")),
    ):
        pass


def test_processes_of_this_machine(tmp_path: Path) -> None:
    with shard_mapper("process", None, 2, Snapshot(tmp_path), load_settings("demo")) as mapper:
        assert list(mapper(abs, [-1, -2, -3])) == [1, 2, 3]
