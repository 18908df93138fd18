"""The stack of docker-compose.yml by its own command lines: it comes up, the schedule fires, failures are reported."""

from __future__ import annotations

import fcntl
import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from compose_stack import POSTGRES, Stack, end, running, until, webhook

from ameli_build.demo.catalogue import make_world
from ameli_build.demo.faults import FaultPlan, Hang, Rule, Status
from ameli_build.demo.storefront import Storefront

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(POSTGRES is None, reason="no PostgreSQL here (Debian: apt-get install postgresql)"),
]
LOST_AFTER = 45
TASKS = {"catalog", "release", "embed images 1/1"}
STEPS = {"3.1 crawl", "4-5 baseline", "verify", "report", "export"}
"""Names of tasks without the endings that Prefect adds."""
SMALL = (
    "splits.train=0.4", "splits.dev=0.3", "splits.test=0.3", "baseline.runs=1", "baseline.text_epochs=2",
    "baseline.adapter_epochs=2", "baseline.bootstrap=20", "baseline.ocr_images=4", "baseline.text_reviews=20",
)  # fmt: skip
Messages = list[dict[str, Any]]


@pytest.fixture(scope="module")
def messages_and_stack() -> Iterator[tuple[Messages, Stack]]:
    """The messages that the webhook received, and the running stack."""
    # PostgreSQL and the browser belong to another user. Each start of pytest closes pytest's own folder to other users.
    with (
        TemporaryDirectory(prefix="ameli-stack-", ignore_cleanup_errors=True) as folder,
        webhook() as (address, messages),
    ):
        Path(folder).chmod(0o711)
        own = {"AMELI_WEBHOOK": address, "AMELI_LOST_AFTER": str(LOST_AFTER)}
        own |= {"AMELI_HEARTBEAT": "30", "AMELI_WORKER_HEARTBEAT": "8"}
        with running(Path(folder), own) as stack:
            yield messages, stack


@pytest.fixture(scope="module")
def stack(messages_and_stack: tuple[Messages, Stack]) -> Stack:
    return messages_and_stack[1]


@pytest.fixture(scope="module")
def messages(messages_and_stack: tuple[Messages, Stack]) -> Messages:
    return messages_and_stack[0]


@pytest.fixture(scope="module")
def shop() -> Iterator[Storefront]:
    with Storefront(make_world(seed=7, products=12)) as storefront:
        yield storefront


def parameters(shop: Storefront, **more: Any) -> dict[str, Any]:
    """Values that a user enters into the form of `manual`."""
    given = {"site_url": shop.site_url, "profile": "demo", "overrides": list(SMALL), "annotators": 2}
    return {**given, **more}


def now() -> str:
    return datetime.now(UTC).isoformat()


def is_held(snapshot: Path) -> bool:
    """Whether a run has the snapshot's lock."""
    with (snapshot / ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_api_asks_for_the_password_and_answers_no_foreign_page(stack: Stack) -> None:
    assert stack.ask("GET", "/admin/version")[0] == 200
    for password in ("ameli:wrong", "ameli:", ":", "root:root"):
        assert stack.ask("GET", "/admin/version", password=password)[0] == 401
    for origin in ("http://evil.example", "null", "http://localhost.evil.example:4200", "http://127.0.0.1:1"):
        request = urllib.request.Request(f"{stack.api}/health", headers={"Origin": origin})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.headers.get("Access-Control-Allow-Origin") is None


def test_a_schedule_is_off_until_a_user_turns_it_on_and_then_creates_runs(stack: Stack) -> None:
    found = stack.get("GET", "/deployments/name/rebuild/monthly")
    schedule = found["schedules"][0]
    runs = {"deployments": {"id": {"any_": [found["id"]]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    assert schedule["active"] is False
    assert stack.get("POST", "/flow_runs/filter", runs) == []
    path = f"/deployments/{found['id']}/schedules"
    stack.get("PATCH", f"{path}/{schedule['id']}", {"active": True})
    scheduled = until("a scheduled run", lambda: stack.get("POST", "/flow_runs/filter", runs), 90)
    assert scheduled[0]["parameters"]["refresh"] == "latest"
    assert stack.start("deployments").wait(120) == 0  # as each start of the stack does
    again = stack.get("GET", path)
    assert [schedule["active"] for schedule in again] == [True]
    stack.get("PATCH", f"{path}/{again[0]['id']}", {"active": False})


def test_the_form_describes_its_fields_and_refuses_a_wrong_profile(stack: Stack, shop: Storefront) -> None:
    found = stack.get("GET", "/deployments/name/rebuild/manual")
    form = found["parameter_openapi_schema"]["properties"]
    assert form["profile"]["enum"] == ["demo", "local", "small", "paper", "authors"]
    assert all(field.get("description") for field in form.values())
    body = {"parameters": {**found["parameters"], **parameters(shop, profile="smal")}}
    status, answer = stack.ask("POST", f"/deployments/{found['id']}/create_flow_run", body)
    assert status in (409, 422)
    assert "smal" in str(answer)


def test_a_run_completes_in_the_folder_of_its_scheduled_month(stack: Stack, shop: Storefront) -> None:
    run = stack.run("rebuild/manual", parameters(shop, export_as="hf"), "2026-03-02T03:00:00Z")
    ended = stack.await_state(run, frozenset(("COMPLETED",)), 400)
    assert ended["name"] == "rebuild 2026-03"
    snapshot = stack.snapshots / "2026-03"
    for made in ("dataset/SHA256SUMS", "baseline/scores.json", "report.html", "sheets/html", "exports/hf"):
        assert (snapshot / made).exists(), made
    assert json.loads((snapshot / "run.json").read_text())["settings"]["profile"] == "demo"
    assert any(seen.target.startswith("/site/") for seen in shop.seen)
    assert (stack.snapshots / ".cache").is_dir()  # on the volume, for the next month
    own = {"flow_runs": {"id": {"any_": [run]}}}
    artifacts = {artifact["key"]: artifact for artifact in stack.get("POST", "/artifacts/filter", own)}
    assert artifacts.keys() >= {"rebuild-progress", "funnel", "table-2", "table-3", "table-4", "table-5", "report"}
    assert artifacts["rebuild-progress"]["data"] == 100.0
    assert f"http://localhost:{stack.ports['pages']}/2026-03/report.html" in artifacts["report"]["data"]

    def tasks() -> set[str]:
        return {task["name"] for task in stack.get("POST", "/task_runs/filter", {**own, "limit": 200})}

    def lines() -> list[str]:
        logs = {"logs": {"flow_run_id": {"any_": [run]}}}
        return [line["message"] for line in stack.get("POST", "/logs/filter", logs)]

    until("the tasks of all steps", tasks, 60, has_all_steps)  # the server records them some time after they end
    until("the end of the crawl", lines, 60, has_crawled)


def has_all_steps(tasks: set[str]) -> bool:
    return tasks >= TASKS and {name.rpartition("-")[0] for name in tasks} >= STEPS


def has_crawled(lines: list[str]) -> bool:
    return any(line.startswith("crawl: 12 of 12 products") for line in lines)


def ended_crawls(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [task for task in tasks if task["name"].startswith("3.1 crawl") and task["state_type"] == "FAILED"]


def test_a_refusal_is_not_retried_and_is_reported(stack: Stack, shop: Storefront, messages: Messages) -> None:
    shop.inject(FaultPlan((Rule("^/(site|product)/", Status(403), host="site"),)))
    run = stack.run("rebuild/manual", parameters(shop, name="refused"), now())
    ended = stack.await_state(run, frozenset(("FAILED",)), 90)
    shop.inject(FaultPlan())
    assert "Refused" in ended["state"]["message"]
    assert "refusals in a row" in ended["state"]["message"]
    own = {"flow_runs": {"id": {"any_": [run]}}}
    crawls = until("the crawl's task", lambda: ended_crawls(stack.get("POST", "/task_runs/filter", own)), 60)
    assert [task["run_count"] for task in crawls] == [1]
    heard = until(
        "the webhook", lambda: [message for message in messages if message.get("run") == "rebuild refused"], 30
    )
    assert heard[0]["state"] == "Failed"
    assert "refusals in a row" in heard[0]["text"]
    assert run in heard[0]["url"]


def test_a_cancelled_run_releases_the_lock_of_its_snapshot(stack: Stack, shop: Storefront) -> None:
    run, snapshot = slow_crawl(stack, shop, "cancelled")
    state = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    stack.get("POST", f"/flow_runs/{run}/set_state", state)
    stack.await_state(run, frozenset(("CANCELLED",)), 60)
    until("the lock", lambda: not is_held(snapshot), 40)
    shop.inject(FaultPlan())
    assert stack.is_healthy("worker")


def test_a_killed_worker_is_noticed_and_reported(stack: Stack, shop: Storefront, messages: Messages) -> None:
    run, snapshot = slow_crawl(stack, shop, "killed")
    end(stack.processes["worker"], signal.SIGKILL)
    shop.inject(FaultPlan())
    assert not stack.is_healthy("worker")
    assert json.loads((snapshot / "run.json").read_text())["settings"]["profile"] == "demo"
    crashed = stack.await_state(run, frozenset(("CRASHED",)), LOST_AFTER + 60)
    assert "no heartbeat" in crashed["state"]["message"]
    heard = until(
        "the webhook", lambda: [message for message in messages if message.get("run") == "rebuild killed"], 30
    )
    assert heard[0]["state"] == "Crashed"
    assert "no heartbeat" in heard[0]["text"]
    until("a message about the pool", lambda: [message for message in messages if message.get("pool") == "ameli"], 60)


def test_a_crashed_run_continues_on_a_new_worker_and_fails_if_incomplete(stack: Stack, messages: Messages) -> None:
    body = {"flow_runs": {"name": {"any_": ["rebuild killed"]}}}
    run = stack.get("POST", "/flow_runs/filter", body)[0]["id"]
    stack.start("worker")
    stack.await_health("worker", 60)
    state = {"type": "SCHEDULED", "name": "AwaitingRetry", "state_details": {"scheduled_time": now()}}
    stack.get("POST", f"/flow_runs/{run}/set_state", {"state": state})  # as the button "Retry" does
    ended = until("another end", lambda: failed(stack.get("GET", f"/flow_runs/{run}")), 200)
    assert "split is empty (run.strict)" in ended["state"]["message"], ended["state"]  # the crawl has one product
    assert ended["run_count"] == 2
    heard = until("the webhook", lambda: [message for message in messages if "run.strict" in message["text"]], 30)
    assert heard[0]["run"] == "rebuild killed"
    artifacts = stack.get("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [run]}}})
    assert "funnel" in {artifact["key"] for artifact in artifacts}  # a user looks there for the reason


def failed(run: dict[str, Any]) -> dict[str, Any] | None:
    return run if run["state_type"] == "FAILED" else None


def slow_crawl(stack: Stack, shop: Storefront, name: str) -> tuple[str, Path]:
    """Start a run whose crawl waits for the shop; returns its id and its snapshot when the crawl has begun."""
    shop.inject(FaultPlan((Rule("^/ugc/", Hang(seconds=300), host="site"),)))
    run = stack.run(
        "rebuild/manual", parameters(shop, name=name, overrides=["crawl.read_timeout=3"], max_products=1), now()
    )
    snapshot = stack.snapshots / name
    until("a crawl that has begun", lambda: (snapshot / "run.json").is_file() and is_held(snapshot), 60)
    stack.await_state(run, frozenset(("RUNNING",)), 30)
    time.sleep(2)  # the first heartbeat is on its way
    return run, snapshot
