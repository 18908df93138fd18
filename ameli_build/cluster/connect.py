"""The mapper for a runner and an address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ameli_build.cluster.mapper import ClusterMapper
from ameli_build.cluster.passport import passport_of
from ameli_build.core.cache import Mapper, Work
from ameli_build.core.errors import UnusableInput
from ameli_build.core.extras import require_extra
from ameli_build.core.settings import Settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.core.workers import default_workers, process_mapper

Runner = Literal["process", "dask", "ray"]
RAY_HERE = "ray://auto"
"""The Ray cluster of this machine."""


def runner_of(url: str) -> tuple[Runner, str]:
    """The runner and the address of a URL: `dask://HOST:PORT`, `ray://HOST:PORT` or `ray://auto`.

    Raises:
        UnusableInput: The URL has another form.
    """
    scheme, _, place = url.partition("://")
    if scheme == "dask" and ":" in place:
        return "dask", url
    if scheme == "ray" and (":" in place or url == RAY_HERE):
        return "ray", url
    raise UnusableInput(f"cluster {url}: expected dask://HOST:PORT, ray://HOST:PORT or {RAY_HERE}")


@contextmanager
def shard_mapper(
    runner: Runner, address: str | None, workers: int | None, snapshot: Snapshot, settings: Settings
) -> Iterator[Mapper]:
    """A mapper over processes of this machine or over the workers of a cluster, until the block ends.

    Args:
        runner: Kind of the workers.
        address: Address of the cluster (`dask://HOST:PORT`, `ray://HOST:PORT`, `ray://auto`, or any that Dask
            accepts); None for a cluster on this machine until the block ends.
        workers: Number of workers on this machine; None for one for each processor.
        snapshot: The snapshot, whose folder all workers see at the same path.
        settings: Settings, which name the cache.

    Raises:
        MissingExtra: The runner's package is not installed.
        RunFailed: No cluster answers.
    """
    count = workers or default_workers()
    if runner == "process":
        with process_mapper(count) as mapper:
            yield mapper
        return
    require_extra(runner, f"the runner {runner}")
    work = Work.of(snapshot, settings)
    with passport_of(list(dict.fromkeys((snapshot.root / "cache", work.cache_folder))), work.store) as passport:
        if runner == "dask":
            from ameli_build.cluster.dask import dask_workers

            scheduler = address and address.replace("dask://", "tcp://", 1)
            with dask_workers(scheduler, count, passport) as dask:
                yield ClusterMapper(dask)
        else:
            from ameli_build.cluster.ray import ray_workers

            with ray_workers("auto" if address == RAY_HERE else address, count, passport) as ray:
                yield ClusterMapper(ray)


def shared(snapshot: Snapshot, settings: Settings) -> tuple[Snapshot, Settings]:
    """Snapshot and settings with absolute paths, for other machines."""
    folder = settings.run.cache_folder
    run = settings.run.model_copy(update={"cache": str(folder.absolute())}) if folder is not None else settings.run
    return Snapshot(snapshot.root.absolute()), settings.model_copy(update={"run": run})
