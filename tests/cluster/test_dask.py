"""Shards on a real Dask cluster: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cluster_jobs
import pytest
from clusters import DaskCluster, dask_cluster, environment, other_code, other_version

from ameli_build.cluster.connect import shard_mapper
from ameli_build.cluster.mapper import ClusterMapper
from ameli_build.cluster.passport import SIGN
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot

dask = pytest.importorskip("ameli_build.cluster.dask")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture
def mapper(cluster: DaskCluster, tmp_path: Path) -> Iterator[ClusterMapper]:
    """A mapper over the cluster, which has a worker."""
    cluster.add()
    with shard_mapper("dask", cluster.url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper:
        assert isinstance(mapper, ClusterMapper)
        yield mapper


def test_results_come_in_order_from_all_workers(cluster: DaskCluster, mapper: ClusterMapper) -> None:
    cluster.add()
    assert list(mapper(cluster_jobs.square, range(200))) == [n * n for n in range(200)]
    assert set(mapper(cluster_jobs.process, range(200))) == {worker.pid for worker in cluster.workers()}
    assert list(mapper(cluster_jobs.square, [])) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_a_worker_s_libraries_use_its_threads(cluster: DaskCluster, tmp_path: Path, threads: int) -> None:
    cluster.add("--nthreads", str(threads))
    with shard_mapper("dask", cluster.url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper:
        for omp, tokenizers, found in mapper(cluster_jobs.pools, range(8)):
            assert (omp, tokenizers) == (str(threads), "false")
            assert max(found) <= threads


def test_models_go_to_workers_with_a_gpu(cluster: DaskCluster, mapper: ClusterMapper) -> None:
    with pytest.raises(RunFailed, match=r"no Dask worker has a GPU .*dask worker --resources GPU=1"):
        list(mapper.on("gpu")(cluster_jobs.process, range(3)))
    (without,) = cluster.workers()
    cluster.add("--resources", "GPU=1")
    (gpu,) = {worker.pid for worker in cluster.workers()} - {without.pid}
    assert set(mapper.on("gpu")(cluster_jobs.process, range(50))) == {gpu}
    assert set(mapper(cluster_jobs.process, range(200))) == {without.pid, gpu}


def test_one_task_at_a_time_has_the_gpu(cluster: DaskCluster, mapper: ClusterMapper, tmp_path: Path) -> None:
    cluster.add("--nthreads", "4", "--resources", "GPU=1")
    assert len(list(mapper.on("gpu")(cluster_jobs.alone, [str(tmp_path)] * 20))) == 20


def test_an_error_arrives_unchanged(mapper: ClusterMapper) -> None:
    with pytest.raises(UnusableInput, match=r"^picture \d+ is missing$"):
        list(mapper(cluster_jobs.missing, range(40)))
    assert list(mapper(cluster_jobs.square, [3])) == [9]


def test_a_shard_that_ends_its_workers_is_a_plain_error(mapper: ClusterMapper) -> None:
    with pytest.raises(RunFailed, match=r"^Dask workers died over a shard \(out of memory\?\); run again to continue"):
        list(mapper(cluster_jobs.end, [1]))


def test_a_scheduler_that_dies_is_a_plain_error(
    cluster: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "WAIT", 2)
    cluster.add()
    with shard_mapper("dask", cluster.url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper:
        results = iter(mapper(cluster_jobs.square, range(5000)))
        assert next(results) == 0
        cluster.scheduler.kill()
        with pytest.raises(RunFailed, match=r"^the Dask scheduler is gone; run again to continue$"):
            list(results)


def test_a_worker_with_other_code_is_refused(cluster: DaskCluster, mapper: ClusterMapper, tmp_path: Path) -> None:
    list(mapper(cluster_jobs.square, range(8)))
    cluster.add(env=environment(other_code(tmp_path / "other")))
    with pytest.raises(
        RunFailed, match=r"^worker \S+ \(process \d+\): the code of ameli-build differs from the code of this run"
    ):
        list(mapper(cluster_jobs.process, range(400)))


@pytest.mark.parametrize(("name", "version"), [("polars", "0.0.1"), ("scipy", "99.0"), ("open_clip_torch", "1.0")])
def test_a_worker_with_another_version_is_refused(
    cluster: DaskCluster, tmp_path: Path, name: str, version: str
) -> None:
    cluster.add(env=environment(other_version(tmp_path / "other", name, version)))
    with (
        shard_mapper("dask", cluster.url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper,
        pytest.raises(RunFailed, match=rf"other versions of packages: {name} {version} \(here \S+\); install the same"),
    ):
        list(mapper(cluster_jobs.square, range(8)))


def test_a_worker_that_does_not_see_the_snapshot_is_refused(mapper: ClusterMapper, tmp_path: Path) -> None:
    folder = tmp_path / "s" / "cache"
    for sign in folder.glob(f"{SIGN}*"):
        sign.unlink()  # as if the worker had another disk there
    with pytest.raises(RunFailed, match=rf"does not see the folder {folder}; mount it there, at the same path"):
        list(mapper(cluster_jobs.square, range(8)))


def test_a_cluster_of_this_machine_ends_with_the_block(tmp_path: Path) -> None:
    with shard_mapper("dask", None, 2, Snapshot(tmp_path), load_settings("demo")) as mapper:
        workers = set(mapper(os.path.dirname, ["a/b"] * 50))
        assert workers == {"a"}
    assert not list((tmp_path / "cache").iterdir())
