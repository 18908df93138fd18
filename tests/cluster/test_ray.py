"""Shards on a real Ray cluster: a head that claims two processors and a GPU, and its workers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import cluster_jobs
import pytest
from clusters import environment, other_code, other_version, ray_cluster

from ameli_build.cluster.connect import shard_mapper
from ameli_build.cluster.mapper import ClusterMapper
from ameli_build.cluster.passport import SIGN
from ameli_build.core.errors import RunFailed, UnusableInput
from ameli_build.core.settings import load_settings
from ameli_build.core.snapshot import Snapshot

pytest.importorskip("ray")
pytestmark = pytest.mark.timeout(900)  # one cluster at a time


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ray_cluster(tmp_path_factory.mktemp("ray"), gpus=1) as url:
        yield url


@pytest.fixture
def mapper(url: str, tmp_path: Path) -> Iterator[ClusterMapper]:
    with shard_mapper("ray", url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper:
        assert isinstance(mapper, ClusterMapper)
        yield mapper


def test_results_come_in_order_from_both_workers(mapper: ClusterMapper) -> None:
    assert list(mapper(cluster_jobs.square, range(200))) == [n * n for n in range(200)]
    assert len(set(mapper(cluster_jobs.process, range(200)))) == 2
    assert list(mapper(cluster_jobs.square, [])) == []


def test_the_handlers_of_signals_do_not_change(url: str, tmp_path: Path) -> None:
    before = handlers()
    with shard_mapper("ray", url, None, Snapshot(tmp_path / "s"), load_settings("demo")):
        assert handlers() == before
    assert handlers() == before


@pytest.mark.slow
def test_a_worker_s_libraries_use_one_thread(mapper: ClusterMapper) -> None:
    for omp, tokenizers, found in mapper(cluster_jobs.pools, range(8)):
        assert (omp, tokenizers, found) == ("1", "false", {1})


@pytest.mark.slow
def test_one_process_at_a_time_has_the_gpu(mapper: ClusterMapper, tmp_path: Path) -> None:
    assert set(mapper.on("gpu")(cluster_jobs.alone, [str(tmp_path)] * 20)) == {"0"}


def test_an_error_arrives_unchanged(mapper: ClusterMapper) -> None:
    with pytest.raises(UnusableInput, match=r"^picture \d+ is missing$"):
        list(mapper(cluster_jobs.missing, range(40)))
    assert list(mapper(cluster_jobs.square, [3])) == [9]


def test_a_shard_that_ends_its_workers_is_a_plain_error(mapper: ClusterMapper) -> None:
    with pytest.raises(RunFailed, match=r"^Ray workers died over a shard \(out of memory\?\); run again to continue"):
        list(mapper(cluster_jobs.end, [1]))


def test_a_worker_that_does_not_see_the_snapshot_is_refused(mapper: ClusterMapper, tmp_path: Path) -> None:
    folder = tmp_path / "s" / "cache"
    for sign in folder.glob(f"{SIGN}*"):
        sign.unlink()
    with pytest.raises(RunFailed, match=rf"does not see the folder {folder}; mount it there, at the same path"):
        list(mapper(cluster_jobs.square, range(8)))


@pytest.mark.slow
@pytest.mark.parametrize("other", ["code", "version"])
def test_different_workers_are_refused(tmp_path: Path, other: str) -> None:
    folder = tmp_path / "other"
    env = environment(other_code(folder) if other == "code" else other_version(folder, "polars", "0.0.1"))
    difference = (
        "the code of ameli-build differs from the code of this run" if other == "code" else r"polars 0.0.1 \(here"
    )
    with (
        ray_cluster(tmp_path, env=env) as url,
        shard_mapper("ray", url, None, Snapshot(tmp_path / "s"), load_settings("demo")) as mapper,
    ):
        with pytest.raises(RunFailed, match=difference):
            list(mapper(cluster_jobs.square, range(8)))
        assert isinstance(mapper, ClusterMapper)
        with pytest.raises(RunFailed, match=r"no machine of the Ray cluster has a GPU: `ray start --num-gpus N`"):
            list(mapper.on("gpu")(cluster_jobs.square, range(8)))
