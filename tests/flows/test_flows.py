"""Flows in this process, on a server of their own: retries, messages, and names of runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from compose_stack import until
from faults.http_faults import ACCESS_DENIED, Fault, FaultPlan, Rule, Status
from made import released_snapshot
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.testing.utilities import prefect_test_harness

from ameli_build.cluster.connect import Runner
from ameli_build.core.cache import Mapper
from ameli_build.core.errors import Held, Outage, Refused, RunFailed, UnusableInput
from ameli_build.core.progress import say, track
from ameli_build.core.settings import CrawlSettings, load_settings
from ameli_build.core.snapshot import Snapshot
from ameli_build.demo.catalogue import make_world
from ameli_build.demo.storefront import Storefront
from ameli_build.flows import watch as watch_module
from ameli_build.flows.baseline import baseline
from ameli_build.flows.build import build
from ameli_build.flows.crawl import crawl, crawl_site
from ameli_build.flows.mapping import ONE_SHARD_AT_A_TIME, Shards, ShardTasks
from ameli_build.flows.parameters import month
from ameli_build.flows.rebuild import rebuild
from ameli_build.flows.watch import watched

TRIES = CrawlSettings().retries + 1


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A number for each attempt of the crawl; there is no delay between attempts."""
    begun: list[int] = []
    monkeypatch.setattr(crawl_site, "retry_delay_seconds", [0.0] * 3)
    inner = crawl_site.fn

    def counted(*given: Any) -> None:
        begun.append(len(begun) + 1)
        inner(*given)

    monkeypatch.setattr(crawl_site, "fn", counted)
    return begun


def crawled(folder: Path, fault: Fault | None = None, pattern: str = "", times: int | None = None) -> None:
    """A small crawl of a shop whose URLs of this pattern meet the fault."""
    faults = FaultPlan((Rule(pattern, fault, times, "site"),)) if fault is not None else None
    with Storefront(make_world(seed=7, products=12), faults) as shop:
        crawl(folder, "demo", ["crawl.specifications=json"], shop.site_url, max_products=1)


@pytest.mark.slow
def test_an_outage_is_retried(tmp_path: Path, tries: list[int]) -> None:
    crawled(tmp_path / "s", Status(503), "sitemaps_pdp.xml$", TRIES)
    assert tries == [1, 2]
    assert (tmp_path / "s" / "raw" / "crawl-stats.json").is_file()


@pytest.mark.parametrize("fault", [Status(403), ACCESS_DENIED])
def test_a_refusal_is_not_retried(tmp_path: Path, tries: list[int], fault: Fault) -> None:
    with pytest.raises(Refused):
        crawled(tmp_path / "s", fault, "sitemap")
    assert tries == [1]


def test_unusable_input_is_not_retried(tmp_path: Path, tries: list[int]) -> None:
    with pytest.raises(UnusableInput, match="not an id"):
        crawl(tmp_path / "s", "demo", categories=["no id"])
    assert tries == [1]


def test_a_held_lock_is_not_retried(tmp_path: Path, tries: list[int]) -> None:
    with Snapshot(tmp_path / "s").lock(), pytest.raises(Held):
        crawled(tmp_path / "s")
    assert tries == [1]


def test_another_failure_is_not_retried(tmp_path: Path, tries: list[int]) -> None:
    with pytest.raises(RunFailed) as failed:
        crawled(tmp_path / "s", Status(404), "sitemap")
    assert not isinstance(failed.value, (Outage, Refused))
    assert tries == [1]


def test_missing_models_are_reported_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMELI_MODELS", str(tmp_path / "models"))
    snapshot = released_snapshot(tmp_path / "s").root
    before = sorted(snapshot.rglob("*"))
    for run, missing in ((build, "4 of 4"), (baseline, "6 of 7")):
        with pytest.raises(UnusableInput, match=rf"^{missing} models are missing: .*models fetch --profile small`"):
            run(snapshot, "small")
    with pytest.raises(UnusableInput, match=r"^7 of 8 models are missing: "):
        rebuild(tmp_path / "rebuilt", site_url="http://127.0.0.1:1")
    assert [path for path in sorted(snapshot.rglob("*")) if path.name != ".lock"] == before
    assert not (tmp_path / "rebuilt").exists()


def test_progress_is_an_artifact_and_a_line_each_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "EVERY_SECONDS", 0.0)
    shown: list[str] = []
    update = watch_module.update_progress_artifact
    monkeypatch.setattr(
        watch_module,
        "update_progress_artifact",
        lambda *given: (shown.append(f"{given[1]:g} {given[2]}"), update(*given)),
    )

    @flow
    def counting() -> None:
        with watched("counting-progress"):
            list(track(range(2), "count", 2))
            thread = threading.Thread(target=say, args=("from a thread",))
            thread.start()
            thread.join()

    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("prefect.flow_runs").addHandler(handler)
    try:
        counting()
    finally:
        logging.getLogger("prefect.flow_runs").removeHandler(handler)
    assert shown == ["0 count: 0 of 2", "50 count: 1 of 2", "100 count: 2 of 2", "100 done"]
    assert {"count: 1 of 2", "from a thread"} <= set(lines)
    with get_client(sync_client=True) as client:
        artifacts = client.request("POST", "/artifacts/filter", json={}).json()
    assert [artifact["data"] for artifact in artifacts if artifact["key"] == "counting-progress"] == [100.0]


def square(n: int) -> int:
    return n * n


def test_results_come_in_order_from_tasks_with_names() -> None:
    @flow(task_runner=ONE_SHARD_AT_A_TIME)
    def squares() -> list[int]:
        with watched("squares-progress") as watch:
            mapper = ShardTasks(watch, in_flight=3)
            assert mapper.stays_in_process
            return list(track(mapper(square, list(range(10))), "square numbers", 10))

    assert squares() == [n * n for n in range(10)]
    wanted = {f"square numbers {n}/10" for n in range(1, 11)}
    with get_client(sync_client=True) as client:

        def names() -> set[str]:
            return {run["name"] for run in client.request("POST", "/task_runs/filter", json={}).json()}

        until("all tasks", names, 60, wanted.issubset)  # the server records tasks some time after they end


@pytest.mark.parametrize(("runner", "workers"), [("process", 1), ("process", 2), ("dask", 2), ("ray", 2)])
def test_the_parameters_of_a_flow_choose_the_workers(tmp_path: Path, runner: Runner, workers: int) -> None:
    if runner != "process":
        pytest.importorskip({"dask": "distributed", "ray": "ray"}[runner])

    @task
    def mapped(mapper: Mapper) -> list[int]:
        return list(track(mapper(abs, [-1, -2, -3]), "count", 3))

    @flow(task_runner=ONE_SHARD_AT_A_TIME)
    def count() -> tuple[list[int], bool]:
        shards = Shards(runner, None, workers)
        with (
            watched("count-progress") as watch,
            shards.mapper(Snapshot(tmp_path), load_settings("demo"), watch) as mapper,
        ):
            return mapped(mapper), isinstance(mapper, ShardTasks)

    assert count() == ([1, 2, 3], workers == 1)


def test_the_flows_take_a_runner() -> None:
    for each in (build, baseline, rebuild):
        assert {"runner", "address", "workers"} <= set(each.parameters.properties)


def test_a_flow_with_several_threads_keeps_models_out_of_its_threads() -> None:
    @flow
    def stays() -> bool:
        return ShardTasks().stays_in_process

    assert stays() is False


def test_the_month_outside_a_run_is_the_present_month() -> None:
    before = f"{datetime.now(UTC):%Y-%m}"
    assert month() in (before, f"{datetime.now(UTC):%Y-%m}")
